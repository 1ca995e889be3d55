import type { FailureReason } from '../../collector/vocabulary.ts'
import { rootCause } from '../story/eligible.ts'
import type { Attempt, Confidence, Story } from '../story/story.ts'
import { describeClient, describeError, describeTarget, mergeEvidence } from './describe.ts'
import type { Finding, Rule } from './rule.ts'
import { SIDECAR_BEHIND_LITELLM } from './sidecar-behind-litellm.ts'
import { verifyStep } from './verify-step.ts'

/**
 * The mild form of `error-masked`: it is the error that happened, in words that say another thing
 * to a client that decides by them (LiteLLM #25492, #31298).
 */
export const statusRewritten: Rule = {
  id: 'status-rewritten',
  severity: 'info',
  title: 'Status or type differs from the upstream’s',
  description:
    'The client was told of the failure that happened, but with a status or a type that the upstream did not send: one that decides by it whether to wait, to try again or to give up decides wrongly.',
  opensWhenRescued: false,
  needs: ['attempt-failure', 'client-error'],
  remedy: {
    stopItNow: {
      text: 'Let the clients of {route} decide by the error’s text, or treat its 500 as the upstream’s status in the left column: a rate limit wants patience, a server error does not.',
    },
    fixIt: {
      text: 'LiteLLM from 1.95 on no longer shows its wrapper `MidStreamFallbackError` on chat: upgrade. It still tells a rate limit inside an Anthropic stream as 500, and every error inside an OpenAI stream as `APIConnectionError`, in every release that was run: put the sidecar behind it (`api_base` of the deployment), which passes the upstream’s own status and type on.',
      snippet: SIDECAR_BEHIND_LITELLM,
    },
    verify: verifyStep('status-rewritten'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.90',
      text: 'A stream that broke and was not rescued ends in `MidStreamFallbackError`, LiteLLM’s own wrapper, with 500 whatever the upstream said, and with the whole table of fallbacks in its text.',
    },
    {
      gateway: 'litellm',
      from: '1.95',
      to: '1.97',
      text: 'Chat is clean; bridged /v1/responses still shows `MidStreamFallbackError`.',
    },
    {
      gateway: 'litellm',
      text: 'An in-band `rate_limit_error` or `overloaded_error` of Anthropic is told as `InternalServerError` 500, an in-band error of an OpenAI stream with code 400 as `APIConnectionError` 500.',
    },
  ],
  evaluate(story) {
    const cause = rootCause(story)
    if (story.outcome !== 'failed' || cause === undefined) return undefined
    // Another attempt's error is no rewritten one: that is `error-masked`.
    if (story.client.errorAttempt !== cause.number) return undefined
    return findWrapper(story, cause) ?? findStatus(story, cause)
  },
}

/** Types that a gateway raises around an upstream's error; no upstream ever sent one. */
const WRAPPERS: ReadonlySet<string> = new Set(['MidStreamFallbackError'])

function findWrapper(story: Story, cause: Attempt): Finding | undefined {
  const { errorType } = story.client
  if (errorType === undefined || !WRAPPERS.has(errorType)) return undefined
  return finding(story, cause, {
    confidence: story.sureness,
    instead: 'the gateway’s own wrapper',
  })
}

function findStatus(story: Story, cause: Attempt): Finding | undefined {
  const told = toldStatus(story)
  if (told === undefined) return undefined
  const sent = cause.phase === 'before_headers' ? errorStatus(cause.statusCode) : undefined
  if (sent === told) return undefined
  const meant = cause.reason === undefined ? undefined : STATUSES.get(cause.reason)
  const fits = meant?.has(told) ?? (errorStatus(cause.statusCode) ?? told) === told
  if (fits || (cause.reason !== undefined && SAID_NOTHING.has(cause.reason))) return undefined
  return finding(story, cause, {
    // What stood in the stream, or only in the error's text, was read from words.
    confidence: sent === undefined ? 'likely' : story.sureness,
    instead: kindOf(told),
  })
}

function finding(
  story: Story,
  cause: Attempt,
  { confidence, instead }: { readonly confidence: Confidence; readonly instead: string },
): Finding {
  const what = `${describeTarget(cause)} failed: ${describeError(cause)}`
  const status = story.client.errorStatusCode
  const told = status === undefined ? '' : `, told as ${status}`
  return {
    confidence,
    summary: `${what}; ${describeClient(story)}${told}.`,
    evidence: mergeEvidence(cause.evidence, story.client.evidence),
    cause: `${cause.reason ?? 'unknown'}, shown as ${instead}`,
  }
}

/** After the head of an answer its status is 200, which rewrites nothing. */
function toldStatus({ client }: Story): number | undefined {
  return errorStatus(client.errorStatusCode) ?? errorStatus(client.statusCode)
}

function errorStatus(status: number | undefined): number | undefined {
  return status === undefined || status < 400 ? undefined : status
}

/** What tells a client the same thing, whichever protocol it speaks. */
const STATUSES: ReadonlyMap<FailureReason, ReadonlySet<number>> = new Map([
  ['rate-limited', new Set([429])],
  ['quota-exhausted', new Set([400, 402, 403, 429])],
  ['auth', new Set([401, 403])],
  ['not-found', new Set([404])],
  ['context-too-long', new Set([400, 413])],
  ['content-filtered', new Set([400, 403, 422])],
  ['overloaded', new Set([429, 503, 529])],
])

/** There was no status and no type to pass on: the gateway must find its own words. */
const SAID_NOTHING: ReadonlySet<FailureReason> = new Set([
  'connection',
  'timeout-connect',
  'timeout-first-event',
  'timeout-first-content',
  'timeout-idle',
  'timeout-total',
  'malformed-frame',
  'stream-cut',
  'missing-terminal',
  'bad-response',
  'redirect',
  'client-aborted',
])

function kindOf(status: number): string {
  if (status === 429) return 'a rate limit'
  if (status === 401 || status === 403) return 'a refused key'
  return status >= 500 ? 'a server error' : 'an error of the client'
}
