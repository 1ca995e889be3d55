import * as vocabulary from '../../../collector/vocabulary.ts'
import type { ContentSide } from './content-shape.ts'

/**
 * What is done with an attribute's text before it is stored. Numbers and booleans hold no content
 * and are always kept.
 */
export type Treatment =
  /** Kept, secrets scrubbed, cut at its limit. */
  | { readonly kind: 'keep' }
  /** As `keep`, but only as long as a name is. */
  | { readonly kind: 'label' }
  /** Kept where it is one word of label characters, else its shape. */
  | { readonly kind: 'word' }
  | { readonly kind: 'shape'; readonly side: ContentSide }
  | { readonly kind: 'error_text' }
  | { readonly kind: 'stack' }
  | { readonly kind: 'url' }
  | { readonly kind: 'hash' }
  | { readonly kind: 'redact' }
  /** An object, reduced to its numbers and booleans. */
  | { readonly kind: 'numbers' }
  /** An object, reduced to these keys. */
  | { readonly kind: 'fields'; readonly fields: ReadonlySet<string> }

/** Of LiteLLM's `hidden_params`, its request metadata and its headers: what tells of routing. */
const STRUCTURAL_FIELDS: ReadonlySet<string> = new Set([
  'model_id',
  'api_base',
  'response_cost',
  'litellm_overhead_time_ms',
  'litellm_model_name',
  'model_group',
  'trace_id',
  'used_client_oauth_token',
  'include_usage',
  'additional_headers',
  'headers',
  'request-id',
  'x-request-id',
  'llm_provider-request-id',
  'llm_provider-x-request-id',
  'llm_provider-content-type',
  'llm_provider-retry-after',
  'retry-after',
  'content-type',
  'content-length',
  'user-agent',
  'x-litellm-model-group',
  'x-litellm-model-id',
  'x-litellm-attempted-retries',
  'x-litellm-attempted-fallbacks',
  'x-litellm-max-retries',
  'x-litellm-max-fallbacks',
  'x-stainless-retry-count',
  'x-stainless-read-timeout',
  'x-stainless-timeout',
  'x-stainless-helper-method',
  'x-stainless-stream-helper',
])

/** Of the parameters that OpenInference writes as one object: what tells of the request's form. */
const PARAMETER_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'n',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'tool_choice',
])

const KEEP: Treatment = { kind: 'keep' }
const LABEL: Treatment = { kind: 'label' }
const FIELDS: Treatment = { kind: 'fields', fields: STRUCTURAL_FIELDS }
const SHAPE: Treatment = { kind: 'shape', side: 'unknown' }
const ERROR_TEXT: Treatment = { kind: 'error_text' }
const WORD: Treatment = { kind: 'word' }

/** Our own spans carry no content by their contract; other keys under our name are not ours. */
const OURS: ReadonlySet<string> = new Set(Object.values(vocabulary.KEYS_BY_SPAN).flat())

/**
 * The first pattern that matches decides. All are anchored and linear. Structural keys of the
 * families that carry content stand here one by one: what is not named is content.
 */
const TREATMENTS: readonly (readonly [RegExp, Treatment])[] = [
  [
    /^(?:error|exception)\.message$|^exception$|^litellm\.provider\.error\.message$|^error\.description$/u,
    ERROR_TEXT,
  ],
  [/stack_?trace$/u, { kind: 'stack' }],
  [/api_key[._]hash$|^user_api_key$/u, { kind: 'hash' }],
  [/^(?:http\.url|url\.full|http\.target|url\.path|gen_ai\.openai\.api_base)$/u, { kind: 'url' }],
  [/^url\.(?:query|fragment)$|^process\.(?:command|environment)/u, { kind: 'redact' }],
  [
    /(?:^|[._])(?:authorization|cookie|set-cookie|api[-_]key|password|secret)$/u,
    { kind: 'redact' },
  ],

  // LiteLLM v1: one JSON or Python text per object.
  [/^hidden_params$|^metadata\.requester_(?:metadata|custom_headers)$/u, FIELDS],
  [/^llm\.[\w-]+\.(?:metadata|stream_options)$/u, FIELDS],
  [/^llm\.invocation_parameters$/u, { kind: 'fields', fields: PARAMETER_FIELDS }],
  [/^metadata\.usage_object$|^llm\.[\w-]+\.(?:usage|extra_body)$/u, { kind: 'numbers' }],
  [/^gen_ai\.cost\.|^litellm\.cost\./u, { kind: 'numbers' }],
  [
    /^metadata\.(?:team_(?:id|alias)|user_agent|requester_ip_address|applied_guardrails|used_client_oauth_token|cold_storage_object_key|user_api_key_(?:alias|team_id|team_alias|org_id|org_alias|project_id|project_alias|user_id|end_user_id|request_route|budget_reset_at|(?:team_|user_)?(?:spend|max_budget)))$/u,
    LABEL,
  ],

  [/^metadata\.(?:routing_decision|kubernetes_pod_routing)$/u, { kind: 'word' }],

  // Content proper.
  [/^gen_ai\.output\.messages$|^output\.value$|^llm\.output_messages$/u, shape('output')],
  [
    /^llm\.output_messages\.\d+\.message\.(?:content|contents\.\d+\.message_content\.text)$|^gen_ai\.completion\.\d+\.content$|^ai\.response\.text$/u,
    shape('output'),
  ],
  [/^llm\.[\w-]+\.(?:content|choices|output)$|^gen_ai\.completion$/u, shape('output')],
  [/^traceloop\.entity\.output$/u, shape('output')],
  [/^gen_ai\.system_instructions$|^llm\.[\w-]+\.(?:system|instructions)$/u, shape('system')],
  [/^gen_ai\.input\.messages$|^input\.value$|^llm\.input_messages$/u, shape('input')],
  // The first user speaks in one of these two, and two spans of one call are told by that.
  [/^llm\.input_messages\.[01]\.message\.content$/u, shape('input')],
  [/^llm\.[\w-]+\.(?:messages|input|prompt)$|^gen_ai\.prompt$/u, shape('input')],
  [/^traceloop\.entity\.input$/u, shape('input')],

  // What dialects read from the families that carry content.
  [
    /^gen_ai\.(?:operation\.name|provider\.name|system|output\.type|token\.type|conversation\.id|data_source\.id|agent\.(?:id|name)|prompt\.(?:name|version)|tool\.(?:name|type|call\.id|\d+\.(?:name|type)))$/u,
    LABEL,
  ],
  [
    /^gen_ai\.(?:request\.(?:model|stream|service_tier|encoding_formats|reasoning\.level|type)|response\.(?:model|id|finish_reasons|finish_reason|service_tier|system_fingerprint))$/u,
    LABEL,
  ],
  [
    /^gen_ai\.(?:completion|prompt)\.\d+\.(?:role|finish_reason|(?:function_call|tool_calls\.\d+)\.(?:name|id|type))$/u,
    LABEL,
  ],
  [
    /^llm\.(?:is_streaming|finish_reason|request\.type|model_name|provider|system|request\.model_name|response\.model_name|request\.functions\.\d+\.name)$/u,
    LABEL,
  ],
  [/^llm\.(?:input|output)_messages\.\d+\.message\.role$/u, LABEL],
  [
    /^llm\.[\w-]+\.(?:model|stream|id|object|type|role|stop_reason|finish_reason|service_tier|tool_choice|system_fingerprint|reasoning_effort)$/u,
    { kind: 'word' },
  ],
  [
    /^http\.(?:request|response)\.header\.(?:content-type|user-agent|x-request-id|retry-after)$/u,
    LABEL,
  ],
  [/^traceloop\.(?:span\.kind|workflow\.name|entity\.(?:name|path|version))$/u, LABEL],
  [/^langsmith\.span\.kind$|^langfuse\.observation\.type$/u, LABEL],
  [
    /^openinference\.span\.kind$|^ai\.(?:operationId|model\.(?:id|provider)|response\.(?:finishReason|id|model))$/u,
    LABEL,
  ],
]

/** Whatever stands under these names may be content unless it was named above. */
const RISKY =
  /^(?:gen_ai|llm|traceloop|input|output|metadata|hidden_params|ai|langfuse|langsmith|lk|openinference|tool|retrieval|document|embedding|reranker|message|secondwind|http\.(?:request|response)\.(?:header|body))(?:\.|$)/u

/** LiteLLM's own namespace grows with every release, mostly by single words. */
const LITELLM = /^litellm\./u

/** Any sender's names for content. */
const CONTENT_WORD =
  /(?:^|[._-])(?:prompts?|completions?|messages|contents?|inputs?|outputs?|instructions|question|answer|transcript|arguments|payload|body|tools|functions|text|query|statement|events|spanInputs|spanOutputs|final_result|(?:llm_|rpc\.)(?:request|response)|(?:request|response)_data|tool_(?:call_)?(?:args|response|result)|model_request_parameters|json_schema|explanation)(?:$|[._-])/u

/** Keys repeat from span to span; senders do not have more of them than this. */
const CACHE_MAX = 4096
const cache = new Map<string, Treatment>()

/** Of a key, and of the keys of maps on the way to it: nothing that anybody reads is longer. */
const PATH_CHARS_MAX = 512

export function treatmentOf(key: string): Treatment {
  const known = cache.get(key)
  if (known !== undefined) return known
  // Patterns are not run over it, once for each value of a map that stands deep in others.
  if (key.length > PATH_CHARS_MAX) return SHAPE
  const treatment = decide(key)
  if (cache.size >= CACHE_MAX) cache.clear()
  cache.set(key, treatment)
  return treatment
}

/** In an event that carries content, a key that is harmless elsewhere may stand for it. */
export function treatmentInContentEvent(key: string): Treatment {
  const treatment = treatmentOf(key)
  return treatment.kind === 'keep' ? WORD : treatment
}

function decide(key: string): Treatment {
  if (OURS.has(key)) return key.endsWith('.message') ? ERROR_TEXT : LABEL
  for (const [pattern, treatment] of TREATMENTS) if (pattern.test(key)) return treatment
  if (RISKY.test(key) || CONTENT_WORD.test(key)) return SHAPE
  return LITELLM.test(key) ? WORD : KEEP
}

function shape(side: ContentSide): Treatment {
  return { kind: 'shape', side }
}
