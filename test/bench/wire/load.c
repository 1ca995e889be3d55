/*
 * Clients for the router's benchmark: HTTP/1.1 over raw sockets, one thread, so that the generator
 * is never what is measured. Sends one request after another on every connection until the time is
 * over. Prints a line when it begins to measure, and what it saw as one JSON object.
 *
 *   load PORT CONNECTIONS WARM_MS MEASURE_MS MODE REQUEST
 *
 * MODE `count` counts server-sent events; `delays` also reads the time that the upstream wrote into
 * each chunk; `hold` opens its streams, prints a line when all have content, and ends with stdin.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024, HEAD_BYTES_MAX = 16 * 1024, LINE_BYTES_MAX = 16 * 1024 };
enum { BURST = 64, BURST_PAUSE_US = 5000, EVENTS_MAX = 256 };

typedef enum { IN_HEAD, IN_SIZE, IN_CHUNK, IN_CHUNK_END, IN_TRAILER, IN_LENGTH } State;

typedef struct {
  int fd;
  State state;
  char head[HEAD_BYTES_MAX];
  size_t head_bytes;
  /* Of the chunk, or of the body. */
  uint64_t left;
  char line[LINE_BYTES_MAX];
  size_t line_bytes;
  int has_first_byte, has_content, was_lf;
  uint64_t sent_ns;
} Client;

typedef struct {
  uint32_t *tenths_us;
  size_t count, capacity;
} Samples;

static Samples latency, first_byte, first_content, delays;
static uint64_t responses, frames, failures;
static int is_measuring, is_holding, reads_delays;
static size_t held;
static char first_failure[256];
static const char *request;
static size_t request_bytes;

static void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void add_sample(Samples *samples, uint64_t ns) {
  if (!is_measuring) return;
  if (samples->count == samples->capacity) {
    samples->capacity = samples->capacity ? samples->capacity * 2 : 65536;
    samples->tenths_us = realloc(samples->tenths_us, samples->capacity * sizeof(uint32_t));
    if (!samples->tenths_us) die("samples");
  }
  samples->tenths_us[samples->count++] = (uint32_t)(ns / 100);
}

static void send_request(Client *client) {
  client->state = IN_HEAD;
  client->head_bytes = client->line_bytes = 0;
  client->has_first_byte = client->has_content = client->was_lf = 0;
  client->sent_ns = now_ns();
  size_t at = 0;
  while (at < request_bytes) {
    ssize_t n = send(client->fd, request + at, request_bytes - at, MSG_NOSIGNAL);
    if (n > 0) at += (size_t)n;
    else if (errno != EAGAIN) die("a contender closed a connection");
  }
}

static void open_client(Client *client, int port, int epoll) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int yes = 1;
  client->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (client->fd < 0) die("socket");
  if (connect(client->fd, (struct sockaddr *)&address, sizeof address) < 0) die("connect");
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(client->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) < 0) die("epoll_ctl");
  send_request(client);
}

static void end_response(Client *client) {
  add_sample(&latency, now_ns() - client->sent_ns);
  if (is_measuring) responses += 1;
  if (is_holding) {
    fprintf(stderr, "load: a stream that was to be held has ended:\n%s", client->head);
    exit(1);
  }
  send_request(client);
}

/* The upstream writes its clock behind the word: ` token 1234567890`. */
static void read_line(Client *client, uint64_t at_ns) {
  client->line[client->line_bytes] = 0;
  const char *token = strstr(client->line, " token ");
  uint64_t written_ns = token ? strtoull(token + 7, NULL, 10) : 0;
  if (written_ns > 0 && at_ns > written_ns) add_sample(&delays, at_ns - written_ns);
}

static void read_body(Client *client, const char *data, size_t length, uint64_t at_ns) {
  if (!client->has_content || reads_delays) {
    for (size_t i = 0; i < length; i += 1) {
      if (data[i] == '\n') {
        if (reads_delays) read_line(client, at_ns);
        client->line_bytes = 0;
      } else if (client->line_bytes < LINE_BYTES_MAX - 1) {
        client->line[client->line_bytes++] = data[i];
        if (data[i] != 'n' || client->has_content || client->line_bytes < 6) continue;
        if (memcmp(client->line + client->line_bytes - 6, " token", 6) != 0) continue;
        client->has_content = 1;
        held += 1;
        add_sample(&first_content, at_ns - client->sent_ns);
        if (!reads_delays) break;
      }
    }
  }
  /* A blank line ends a server-sent event. */
  const char *end = data + length;
  for (const char *at = data; at < end;) {
    if (client->was_lf && *at == '\n' && is_measuring) frames += 1;
    client->was_lf = 0;
    const char *lf = memchr(at, '\n', (size_t)(end - at));
    if (!lf) break;
    if (lf + 1 < end && lf[1] == '\n' && is_measuring) frames += 1;
    if (lf + 1 == end) client->was_lf = 1;
    at = lf + 2;
  }
}

static void read_head(Client *client) {
  client->head[client->head_bytes] = 0;
  if (strncmp(client->head, "HTTP/1.1 200", 12) != 0) {
    if (failures == 0) snprintf(first_failure, sizeof first_failure, "%.12s", client->head);
    failures += 1;
  }
  const char *length = strcasestr(client->head, "\r\ncontent-length:");
  if (length) {
    client->left = strtoull(length + 17, NULL, 10);
    client->state = IN_LENGTH;
    if (client->left == 0) end_response(client);
  } else {
    client->state = IN_SIZE;
    client->left = 0;
  }
}

/* One byte at a time outside of bodies, whole runs inside of them. */
static void read_bytes(Client *client, const char *data, size_t length) {
  uint64_t at_ns = now_ns();
  if (!client->has_first_byte) {
    client->has_first_byte = 1;
    add_sample(&first_byte, at_ns - client->sent_ns);
  }
  for (size_t at = 0; at < length;) {
    char byte = data[at];
    size_t run = length - at;
    switch (client->state) {
      case IN_HEAD:
        at += 1;
        if (client->head_bytes >= HEAD_BYTES_MAX - 1) die("a response head without end");
        client->head[client->head_bytes++] = byte;
        if (client->head_bytes >= 4 &&
            memcmp(client->head + client->head_bytes - 4, "\r\n\r\n", 4) == 0)
          read_head(client);
        break;
      case IN_SIZE:
        at += 1;
        if (byte == '\n') client->state = client->left > 0 ? IN_CHUNK : IN_TRAILER;
        else if (byte >= '0' && byte <= '9') client->left = client->left * 16 + (uint64_t)(byte - '0');
        else if (byte >= 'a' && byte <= 'f') client->left = client->left * 16 + (uint64_t)(byte - 'a') + 10;
        else if (byte >= 'A' && byte <= 'F') client->left = client->left * 16 + (uint64_t)(byte - 'A') + 10;
        break;
      case IN_CHUNK:
      case IN_LENGTH:
        if (run > client->left) run = client->left;
        read_body(client, data + at, run, at_ns);
        at += run;
        client->left -= run;
        if (client->left > 0) break;
        if (client->state == IN_LENGTH) end_response(client);
        else client->state = IN_CHUNK_END;
        break;
      case IN_CHUNK_END:
        at += 1;
        if (byte == '\n') client->state = IN_SIZE;
        break;
      case IN_TRAILER:
        at += 1;
        if (byte == '\n') end_response(client);
        break;
    }
  }
}

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static void print_samples(const char *name, Samples *samples) {
  if (samples->count == 0) return;
  qsort(samples->tenths_us, samples->count, sizeof(uint32_t), by_size);
  printf(",\"%sUs\":%.1f,\"%sUsP99\":%.1f", name, samples->tenths_us[samples->count / 2] / 10.0,
         name, samples->tenths_us[samples->count * 99 / 100] / 10.0);
}

static void print_results(double seconds) {
  printf("{\"seconds\":%.4f,\"responses\":%llu,\"frames\":%llu,\"failures\":%llu", seconds,
         (unsigned long long)responses, (unsigned long long)frames, (unsigned long long)failures);
  if (failures > 0) printf(",\"firstFailure\":\"%s\"", first_failure);
  print_samples("latency", &latency);
  print_samples("firstByte", &first_byte);
  print_samples("firstContent", &first_content);
  print_samples("delay", &delays);
  printf("}\n");
}

static void hold_streams(size_t connections) {
  if (!is_holding || held < connections) return;
  is_holding = 0;
  printf("{\"held\":%zu}\n", held);
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  exit(0);
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  int port = atoi(argv[1]);
  size_t connections = (size_t)atol(argv[2]), opened = 0;
  uint64_t warm_ns = strtoull(argv[3], NULL, 10) * 1000000u;
  uint64_t measure_ns = strtoull(argv[4], NULL, 10) * 1000000u;
  is_holding = strcmp(argv[5], "hold") == 0;
  reads_delays = strcmp(argv[5], "delays") == 0;
  request = argv[6];
  request_bytes = strlen(request);
  Client *clients = calloc(connections, sizeof(Client));
  static char buffer[READ_BYTES];
  struct epoll_event events[EVENTS_MAX];
  int epoll = epoll_create1(0);
  if (!clients || epoll < 0) die("start");
  uint64_t start_ns = 0, measured_from_ns = 0;
  for (;;) {
    /* In bursts, for the listener's queue of connections is short. */
    for (size_t i = 0; i < BURST && opened < connections; i += 1) {
      open_client(&clients[opened++], port, epoll);
      if (opened == connections) start_ns = now_ns();
    }
    int count = epoll_wait(epoll, events, EVENTS_MAX, opened < connections ? 0 : 10);
    for (int i = 0; i < count; i += 1) {
      Client *client = events[i].data.ptr;
      ssize_t n = recv(client->fd, buffer, sizeof buffer, 0);
      if (n > 0) read_bytes(client, buffer, (size_t)n);
      else if (n == 0 || errno != EAGAIN) die("a contender closed a connection");
    }
    hold_streams(connections);
    if (opened < connections) usleep(BURST_PAUSE_US);
    if (start_ns == 0 || is_holding) continue;
    uint64_t elapsed_ns = now_ns() - start_ns;
    if (elapsed_ns >= warm_ns && !is_measuring) {
      is_measuring = 1;
      measured_from_ns = now_ns();
      printf("{\"measuring\":true}\n");
      fflush(stdout);
    }
    if (elapsed_ns < warm_ns + measure_ns) continue;
    print_results((double)(now_ns() - measured_from_ns) / 1e9);
    return 0;
  }
}
