import { own, without } from './json.ts'
import type { JsonObject } from './json.ts'
import type { RequestOptions } from './protocol.ts'
import { OptionReader } from './option-reader.ts'
import type { InvalidOption } from './option-reader.ts'

/**
 * Body fields that speak to the router and not to the model. LiteLLM's clients send them, providers
 * answer them with 400, so they are taken out before anything is sent on; `metadata` and `user` are
 * the provider's own words and stay. `mock_*` are taken out and not obeyed: they are for tests of
 * LiteLLM itself.
 */
const ROUTER_FIELDS: ReadonlySet<string> = new Set([
  'disable_fallbacks',
  'disable_mid_stream_continuation',
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'default_fallbacks',
  'max_fallbacks',
  'include_fallback_errors',
  'num_retries',
  'max_retries',
  'retry_policy',
  'timeout',
  'request_timeout',
  'stream_timeout',
  'mock_response',
  'mock_tool_calls',
  'mock_timeout',
  'mock_delay',
  'mock_testing_fallbacks',
  'mock_testing_context_fallbacks',
  'mock_testing_content_policy_fallbacks',
  'mock_testing_rate_limit_error',
  'litellm_metadata',
  'litellm_session_id',
  'litellm_trace_id',
  'litellm_call_id',
  'drop_params',
  'additional_drop_params',
  'allowed_openai_params',
  'cache',
  'caching',
  'ttl',
  's-maxage',
  'no-log',
  'guardrails',
  'tags',
])

/** Where a request goes and with which key is the operator's to say (CVE-2024-6587 of LiteLLM). */
const OPERATORS_FIELDS = ['api_key', 'api_base', 'base_url', 'user_config'] as const

export type OptionsResult =
  | { readonly kind: 'read'; readonly options: RequestOptions; readonly body: JsonObject }
  | InvalidOption

export function takeRouterFields(body: JsonObject): OptionsResult {
  const refused = OPERATORS_FIELDS.find((key) => own(body, key) !== undefined)
  if (refused !== undefined) {
    const message = `\`${refused}\` is set in the router's configuration, never by a request.`
    return { kind: 'invalid', message, param: refused }
  }
  if (!Object.keys(body).some((key) => ROUTER_FIELDS.has(key))) {
    return { kind: 'read', options: NO_OPTIONS, body }
  }
  const reader = new OptionReader(body)
  const options = readOptions(reader)
  return reader.problem ?? { kind: 'read', options, body: without(body, ROUTER_FIELDS) }
}

const NO_OPTIONS: RequestOptions = { disableFallbacks: false, disableContinuation: false }

function readOptions(reader: OptionReader): RequestOptions {
  const fallbacks = reader.routes('fallbacks')
  const contextWindowFallbacks = reader.routes('context_window_fallbacks')
  const contentPolicyFallbacks = reader.routes('content_policy_fallbacks')
  const retriesMax = reader.count('num_retries') ?? reader.count('max_retries')
  const timeoutMs = reader.seconds('timeout') ?? reader.seconds('request_timeout')
  const streamTimeoutMs = reader.seconds('stream_timeout')
  return {
    disableFallbacks: reader.flag('disable_fallbacks') === true,
    disableContinuation: reader.flag('disable_mid_stream_continuation') === true,
    ...(fallbacks !== undefined && { fallbacks }),
    ...(contextWindowFallbacks !== undefined && { contextWindowFallbacks }),
    ...(contentPolicyFallbacks !== undefined && { contentPolicyFallbacks }),
    ...(retriesMax !== undefined && { retriesMax }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(streamTimeoutMs !== undefined && { streamTimeoutMs }),
  }
}
