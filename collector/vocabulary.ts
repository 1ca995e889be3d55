/**
 * THE CONTRACT between whoever writes spans and whoever reads them: span names, attribute keys and
 * every closed list of values. Imports nothing, so that both sides can depend on it and on nothing
 * else of each other. README carries the same table; `test/contract/` compares the two and drives
 * real OTLP bytes through both ends.
 *
 * GenAI keys are copied here because the convention is still in development and renames things:
 * https://github.com/open-telemetry/semantic-conventions-genai.
 */

/** Raised when a key changes its meaning. Written on every request span. */
export const SCHEMA_VERSION = 1

/** Instrumentation scope of every span of ours. */
export const SCOPE_NAME = 'secondwind'

export const SPAN_FIRST_CHUNK = 'first_chunk'
export const SPAN_STREAM = 'stream'
/** A fallback span is named `fallback <from_route> <to_route>`. */
export const SPAN_FALLBACK_PREFIX = 'fallback'
/** An attempt span is named `chat <model>`, as the GenAI convention has it. */
export const SPAN_ATTEMPT_PREFIX = 'chat'

export const APIS = ['chat', 'responses', 'messages'] as const
export type Api = (typeof APIS)[number]

export const OUTCOMES = ['ok', 'rescued', 'failed', 'cancelled', 'rejected', 'unknown'] as const
export type Outcome = (typeof OUTCOMES)[number]

export const ATTEMPT_KINDS = ['initial', 'retry', 'fallback'] as const
export type AttemptKind = (typeof ATTEMPT_KINDS)[number]

export const PHASES = ['before_headers', 'before_content', 'mid_stream', 'after_terminal'] as const
export type Phase = (typeof PHASES)[number]

/** Why an attempt failed: span value, metric label and word in the UI. */
export const FAILURE_REASONS = [
  'rate-limited',
  'quota-exhausted',
  'auth',
  'not-found',
  'context-too-long',
  'content-filtered',
  'bad-request',
  'prefill-rejected',
  'server-error',
  'overloaded',
  'connection',
  'timeout-connect',
  'timeout-first-event',
  'timeout-first-content',
  'timeout-idle',
  'timeout-total',
  'error-event',
  'malformed-frame',
  'stream-cut',
  'missing-terminal',
  'bad-response',
  'redirect',
  'client-aborted',
] as const
export type FailureReason = (typeof FAILURE_REASONS)[number]

export const NOT_TRIED_REASONS = [
  'disabled',
  'none_configured',
  'failure_not_eligible',
  'targets_unavailable',
  'not_portable',
  'not_translatable',
  'no_budget',
  'client_gone',
  'stopped_after_content',
] as const
export type NotTriedReason = (typeof NOT_TRIED_REASONS)[number]

/** Values of `secondwind.targets.skipped` are `<deployment>=<one of these>`. */
export const SKIP_REASONS = [
  'breaker_open',
  'cooling_down',
  'not_portable',
  'not_translatable',
] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

export const STRATEGIES = ['restart', 'prefill', 'user_turn', 'stop'] as const
export type Strategy = (typeof STRATEGIES)[number]

export const STRATEGY_CAUSES = [
  'nothing_delivered',
  'capability',
  'forced',
  'tool_call',
  'tool_choice',
  'schema',
  'n_gt_1',
  'logprobs',
  'audio',
  'hosted_tools',
  'stateful',
  'thinking',
  'tools_present',
  'continuation_disabled',
] as const
export type StrategyCause = (typeof STRATEGY_CAUSES)[number]

export const CAPABILITIES = ['yes', 'no', 'unknown'] as const
export type Capability = (typeof CAPABILITIES)[number]

export const CAPABILITY_SOURCES = ['config', 'table', 'learned'] as const
export type CapabilitySource = (typeof CAPABILITY_SOURCES)[number]

export const CONTENT_KINDS = ['text', 'reasoning', 'refusal', 'tool_call', 'other'] as const
export type ContentKind = (typeof CONTENT_KINDS)[number]

export const BREAKER_STATES = ['closed', 'half_open', 'open'] as const
export type BreakerState = (typeof BREAKER_STATES)[number]

export const USAGE_SOURCES = ['reported', 'partial', 'estimated', 'unknown'] as const
export type UsageSource = (typeof USAGE_SOURCES)[number]

/** Keys of the request span (SERVER). */
export const ATTR_SCHEMA = 'secondwind.schema'
export const ATTR_API = 'secondwind.api'
export const ATTR_ROUTE = 'secondwind.route'
export const ATTR_STREAM = 'secondwind.stream'
export const ATTR_OUTCOME = 'secondwind.outcome'
export const ATTR_ATTEMPTS = 'secondwind.attempts'
export const ATTR_FALLBACKS_CONFIGURED = 'secondwind.fallbacks.configured'
export const ATTR_FALLBACKS_DISABLED = 'secondwind.fallbacks.disabled'
export const ATTR_FALLBACKS_NOT_TRIED = 'secondwind.fallbacks.not_tried'
export const ATTR_TARGETS_SKIPPED = 'secondwind.targets.skipped'
export const ATTR_ROOT_CAUSE_REASON = 'secondwind.root_cause.reason'
export const ATTR_ROOT_CAUSE_PHASE = 'secondwind.root_cause.phase'
export const ATTR_ROOT_CAUSE_ATTEMPT = 'secondwind.root_cause.attempt'
export const ATTR_ROOT_CAUSE_ERROR_TYPE = 'secondwind.root_cause.error_type'
export const ATTR_ROOT_CAUSE_STATUS_CODE = 'secondwind.root_cause.status_code'
/** Scrubbed, at most `MESSAGE_CHARS_MAX` characters. */
export const ATTR_ROOT_CAUSE_MESSAGE = 'secondwind.root_cause.message'
export const ATTR_CLIENT_STATUS_CODE = 'secondwind.client.status_code'
export const ATTR_CLIENT_ERROR_TYPE = 'secondwind.client.error_type'
/** The attempt whose failure the client was shown; 0 is an error of our own. */
export const ATTR_CLIENT_ERROR_ATTEMPT = 'secondwind.client.error_attempt'
export const ATTR_CLIENT_MESSAGE = 'secondwind.client.message'
export const ATTR_CLIENT_COMPLETE = 'secondwind.client.complete'
export const ATTR_CLIENT_TERMINAL = 'secondwind.client.terminal'
export const ATTR_CLIENT_CLOSING_FRAME_ADDED = 'secondwind.client.closing_frame_added'
export const ATTR_CLIENT_ENVELOPES = 'secondwind.client.envelopes'
export const ATTR_CLIENT_MODEL = 'secondwind.client.model'
/** Milliseconds from the span's start until the client went away. */
export const ATTR_CLIENT_GONE_MS = 'secondwind.client.gone_ms'
export const ATTR_CLIENT_BYTES = 'secondwind.client.bytes'
export const ATTR_HEADER_HOLD_EXPIRED = 'secondwind.header_hold_expired'
export const ATTR_TIME_TO_FIRST_CONTENT_MS = 'secondwind.time_to_first_content_ms'
export const ATTR_USAGE_INPUT_TOKENS = 'secondwind.usage.input_tokens'
export const ATTR_USAGE_OUTPUT_TOKENS = 'secondwind.usage.output_tokens'
export const ATTR_USAGE_SOURCE = 'secondwind.usage.source'

/** Shape of the client's request: the same leaves as the payload of a fallback. */
export const ATTR_SHAPE_MESSAGES = 'secondwind.request.shape.messages'
export const ATTR_SHAPE_LAST_ROLE = 'secondwind.request.shape.last_role'
export const ATTR_SHAPE_PREFILL = 'secondwind.request.shape.prefill'
export const ATTR_SHAPE_BYTES = 'secondwind.request.shape.bytes'
export const ATTR_SHAPE_TOOLS = 'secondwind.request.shape.tools'
export const ATTR_SHAPE_TOOL_CHOICE = 'secondwind.request.shape.tool_choice'
export const ATTR_SHAPE_RESPONSE_FORMAT = 'secondwind.request.shape.response_format'
export const ATTR_SHAPE_MAX_TOKENS = 'secondwind.request.shape.max_tokens'

/** Keys of the attempt span (CLIENT). */
export const ATTR_ATTEMPT_NUMBER = 'secondwind.attempt.number'
export const ATTR_ATTEMPT_KIND = 'secondwind.attempt.kind'
export const ATTR_ATTEMPT_ROUTE = 'secondwind.attempt.route'
export const ATTR_ATTEMPT_DEPLOYMENT = 'secondwind.attempt.deployment'
/** Salted: tells whether two attempts shared a key, never which key it was. */
export const ATTR_ATTEMPT_KEY_HASH = 'secondwind.attempt.key_hash'
export const ATTR_UPSTREAM_REQUEST_ID = 'secondwind.upstream.request_id'
export const ATTR_FAILURE_REASON = 'secondwind.failure.reason'
export const ATTR_FAILURE_PHASE = 'secondwind.failure.phase'
export const ATTR_FAILURE_MESSAGE = 'secondwind.failure.message'
export const ATTR_FAILURE_RETRY_AFTER_MS = 'secondwind.failure.retry_after_ms'
export const ATTR_DELIVERED_CHUNKS = 'secondwind.delivered.chunks'
export const ATTR_DELIVERED_CHARS = 'secondwind.delivered.chars'
export const ATTR_DELIVERED_KINDS = 'secondwind.delivered.kinds'
export const ATTR_DELIVERED_TOOL_CALLS = 'secondwind.delivered.tool_calls'
export const ATTR_RECEIVED_TERMINAL = 'secondwind.received.terminal'
export const ATTR_BREAKER_STATE = 'secondwind.breaker.state'
/** Fields of the client's request that the target was not sent, by name; absent where none. */
export const ATTR_DROPPED_FIELDS = 'secondwind.dropped_fields'

/** Keys of the first_chunk span. */
export const ATTR_CONTENT_KIND = 'secondwind.content.kind'
export const ATTR_PRELUDE_EVENTS = 'secondwind.prelude.events'

/** Keys of the stream span. */
export const ATTR_CHUNKS = 'secondwind.chunks'
export const ATTR_LONGEST_SILENCE_MS = 'secondwind.longest_silence_ms'
export const ATTR_TERMINAL = 'secondwind.terminal'

/** Keys of the fallback span. */
export const ATTR_FALLBACK_FROM_ROUTE = 'secondwind.fallback.from_route'
export const ATTR_FALLBACK_TO_ROUTE = 'secondwind.fallback.to_route'
export const ATTR_FALLBACK_FROM_DEPLOYMENT = 'secondwind.fallback.from_deployment'
export const ATTR_FALLBACK_TO_DEPLOYMENT = 'secondwind.fallback.to_deployment'
export const ATTR_FALLBACK_REASON = 'secondwind.fallback.reason'
export const ATTR_FALLBACK_STRATEGY = 'secondwind.fallback.strategy'
export const ATTR_FALLBACK_WHY = 'secondwind.fallback.why'
export const ATTR_FALLBACK_FORCED = 'secondwind.fallback.forced'
export const ATTR_FALLBACK_CAPABILITY_PREFILL = 'secondwind.fallback.capability.prefill'
export const ATTR_FALLBACK_CAPABILITY_SOURCE = 'secondwind.fallback.capability.source'
export const ATTR_PAYLOAD_MESSAGES = 'secondwind.payload.messages'
export const ATTR_PAYLOAD_MESSAGES_ADDED = 'secondwind.payload.messages_added'
export const ATTR_PAYLOAD_LAST_ROLE = 'secondwind.payload.last_role'
export const ATTR_PAYLOAD_PREFILL = 'secondwind.payload.prefill'
export const ATTR_PAYLOAD_BYTES = 'secondwind.payload.bytes'
export const ATTR_PAYLOAD_PARTIAL_CHARS = 'secondwind.payload.partial_chars'
export const ATTR_PAYLOAD_TOOLS = 'secondwind.payload.tools'
export const ATTR_PAYLOAD_TOOL_CHOICE = 'secondwind.payload.tool_choice'
export const ATTR_PAYLOAD_RESPONSE_FORMAT = 'secondwind.payload.response_format'
export const ATTR_PAYLOAD_MAX_TOKENS = 'secondwind.payload.max_tokens'
export const ATTR_SEAM_VERIFIED = 'secondwind.seam.verified'
export const ATTR_SEAM_ALIGNED = 'secondwind.seam.aligned'
export const ATTR_SEAM_DROPPED_CHARS = 'secondwind.seam.dropped_chars'
export const ATTR_SEAM_HELD_MS = 'secondwind.seam.held_ms'

/** OpenTelemetry's own keys that we write. */
export const ATTR_GEN_AI_OPERATION_NAME = 'gen_ai.operation.name'
export const ATTR_GEN_AI_PROVIDER_NAME = 'gen_ai.provider.name'
export const ATTR_GEN_AI_REQUEST_MODEL = 'gen_ai.request.model'
export const ATTR_GEN_AI_RESPONSE_MODEL = 'gen_ai.response.model'
export const ATTR_GEN_AI_RESPONSE_ID = 'gen_ai.response.id'
/** A cut stream has `["error"]`. */
export const ATTR_GEN_AI_RESPONSE_FINISH_REASONS = 'gen_ai.response.finish_reasons'
export const ATTR_GEN_AI_USAGE_INPUT_TOKENS = 'gen_ai.usage.input_tokens'
export const ATTR_GEN_AI_USAGE_OUTPUT_TOKENS = 'gen_ai.usage.output_tokens'
export const ATTR_SERVER_ADDRESS = 'server.address'
export const ATTR_SERVER_PORT = 'server.port'
export const ATTR_HTTP_REQUEST_METHOD = 'http.request.method'
export const ATTR_HTTP_ROUTE = 'http.route'
export const ATTR_HTTP_RESPONSE_STATUS_CODE = 'http.response.status_code'
export const ATTR_URL_PATH = 'url.path'
export const ATTR_ERROR_TYPE = 'error.type'

/** Characters of an error message that a span keeps (after secrets are scrubbed). */
export const MESSAGE_CHARS_MAX = 512

/** Keys whose value is an error message: the others keep less. */
export const MESSAGE_KEYS: ReadonlySet<string> = new Set([
  ATTR_ROOT_CAUSE_MESSAGE,
  ATTR_CLIENT_MESSAGE,
  ATTR_FAILURE_MESSAGE,
])

/** Numbers that are doubles even where they are whole; all others are integers. */
export const DOUBLE_KEYS: ReadonlySet<string> = new Set([
  ATTR_CLIENT_GONE_MS,
  ATTR_TIME_TO_FIRST_CONTENT_MS,
  ATTR_LONGEST_SILENCE_MS,
  ATTR_SEAM_HELD_MS,
])

/** Which keys each kind of span may carry; a key outside its list is a defect of the writer. */
export const KEYS_BY_SPAN = {
  request: [
    ATTR_SCHEMA,
    ATTR_API,
    ATTR_ROUTE,
    ATTR_STREAM,
    ATTR_OUTCOME,
    ATTR_ATTEMPTS,
    ATTR_FALLBACKS_CONFIGURED,
    ATTR_FALLBACKS_DISABLED,
    ATTR_FALLBACKS_NOT_TRIED,
    ATTR_TARGETS_SKIPPED,
    ATTR_ROOT_CAUSE_REASON,
    ATTR_ROOT_CAUSE_PHASE,
    ATTR_ROOT_CAUSE_ATTEMPT,
    ATTR_ROOT_CAUSE_ERROR_TYPE,
    ATTR_ROOT_CAUSE_STATUS_CODE,
    ATTR_ROOT_CAUSE_MESSAGE,
    ATTR_CLIENT_STATUS_CODE,
    ATTR_CLIENT_ERROR_TYPE,
    ATTR_CLIENT_ERROR_ATTEMPT,
    ATTR_CLIENT_MESSAGE,
    ATTR_CLIENT_COMPLETE,
    ATTR_CLIENT_TERMINAL,
    ATTR_CLIENT_CLOSING_FRAME_ADDED,
    ATTR_CLIENT_ENVELOPES,
    ATTR_CLIENT_MODEL,
    ATTR_CLIENT_GONE_MS,
    ATTR_CLIENT_BYTES,
    ATTR_HEADER_HOLD_EXPIRED,
    ATTR_TIME_TO_FIRST_CONTENT_MS,
    ATTR_USAGE_INPUT_TOKENS,
    ATTR_USAGE_OUTPUT_TOKENS,
    ATTR_USAGE_SOURCE,
    ATTR_SHAPE_MESSAGES,
    ATTR_SHAPE_LAST_ROLE,
    ATTR_SHAPE_PREFILL,
    ATTR_SHAPE_BYTES,
    ATTR_SHAPE_TOOLS,
    ATTR_SHAPE_TOOL_CHOICE,
    ATTR_SHAPE_RESPONSE_FORMAT,
    ATTR_SHAPE_MAX_TOKENS,
    ATTR_HTTP_REQUEST_METHOD,
    ATTR_HTTP_ROUTE,
    ATTR_HTTP_RESPONSE_STATUS_CODE,
    ATTR_URL_PATH,
    ATTR_ERROR_TYPE,
  ],
  attempt: [
    ATTR_GEN_AI_OPERATION_NAME,
    ATTR_GEN_AI_PROVIDER_NAME,
    ATTR_GEN_AI_REQUEST_MODEL,
    ATTR_GEN_AI_RESPONSE_MODEL,
    ATTR_GEN_AI_RESPONSE_ID,
    ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
    ATTR_GEN_AI_USAGE_INPUT_TOKENS,
    ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
    ATTR_SERVER_ADDRESS,
    ATTR_SERVER_PORT,
    ATTR_HTTP_RESPONSE_STATUS_CODE,
    ATTR_ERROR_TYPE,
    ATTR_ATTEMPT_NUMBER,
    ATTR_ATTEMPT_KIND,
    ATTR_ATTEMPT_ROUTE,
    ATTR_ATTEMPT_DEPLOYMENT,
    ATTR_ATTEMPT_KEY_HASH,
    ATTR_UPSTREAM_REQUEST_ID,
    ATTR_FAILURE_REASON,
    ATTR_FAILURE_PHASE,
    ATTR_FAILURE_MESSAGE,
    ATTR_FAILURE_RETRY_AFTER_MS,
    ATTR_DELIVERED_CHUNKS,
    ATTR_DELIVERED_CHARS,
    ATTR_DELIVERED_KINDS,
    ATTR_DELIVERED_TOOL_CALLS,
    ATTR_USAGE_INPUT_TOKENS,
    ATTR_USAGE_OUTPUT_TOKENS,
    ATTR_USAGE_SOURCE,
    ATTR_RECEIVED_TERMINAL,
    ATTR_BREAKER_STATE,
    ATTR_DROPPED_FIELDS,
  ],
  first_chunk: [ATTR_ATTEMPT_NUMBER, ATTR_CONTENT_KIND, ATTR_PRELUDE_EVENTS, ATTR_FAILURE_REASON],
  stream: [
    ATTR_ATTEMPT_NUMBER,
    ATTR_CHUNKS,
    ATTR_LONGEST_SILENCE_MS,
    ATTR_TERMINAL,
    ATTR_FAILURE_REASON,
  ],
  fallback: [
    ATTR_ATTEMPT_NUMBER,
    ATTR_FALLBACK_FROM_ROUTE,
    ATTR_FALLBACK_TO_ROUTE,
    ATTR_FALLBACK_FROM_DEPLOYMENT,
    ATTR_FALLBACK_TO_DEPLOYMENT,
    ATTR_FALLBACK_REASON,
    ATTR_FALLBACK_STRATEGY,
    ATTR_FALLBACK_WHY,
    ATTR_FALLBACK_FORCED,
    ATTR_FALLBACK_CAPABILITY_PREFILL,
    ATTR_FALLBACK_CAPABILITY_SOURCE,
    ATTR_PAYLOAD_MESSAGES,
    ATTR_PAYLOAD_MESSAGES_ADDED,
    ATTR_PAYLOAD_LAST_ROLE,
    ATTR_PAYLOAD_PREFILL,
    ATTR_PAYLOAD_BYTES,
    ATTR_PAYLOAD_PARTIAL_CHARS,
    ATTR_PAYLOAD_TOOLS,
    ATTR_PAYLOAD_TOOL_CHOICE,
    ATTR_PAYLOAD_RESPONSE_FORMAT,
    ATTR_PAYLOAD_MAX_TOKENS,
    ATTR_SEAM_VERIFIED,
    ATTR_SEAM_ALIGNED,
    ATTR_SEAM_DROPPED_CHARS,
    ATTR_SEAM_HELD_MS,
  ],
} as const satisfies Record<string, readonly string[]>
