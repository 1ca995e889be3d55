import { z } from 'zod'

/**
 * The `secondwind:` section: what LiteLLM has no word for. Defaults live here and nowhere else;
 * `docs/config.md` has a row for each, held to this by a test.
 */

const ms = (min: number) => z.int().min(min).max(86_400_000)
const count = (max: number) => z.int().min(1).max(max)
const bytes = z
  .int()
  .min(1024)
  .max(1024 ** 3)

/**
 * Optional, since LiteLLM's `timeout` and `stream_timeout` say some of them too; `defaultMs` holds
 * where neither speaks.
 */
const timer = (defaultMs: number, description: string) =>
  ms(1).optional().meta({ default: defaultMs, description })

export const TIMER_DEFAULTS = {
  connect_ms: 5_000,
  first_event_ms: 30_000,
  first_content_ms: 60_000,
  first_content_reasoning_ms: 300_000,
  byte_idle_ms: 60_000,
  content_idle_ms: 180_000,
  total_stream_ms: 1_800_000,
  total_ms: 600_000,
} as const

export const BREAKER_DEFAULTS = { failures_to_open: 5, first_open_ms: 10_000 } as const

const continuationFields = {
  enabled: z.boolean().describe('Go on after a stream broke that the client has begun to read.'),
  strategy: z
    .enum(['auto', 'prefill', 'user_turn', 'restart', 'stop'])
    .describe('How the next target is asked to go on; other than `auto` it is the only one tried.'),
  with_tools: z
    .boolean()
    .describe(
      'Continue by `user_turn` although the request offers tools (the model may forget to call).',
    ),
  require_anchor: z
    .boolean()
    .describe('Fail honestly where the seam cannot be verified, instead of joining unverified.'),
}

const continuation = z.strictObject({
  enabled: continuationFields.enabled.optional().meta({ default: true }),
  strategy: continuationFields.strategy.default('auto'),
  with_tools: continuationFields.with_tools.default(false),
  require_anchor: continuationFields.require_anchor.default(false),
})

/** A route says only what differs from `secondwind.continuation`. */
const routeContinuation = z.strictObject(continuationFields).partial()

const timerFields = {
  connect_ms: timer(TIMER_DEFAULTS.connect_ms, 'DNS, TCP and TLS.'),
  first_event_ms: timer(TIMER_DEFAULTS.first_event_ms, 'Until the upstream says anything.'),
  first_content_ms: timer(
    TIMER_DEFAULTS.first_content_ms,
    'Until content; at least the `timeout` given.',
  ),
  first_content_reasoning_ms: timer(
    TIMER_DEFAULTS.first_content_reasoning_ms,
    'The same where the model thinks first.',
  ),
  byte_idle_ms: timer(
    TIMER_DEFAULTS.byte_idle_ms,
    'Longest silence; LiteLLM: `stream_timeout`, else `timeout`.',
  ),
  content_idle_ms: timer(
    TIMER_DEFAULTS.content_idle_ms,
    'Longest time without content; pings do not count.',
  ),
  total_stream_ms: timer(TIMER_DEFAULTS.total_stream_ms, 'Whole stream.'),
  total_ms: timer(TIMER_DEFAULTS.total_ms, 'Whole answer, not streaming; LiteLLM: `timeout`.'),
}

export const secondwindSchema = z.strictObject({
  listen: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe('Address to listen on; any but loopback needs a key.'),
      port: z.int().min(0).max(65_535).default(4100).describe('Port; 0 lets the system choose.'),
      allowed_hosts: z
        .array(z.string().min(1))
        .max(100)
        .default([])
        .describe('`Host` names accepted on loopback beside localhost and its addresses.'),
    })
    .prefault({}),
  header_hold_ms: ms(0)
    .default(15_000)
    .describe('How long status and headers wait for the first content.'),
  keep_alive_ms: ms(10)
    .default(10_000)
    .describe(
      'Interval of SSE comments while a stream is silent: until its first content, and whenever it pauses.',
    ),
  drain_ms: ms(0).default(30_000).describe('How long running requests may go on after SIGTERM.'),
  propagate_trace_context: z
    .boolean()
    .default(false)
    .describe('Send `traceparent` on to providers.'),
  continuation: continuation.prefault({}),
  routes: z
    .record(
      z.string(),
      z.strictObject({
        continuation: routeContinuation.prefault({}),
        timers: z.strictObject(timerFields).prefault({}),
      }),
    )
    .default({})
    .describe('Per route: `continuation` and `timers`, with the same keys.'),
  timers: z.strictObject(timerFields).prefault({}),
  retry: z
    .strictObject({
      attempts_max: count(20).default(5).describe('Attempts per request, all targets together.'),
      budget_ratio: z
        .number()
        .min(0)
        .max(1)
        .default(0.2)
        .describe('Retries on the same target per request.'),
      budget_per_second_min: z
        .number()
        .min(0)
        .max(10_000)
        .default(3)
        .describe('Retries per second that are always allowed.'),
      backoff_base_ms: ms(1).default(500).describe('First wait before a retry, before jitter.'),
      backoff_max_ms: ms(1).default(8_000).describe('Longest wait before a retry.'),
      retry_after_max_ms: ms(0)
        .default(5_000)
        .describe('Longest `Retry-After` that is waited for.'),
    })
    .prefault({}),
  breaker: z
    .strictObject({
      failures_to_open: count(1_000_000).optional().meta({
        default: BREAKER_DEFAULTS.failures_to_open,
        description: 'Failures in a row; LiteLLM: one more than `allowed_fails`.',
      }),
      first_open_ms: ms(0).optional().meta({
        default: BREAKER_DEFAULTS.first_open_ms,
        description: 'Until the first probe; LiteLLM: `cooldown_time`.',
      }),
      open_ms: ms(1).default(15_000).describe('Between later probes.'),
      open_max_ms: ms(1).default(120_000).describe('Longest time between probes, after time-outs.'),
      quota_open_ms: ms(1).default(300_000).describe('After a spent quota.'),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      sample_ratio: z
        .number()
        .min(0)
        .max(1)
        .default(1)
        .describe('Healthy requests whose spans are sent; failed and rescued ones always are.'),
      spool_dir: z.string().min(1).optional().meta({
        default: 'spool',
        description:
          'Where spans wait while they cannot be sent; the default is in the data folder (`SECONDWIND_DATA_DIR`).',
      }),
      spool_bytes_max: z
        .int()
        .min(0)
        .max(1024 ** 4)
        .default(256 * 1024 ** 2)
        .describe('Disk for it, the oldest healthy requests dropped first; 0: memory only.'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      connections_max: count(1_000_000)
        .default(10_000)
        .describe('Clients’ connections at one time; more are closed as they come.'),
      request_body_bytes_max: bytes
        .default(32 * 1024 ** 2)
        .describe('Body of a request; more is 413.'),
      sse_line_bytes_max: bytes.default(1024 ** 2).describe('One line of an upstream’s stream.'),
      sse_event_bytes_max: bytes.default(4 * 1024 ** 2).describe('One event of it.'),
      stream_buffer_bytes_max: bytes
        .default(1024 ** 2)
        .describe('Bytes that wait for a slow client.'),
      answer_bytes_max: bytes.default(32 * 1024 ** 2).describe('A whole answer, not streaming.'),
    })
    .prefault({}),
})

export type SecondwindSection = z.infer<typeof secondwindSchema>
