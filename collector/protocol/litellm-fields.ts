import { own, without } from './json.ts'
import type { JsonObject } from './json.ts'
import type { RequestOptions } from './protocol.ts'

/**
 * Body fields that speak to the router and not to the model. LiteLLM's clients send them, providers
 * answer them with 400, so they are taken out before anything is sent on; `metadata` and `user` are
 * the provider's own words and stay.
 */
const ROUTER_FIELDS: ReadonlySet<string> = new Set([
  'disable_fallbacks',
  'disable_mid_stream_continuation',
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'num_retries',
  'max_retries',
  'timeout',
  'request_timeout',
  'stream_timeout',
  'mock_response',
  'mock_tool_calls',
  'mock_timeout',
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

export type OptionsResult =
  | { readonly kind: 'read'; readonly options: RequestOptions; readonly body: JsonObject }
  | { readonly kind: 'invalid'; readonly message: string; readonly param: string }

export function takeRouterFields(body: JsonObject): OptionsResult {
  for (const param of ['disable_fallbacks', 'disable_mid_stream_continuation']) {
    const value = own(body, param)
    if (value === undefined || value === null || typeof value === 'boolean') continue
    return { kind: 'invalid', message: `\`${param}\` must be true or false.`, param }
  }
  const hasAny = Object.keys(body).some((key) => ROUTER_FIELDS.has(key))
  return {
    kind: 'read',
    options: {
      disableFallbacks: own(body, 'disable_fallbacks') === true,
      disableContinuation: own(body, 'disable_mid_stream_continuation') === true,
    },
    body: hasAny ? without(body, ROUTER_FIELDS) : body,
  }
}
