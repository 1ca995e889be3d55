import type { ProviderError } from '../protocol/event.ts'

/**
 * What providers' errors mean, where the status does not say it. Texts are matched without regard
 * to case and only within the statuses where they were seen: a text is a hint, not a contract.
 */

/** Refusals of one trailing assistant turn by models that take others (Claude 4.5 and earlier). */
const PREFILL_FORM_TEXTS = [
  "can't pre-fill responses when thinking is enabled",
  'a final `assistant` message must start with a thinking block',
  'final assistant content cannot end with trailing whitespace',
]

/** Refusals of any trailing assistant turn, in the words of each provider that gives one. */
const PREFILL_TEXTS = [
  // Claude 4.6 and later; before and after the wording changed.
  'does not support assistant message prefill',
  'prefilling assistant messages is not supported',
  // Gemini, new and old.
  'requests ending with a model turn are not supported',
  'multiturn requests end with a user role',
  // Mistral.
  'expected last role user or tool',
]

const CONTEXT_CODES = new Set(['context_length_exceeded', 'string_above_max_length'])

const CONTEXT_TEXTS = [
  'maximum context length',
  'context window',
  'context length',
  'context limit',
  'prompt is too long',
  'input is too long',
  'input token count',
  'too many input tokens',
]

const CONTENT_CODES = new Set([
  'content_policy_violation',
  'content_filter',
  'responsibleaipolicyviolation',
])

const CONTENT_TEXTS = [
  'content management policy',
  'content policy',
  'content filtering policy',
  'usage policies',
  'safety system',
]

const QUOTA_CODES = new Set([
  'insufficient_quota',
  'billing_error',
  'credit_balance_exhausted',
  'organization_spend_limit_exceeded',
  'project_spend_limit_exceeded',
  'organization_usage_limit_exceeded',
  'enforced_spend_limit_reached',
  'billing_hard_limit_reached',
])

const QUOTA_TEXTS = [
  'exceeded your current quota',
  // Anthropic answers 400 for one's own spend limit.
  'reached your specified api usage limits',
  'credit balance is too low',
  'spend limit',
]

/** Statuses that a used-up quota was seen under; 402 always means it. */
const QUOTA_STATUSES = new Set([400, 403, 429])

export function isQuota(statusCode: number, error: ProviderError): boolean {
  if (statusCode === 402) return true
  if (!QUOTA_STATUSES.has(statusCode)) return false
  return matches(error, QUOTA_CODES, QUOTA_TEXTS)
}

export function isPrefillRefusal(error: ProviderError): boolean {
  return refusesEveryPrefill(error) || matches(error, NO_CODES, PREFILL_FORM_TEXTS)
}

/** Whether it is the model that takes no prefill, whatever its form: worth remembering. */
export function refusesEveryPrefill(error: ProviderError | undefined): boolean {
  return error !== undefined && matches(error, NO_CODES, PREFILL_TEXTS)
}

export function isContextLength(error: ProviderError): boolean {
  return matches(error, CONTEXT_CODES, CONTEXT_TEXTS)
}

export function isContentPolicy(error: ProviderError): boolean {
  return matches(error, CONTENT_CODES, CONTENT_TEXTS)
}

const STATE_CODES = new Set(['previous_response_not_found'])
const STATE_TEXTS = /\b(?:previous response|conversation) with id\b.{1,200}\bnot found/i

/** The provider keeps nothing by the id that the request names. */
export function isStateUnknown(error: ProviderError): boolean {
  return matches(error, STATE_CODES, []) || STATE_TEXTS.test(error.message)
}

const NO_CODES: ReadonlySet<string> = new Set()

function matches(
  error: ProviderError,
  codes: ReadonlySet<string>,
  texts: readonly string[],
): boolean {
  if (hasCode(error.code, codes) || hasCode(error.type, codes)) return true
  const message = error.message.toLowerCase()
  return texts.some((text) => message.includes(text))
}

function hasCode(word: string | undefined, codes: ReadonlySet<string>): boolean {
  return word !== undefined && codes.has(word.toLowerCase())
}
