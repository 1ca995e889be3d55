import type { Attempt } from '../../../story.ts'
import type { ClientHints } from '../reading/reading.ts'
import { parseRouterText } from '../reading/router-text.ts'

/** The gateway's own error: it belongs to no attempt. */
const GATEWAY = 0

/**
 * Whose failure the client read; undefined where nobody knows the text. The router puts the root
 * cause first, but httpx raises cuts and time-outs without a text: then the only words left are the
 * fallback's (LiteLLM #27967).
 */
export function shownAttempt(
  { message, errorType }: ClientHints,
  attempts: readonly Attempt[],
): number | undefined {
  const cause = attempts.find((attempt) => attempt.status === 'failed')
  if (message === undefined || cause === undefined) return undefined
  if (errorType !== undefined && PROGRAM_ERRORS.has(errorType)) {
    // One that no attempt's error stands behind is the root cause itself.
    return errorType === cause.errorType ? cause.number : GATEWAY
  }
  const words = parseRouterText(message)
  if (words?.fallbackError === undefined || !isEmptyDetail(words.cause)) return cause.number
  return attempts.find((attempt) => attempt.kind === 'fallback')?.number ?? GATEWAY
}

/** Raised by a defect of the gateway's own code, in the place of the upstream's error. */
const PROGRAM_ERRORS: ReadonlySet<string> = new Set([
  'AttributeError',
  'KeyError',
  'IndexError',
  'TypeError',
  'UnboundLocalError',
])

/** `… OpenAIException - .`: the class of the client library, and no word of what happened. */
function isEmptyDetail(cause: string): boolean {
  return cause === '' || /Exception - ?\.?$/u.test(cause)
}
