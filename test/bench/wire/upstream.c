/*
 * A provider that costs nothing, for the router's benchmark: prepared bytes on raw sockets, one
 * thread. What it does is named by the request's model; it also stands in the analyzer's place and
 * takes every span. Prints its port, and ends with stdin.
 *
 *   bench    4,000 chunks as fast as they are taken, or an answer in one piece
 *   short    eleven chunks in one write
 *   paced    a chunk every 20 ms, each with the time at which it was written
 *   held     one chunk, then silence
 *   refused  HTTP 500
 *   cut      six chunks, then the connection ends
 *   other    as `short`; the target of fallbacks
 *
 * GET /gaps: the time from each failure to the first byte of the request that followed it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, EVENTS_MAX = 256, PACE_MS = 20, GAPS_MAX = 100000 };
/* What a reader that cannot keep up leaves behind, before its stream is sent less. */
enum { UNREAD_BYTES_MAX = 64 * 1024 };
/* Of a stream at full speed; one block is what a fast provider's kernel hands over at once. */
enum { BLOCKS_PER_STREAM = 250, FRAMES_PER_BLOCK = 16 };

typedef struct Peer {
  int fd;
  char *received;
  size_t bytes, capacity;
  /* What of the blocks is still to be written. */
  int blocks_left;
  size_t block_at;
  int is_paced;
  struct Peer *next_paced;
} Peer;

static char block[FRAMES_PER_BLOCK * 512], tail[1024], shorts[8192], cut[4096], held[1024], answer[2048];
static size_t block_bytes;
static Peer *paced[PACE_MS];
static int paced_count;
static uint64_t failed_ns;
static double gaps_us[GAPS_MAX];
static size_t gaps;
static int epoll;

static void die(const char *what) {
  fprintf(stderr, "upstream: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Appends one HTTP chunk with one server-sent event. */
static size_t add_frame(char *to, const char *delta, const char *finish) {
  char event[512];
  int n = snprintf(event, sizeof event,
                   "data: {\"id\":\"chatcmpl-bench0000000000000000000000\",\"object\":\"chat.completion.chunk\","
                   "\"created\":1700000000,\"model\":\"bench\",\"system_fingerprint\":\"fp_0000000000\","
                   "\"choices\":[{\"index\":0,\"delta\":{%s},\"logprobs\":null,\"finish_reason\":%s}]}\n\n",
                   delta, finish);
  return (size_t)sprintf(to, "%x\r\n%s\r\n", (unsigned)n, event);
}

static const char *const ROLE = "\"role\":\"assistant\",\"content\":\"\"";
static const char *const TOKEN = "\"content\":\" token\"";
static const char *const STREAM_HEAD =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

static size_t add_text(char *to, const char *text) {
  strcpy(to, text);
  return strlen(text);
}

static size_t add_opening(char *to, int tokens) {
  size_t at = add_text(to, STREAM_HEAD);
  at += add_frame(to + at, ROLE, "null");
  for (int i = 0; i < tokens; i += 1) at += add_frame(to + at, TOKEN, "null");
  return at;
}

static void prepare(void) {
  for (int i = 0; i < FRAMES_PER_BLOCK; i += 1) block_bytes += add_frame(block + block_bytes, TOKEN, "null");
  size_t at = add_frame(tail, "", "\"stop\"");
  add_text(tail + at, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
  at = add_opening(shorts, 10);
  add_text(shorts + at, tail);
  add_opening(cut, 5);
  add_opening(held, 1);
  char body[1024];
  int n = snprintf(body, sizeof body,
                   "{\"id\":\"chatcmpl-bench0000000000000000000000\",\"object\":\"chat.completion\","
                   "\"created\":1700000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                   "\"assistant\",\"content\":\"A short answer.\",\"refusal\":null},\"logprobs\":null,"
                   "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,"
                   "\"total_tokens\":13}}");
  snprintf(answer, sizeof answer,
           "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s", n, body);
}

static void close_peer(Peer *peer) {
  for (int slot = 0; slot < PACE_MS && peer->is_paced; slot += 1) {
    for (Peer **at = &paced[slot]; *at; at = &(*at)->next_paced) {
      if (*at != peer) continue;
      *at = peer->next_paced;
      peer->is_paced = 0;
      break;
    }
  }
  close(peer->fd);
  free(peer->received);
  free(peer);
}

/* Short answers fit every socket's buffer, unless a proxy that is overrun reads no more: it is
 * waited for, and what cannot be sent to it in a second is its own loss. */
static void reply(Peer *peer, const char *bytes) {
  size_t left = strlen(bytes);
  while (left > 0) {
    ssize_t n = send(peer->fd, bytes, left, MSG_NOSIGNAL);
    if (n >= 0) {
      bytes += n;
      left -= (size_t)n;
    } else if (errno == EAGAIN) {
      struct pollfd room = {.fd = peer->fd, .events = POLLOUT};
      if (poll(&room, 1, 1000) == 0) return;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return;
    } else if (errno != EINTR) {
      die("send");
    }
  }
}

static void watch(Peer *peer, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = peer};
  epoll_ctl(epoll, EPOLL_CTL_MOD, peer->fd, &event);
}

static void write_blocks(Peer *peer) {
  while (peer->blocks_left > 0) {
    ssize_t n = send(peer->fd, block + peer->block_at, block_bytes - peer->block_at, MSG_NOSIGNAL);
    if (n < 0) {
      watch(peer, errno == EAGAIN ? EPOLLIN | EPOLLOUT : EPOLLIN);
      return;
    }
    peer->block_at += (size_t)n;
    if (peer->block_at < block_bytes) continue;
    peer->block_at = 0;
    peer->blocks_left -= 1;
  }
  reply(peer, tail);
  watch(peer, EPOLLIN);
}

static void write_paced(Peer *peer) {
  char delta[64], frame[2048];
  int unread = 0;
  if (ioctl(peer->fd, SIOCOUTQ, &unread) == 0 && unread > UNREAD_BYTES_MAX) return;
  snprintf(delta, sizeof delta, "\"content\":\" token %llu\"", (unsigned long long)now_ns());
  add_frame(frame, delta, "null");
  reply(peer, frame);
}

static void start_pacing(Peer *peer) {
  char opening[2048];
  add_opening(opening, 0);
  reply(peer, opening);
  if (peer->is_paced) return;
  int slot = paced_count++ % PACE_MS;
  peer->is_paced = 1;
  peer->next_paced = paced[slot];
  paced[slot] = peer;
}

static void note_gap(uint64_t began_ns) {
  if (failed_ns == 0) return;
  if (gaps < GAPS_MAX) gaps_us[gaps++] = (double)(began_ns - failed_ns) / 1000.0;
  failed_ns = 0;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void reply_gaps(Peer *peer) {
  char body[128], bytes[256];
  qsort(gaps_us, gaps, sizeof(double), by_size);
  double median = gaps > 0 ? gaps_us[gaps / 2] : 0;
  int n = snprintf(body, sizeof body, "{\"count\":%zu,\"medianUs\":%.1f}", gaps, median);
  snprintf(bytes, sizeof bytes,
           "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s", n, body);
  reply(peer, bytes);
  gaps = 0;
}

static int is_model(const char *body, const char *model) {
  char wanted[64];
  snprintf(wanted, sizeof wanted, "\"model\":\"%s\"", model);
  return strstr(body, wanted) != NULL;
}

/* False where the connection is to be closed. */
static int serve(Peer *peer, const char *head, const char *body, uint64_t began_ns) {
  if (strncmp(head, "GET /gaps", 9) == 0) reply_gaps(peer);
  else if (strncmp(head, "POST /v1/traces", 15) == 0)
    reply(peer, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
  else if (is_model(body, "refused")) {
    reply(peer, "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: 52\r\n\r\n"
                "{\"error\":{\"message\":\"broken\",\"type\":\"server_error\"}}");
    failed_ns = now_ns();
  } else if (is_model(body, "cut")) {
    reply(peer, cut);
    failed_ns = now_ns();
    return 0;
  } else if (!strstr(body, "\"stream\":true")) {
    if (is_model(body, "other")) note_gap(began_ns);
    reply(peer, answer);
  } else if (is_model(body, "paced")) start_pacing(peer);
  else if (is_model(body, "held")) reply(peer, held);
  else if (is_model(body, "bench")) {
    reply(peer, STREAM_HEAD);
    peer->blocks_left = BLOCKS_PER_STREAM;
    write_blocks(peer);
  } else {
    note_gap(began_ns);
    reply(peer, shorts);
  }
  return 1;
}

static int read_requests(Peer *peer) {
  uint64_t began_ns = now_ns();
  if (peer->capacity - peer->bytes < READ_BYTES) {
    peer->capacity = peer->capacity * 2 + READ_BYTES;
    peer->received = realloc(peer->received, peer->capacity + 1);
    if (!peer->received) die("received");
  }
  ssize_t n = recv(peer->fd, peer->received + peer->bytes, READ_BYTES, 0);
  if (n <= 0) return n < 0 && errno == EAGAIN;
  peer->bytes += (size_t)n;
  for (;;) {
    peer->received[peer->bytes] = 0;
    char *end = memmem(peer->received, peer->bytes, "\r\n\r\n", 4);
    if (!end) return 1;
    *end = 0;
    const char *header = strcasestr(peer->received, "\r\ncontent-length:");
    size_t length = header ? strtoull(header + 17, NULL, 10) : 0;
    *end = '\r';
    size_t whole = (size_t)(end + 4 - peer->received) + length;
    if (peer->bytes < whole) return 1;
    char kept = peer->received[whole];
    peer->received[whole] = 0;
    int goes_on = serve(peer, peer->received, end + 4, began_ns);
    peer->received[whole] = kept;
    if (!goes_on) return 0;
    memmove(peer->received, peer->received + whole, peer->bytes - whole);
    peer->bytes -= whole;
    if (peer->bytes == 0) return 1;
  }
}

static void accept_peer(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  Peer *peer = calloc(1, sizeof(Peer));
  if (!peer) die("peer");
  peer->fd = fd;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int listen_on_any_port(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
  if (listen(listener, 4096) < 0) die("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int main(void) {
  prepare();
  epoll = epoll_create1(0);
  int listener = listen_on_any_port();
  int is_listener, is_stdin;
  struct epoll_event listening = {.events = EPOLLIN, .data.ptr = &is_listener};
  struct epoll_event parent = {.events = EPOLLIN, .data.ptr = &is_stdin};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening);
  epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &parent);
  struct epoll_event events[EVENTS_MAX];
  uint64_t tick = now_ns() / 1000000u;
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS_MAX, 1);
    for (int i = 0; i < count; i += 1) {
      void *source = events[i].data.ptr;
      if (source == &is_stdin) return 0;
      if (source == &is_listener) {
        accept_peer(listener);
        continue;
      }
      Peer *peer = source;
      if (events[i].events & EPOLLOUT) write_blocks(peer);
      if ((events[i].events & ~(uint32_t)EPOLLOUT) && !read_requests(peer)) close_peer(peer);
    }
    /* Each millisecond has its share of the paced streams. */
    for (uint64_t now = now_ns() / 1000000u; tick < now; tick += 1) {
      for (Peer *peer = paced[tick % PACE_MS]; peer; peer = peer->next_paced) write_paced(peer);
    }
  }
}
