import type { Api, FailureReason } from '../vocabulary.ts'
import type { JsonObject } from '../protocol/json.ts'
import type { Secret } from './secret.ts'

/**
 * The sidecar's configuration after loading: complete, defaulted, deep-frozen. What reads the YAML
 * and LiteLLM's words for things is `load-config.ts`; nothing below `config/` sees either.
 */
export interface SidecarConfig {
  readonly listen: ListenConfig
  /** Absent: no authentication, which only a loopback bind may have. */
  readonly clientKey?: Secret
  readonly routes: ReadonlyMap<string, RouteConfig>
  readonly retry: RetryConfig
  readonly breaker: BreakerConfig
  readonly limits: LimitsConfig
  readonly headerHoldMs: number
  /** Interval of SSE comments once the headers went out and no content has come. */
  readonly keepAliveMs: number
  readonly propagateTraceContext: boolean
  readonly drainMs: number
  readonly telemetry: TelemetryConfig
  /** Names that `GET /v1/models` lists: what a client can ask for as it stands. */
  readonly listedModels: readonly string[]
  /** LiteLLM keys that we do not honour, by path. */
  readonly ignoredKeys: readonly string[]
}

export interface ListenConfig {
  readonly host: string
  readonly port: number
  readonly allowedHosts: readonly string[]
}

/** `find-route.ts` looks a route up by the client's name for it; wildcard routes need that. */
export interface RouteConfig {
  /** May hold `*` (`openai/*`), which stands for any text. */
  readonly name: string
  readonly deployments: readonly DeploymentConfig[]
  /** Routes to fall back to, in order; `default_fallbacks` already merged in. */
  readonly fallbacks: readonly string[]
  readonly contextWindowFallbacks: readonly string[]
  readonly contentPolicyFallbacks: readonly string[]
  readonly continuation: ContinuationConfig
}

export interface DeploymentConfig {
  /** `model_info.id`, else `<route>/<number>`: unique, readable, in spans and headers. */
  readonly id: string
  readonly route: string
  /** `openai`, `anthropic`, `groq` … the part before the slash of `litellm_params.model`. */
  readonly provider: string
  /** Protocols that its server speaks: a client's own is preferred, else the first is used. */
  readonly apis: readonly [Api, ...Api[]]
  /** The provider's model name, without the provider; `*` only in a wildcard route. */
  readonly model: string
  /** Without a slash at its end, without user info, query or fragment. */
  readonly apiBase: string
  /** Absent: the provider wants none (a local server). */
  readonly apiKey?: Secret
  readonly order: number
  readonly weight: number
  readonly supportsAssistantPrefill?: boolean
  readonly timers: TimersConfig
  /** What the model is, where `model` is a name that its owner chose (Azure). */
  readonly baseModel?: string
  /** LiteLLM's `num_retries` of this deployment alone. */
  readonly retriesMax?: number
  /** LiteLLM's `cooldown_time` of this deployment alone. */
  readonly cooldownMs?: number
  /** `extra_headers`: sent with every request, in lower case. */
  readonly headers?: ReadonlyMap<string, Secret>
  readonly body?: BodyConfig
  readonly azure?: AzureConfig
  readonly vertex?: VertexConfig
}

/** What the file says of a deployment's request bodies. */
export interface BodyConfig {
  /** `temperature`, `max_tokens` … of `litellm_params`: sent where the client says nothing. */
  readonly defaults: JsonObject
  /** `extra_body`: set whatever the client says. */
  readonly extra: JsonObject
  /** `additional_drop_params`. */
  readonly omit: readonly string[]
}

export interface AzureConfig {
  /** A date, `v1`, `preview` or `latest`; absent: what the kind of request needs. */
  readonly apiVersion?: string
  /** Entra ID's token, shown instead of a key. */
  readonly adToken?: Secret
}

export interface VertexConfig {
  readonly project: string
  /** A region, `us`, `eu` or `global`. */
  readonly location: string
  /** Absent: no token is shown, for an `api_base` that is not Google's. */
  readonly credentials?: GoogleCredentials
}

export type GoogleCredentials =
  /** What Google's libraries find: GOOGLE_APPLICATION_CREDENTIALS, gcloud's file, the machine's. */
  | { readonly kind: 'default' }
  /** A service account's key, or another file of credentials, as JSON. */
  | { readonly kind: 'json'; readonly json: Secret }

export interface ContinuationConfig {
  readonly enabled: boolean
  readonly strategy: 'auto' | 'prefill' | 'user_turn' | 'restart' | 'stop'
  readonly withTools: boolean
  readonly requireAnchor: boolean
}

/** Milliseconds; design 4.3. */
export interface TimersConfig {
  readonly connectMs: number
  /** Where no `timeout` is given; else a third of it while another target is left. */
  readonly firstEventMs: number
  readonly firstContentMs: number
  readonly firstContentReasoningMs: number
  readonly byteIdleMs: number
  /** The same between the first event of a model that thinks and its first content. */
  readonly thinkingIdleMs: number
  readonly contentIdleMs: number
  readonly totalStreamMs: number
  /** Non-streaming: LiteLLM's `timeout`. */
  readonly totalMs: number
  /** LiteLLM's `timeout` where the file gives one: caps the wait for a first event. */
  readonly timeoutMs?: number
}

export interface RetryConfig {
  /** LiteLLM's `num_retries`: on the same target. */
  readonly retriesMax: number
  /** LiteLLM's `retry_policy`, where it says more than `num_retries` for a reason. */
  readonly retriesMaxByReason?: ReadonlyMap<FailureReason, number>
  readonly attemptsMax: number
  readonly fallbacksMax: number
  readonly budgetRatio: number
  readonly budgetPerSecondMin: number
  readonly backoffBaseMs: number
  readonly backoffMaxMs: number
  readonly retryAfterMaxMs: number
}

export interface BreakerConfig {
  readonly failuresToOpen: number
  readonly firstOpenMs: number
  readonly openMs: number
  readonly openMaxMs: number
  readonly quotaOpenMs: number
}

interface LimitsConfig {
  readonly connectionsMax: number
  readonly requestBodyBytesMax: number
  readonly sseLineBytesMax: number
  readonly sseEventBytesMax: number
  readonly streamBufferBytesMax: number
  readonly answerBytesMax: number
}

/** Where spans go, and how many may wait for it; from OpenTelemetry's own environment variables. */
export interface TelemetryConfig {
  /** False with `OTEL_SDK_DISABLED=true`: nothing is recorded, traffic is served all the same. */
  readonly enabled: boolean
  /** The full URL, `/v1/traces` included. */
  readonly tracesUrl: string
  /** May hold credentials. */
  readonly headers: ReadonlyMap<string, Secret>
  readonly encoding: OtlpEncoding
  readonly exportTimeoutMs: number
  readonly serviceName: string
  readonly resourceAttributes: ReadonlyMap<string, string>
  readonly queueSpansMax: number
  readonly batchSpansMax: number
  readonly batchDelayMs: number
  /** Of healthy requests, how many are sent; failures and rescues always are. */
  readonly sampleRatio: number
  /** Absent: spans wait in memory only. */
  readonly spool?: SpoolConfig
}

/** OTLP over HTTP, in either of its two encodings. */
export const OTLP_ENCODINGS = ['http/protobuf', 'http/json'] as const
export type OtlpEncoding = (typeof OTLP_ENCODINGS)[number]

/** Where spans wait on disk while they cannot be sent. */
export interface SpoolConfig {
  /** Made when it is first needed. */
  readonly dir: string
  readonly bytesMax: number
}
