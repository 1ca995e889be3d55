import type { FailureReason } from '../../collector/vocabulary.ts'
import type { Attempt, Evidence, Story } from '../story/story.ts'

/** Words that findings share, so that every summary reads alike. */

/** `429 RateLimitError` or the like: what a person recognises an error by. */
export function describeError(attempt: Attempt): string {
  // A stream that broke after its 200 did not fail with status 200.
  const parts = [errorStatus(attempt.statusCode), attempt.errorType].filter(
    (part) => part !== undefined,
  )
  const error = parts.length > 0 ? parts.join(' ') : undefined
  const reason = attempt.reason === undefined ? undefined : REASON_WORDS[attempt.reason]
  if (reason === undefined) return error ?? 'an error that the spans do not name'
  return error === undefined ? reason : `${reason} (${error})`
}

/** Of a reason that was only counted; `unknown` among them. */
export function describeReason(reason: string): string {
  return isReason(reason) ? REASON_WORDS[reason] : 'an error that the spans do not name'
}

function isReason(text: string): text is FailureReason {
  return Object.hasOwn(REASON_WORDS, text)
}

function errorStatus(statusCode: number | undefined): string | undefined {
  return statusCode === undefined || statusCode < 400 ? undefined : String(statusCode)
}

/** Route, else deployment or model; never empty. */
export function describeTarget(attempt: Attempt): string {
  return attempt.route ?? attempt.deployment ?? attempt.model ?? `attempt ${attempt.number}`
}

/** The one that was asked after another; LiteLLM may write one name on both. */
export function describeNext(attempt: Attempt, before: Attempt): string {
  const name = describeTarget(attempt)
  return name === describeTarget(before) ? 'the next target' : name
}

export function describePhase(attempt: Attempt): string {
  switch (attempt.phase) {
    case 'before_headers':
      return 'before any response'
    case 'before_content':
      return 'before any content'
    case 'mid_stream':
      return 'after content'
    case 'after_terminal':
      return 'after the end'
    case 'unknown':
      return 'while answering'
  }
}

export function describeClient(story: Story): string {
  const { client } = story
  if (client.errorShown === false) return 'the client was told that all went well'
  const status = errorStatus(client.statusCode)
  const error = [status, client.errorType].filter((part) => part !== undefined).join(' ')
  if (error === '' && client.errorShown === 'unknown') {
    return 'no span tells what the client was shown'
  }
  if (client.statusCode === undefined || status !== undefined) {
    return `the client got ${error === '' ? 'an error' : error}`
  }
  return `the client got ${client.statusCode}, then ${error === '' ? 'an error' : error}`
}

/** Ingredients of a fingerprint: closed words only, so that no id, port or name splits a class. */
export function causeOf(attempt: Attempt): string {
  const reason = attempt.reason ?? 'unknown'
  return attempt.phase === 'unknown' ? reason : `${reason} ${attempt.phase}`
}

/** Without duplicates, in order. */
export function mergeEvidence(...lists: readonly (readonly Evidence[])[]): readonly Evidence[] {
  const seen = new Map<string, Evidence>()
  for (const evidence of lists.flat()) {
    const id = `${evidence.spanId} ${evidence.key} ${evidence.value}`
    if (!seen.has(id)) seen.set(id, evidence)
  }
  return [...seen.values()]
}

const REASON_WORDS: Readonly<Record<FailureReason, string>> = {
  'rate-limited': 'rate limited',
  'quota-exhausted': 'quota exhausted',
  auth: 'refused the key',
  'not-found': 'model not found',
  'context-too-long': 'context too long',
  'content-filtered': 'content filtered',
  'bad-request': 'bad request',
  'prefill-rejected': 'assistant prefill refused',
  'server-error': 'server error',
  overloaded: 'overloaded',
  connection: 'connection failed',
  'timeout-connect': 'connect timed out',
  'timeout-first-event': 'nothing came in time',
  'timeout-first-content': 'no content came in time',
  'timeout-idle': 'fell silent',
  'timeout-total': 'took too long',
  'error-event': 'error event in the stream',
  'malformed-frame': 'malformed frame',
  'stream-cut': 'stream cut',
  'missing-terminal': 'stream ended without its end',
  'bad-response': 'not an answer',
  redirect: 'redirected',
  'client-aborted': 'client gone',
}
