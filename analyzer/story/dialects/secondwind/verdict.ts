import * as v from '../../../../collector/vocabulary.ts'
import { flag, member, numeric, text } from '../../attributes.ts'
import { defined } from '../../defined.ts'
import { evidenceOf } from '../../evidence-of.ts'
import type { Span } from '../../span.ts'
import type { Attempt, ClientView } from '../../story.ts'
import type { Attempts } from './attempts.ts'
import { amount } from './measures.ts'

const CLIENT_KEYS = [
  v.ATTR_OUTCOME,
  v.ATTR_CLIENT_STATUS_CODE,
  v.ATTR_CLIENT_ERROR_TYPE,
  v.ATTR_CLIENT_ERROR_ATTEMPT,
  v.ATTR_CLIENT_MESSAGE,
  v.ATTR_CLIENT_COMPLETE,
  v.ATTR_CLIENT_GONE_MS,
]

export interface Verdict {
  readonly outcome: v.Outcome
  readonly client: ClientView
}

/** What the request span says happened, held against what the attempts' spans show. */
export function readVerdict(request: Span, attempts: Attempts): Verdict {
  const claimed = member(request.attributes, v.ATTR_OUTCOME, v.OUTCOMES)
  const outcome = judgeOutcome(claimed, request, attempts)
  return { outcome, client: readClient(request, attempts, outcome) }
}

/**
 * The claim stands unless a span shows the contrary: a complete answer cannot come from a last
 * attempt that failed, one that another target served is a rescue, and a request that was never
 * routed has no attempt. Without a claim, only a whole set of attempts tells.
 */
function judgeOutcome(
  claimed: v.Outcome | undefined,
  request: Span,
  attempts: Attempts,
): v.Outcome {
  const last = attempts.list.at(-1)
  switch (claimed) {
    case 'ok':
    case 'rescued':
      return judgeSuccess(claimed, request, attempts)
    case 'rejected':
      return last === undefined ? 'rejected' : outcomeOf(request, attempts)
    case 'failed':
    case 'cancelled':
    case 'unknown':
      return claimed
    case undefined:
      return outcomeOf(request, attempts)
  }
}

function judgeSuccess(claimed: 'ok' | 'rescued', request: Span, attempts: Attempts): v.Outcome {
  const last = attempts.list.at(-1)
  if (last === undefined) return 'unknown'
  if (isShownIncomplete(request, last)) return 'failed'
  if (last.status === 'cancelled') return 'cancelled'
  if (attempts.complete && isAnotherTarget(attempts.list, last)) return 'rescued'
  return claimed === 'rescued' && attempts.complete ? servedByOne(attempts.list) : claimed
}

/** `rescued` with one target only, or with a retry of the same one, is an answer of the first. */
function servedByOne(list: readonly Attempt[]): v.Outcome {
  const targets = new Set(list.map(({ deployment }) => deployment))
  return targets.size === 1 && !targets.has(undefined) ? 'ok' : 'rescued'
}

function outcomeOf(request: Span, { list, complete }: Attempts): v.Outcome {
  const last = list.at(-1)
  if (last === undefined || !complete) return 'unknown'
  if (last.status === 'cancelled' || hasLeft(request)) return 'cancelled'
  if (last.status === 'failed') return 'failed'
  if (flag(request.attributes, v.ATTR_CLIENT_COMPLETE) !== true) return 'unknown'
  return isAnotherTarget(list, last) ? 'rescued' : 'ok'
}

/** Says so itself, where the outcome's own word was lost. */
function hasLeft({ attributes }: Span): boolean {
  return (
    attributes.has(v.ATTR_CLIENT_GONE_MS) ||
    text(attributes, v.ATTR_FALLBACKS_NOT_TRIED) === ('client_gone' satisfies v.NotTriedReason)
  )
}

function isShownIncomplete(request: Span, last: Attempt): boolean {
  return last.status === 'failed' || flag(request.attributes, v.ATTR_CLIENT_COMPLETE) === false
}

function isAnotherTarget([first]: readonly Attempt[], last: Attempt): boolean {
  if (first === undefined || first === last) return false
  if (last.kind === 'fallback') return true
  return (
    first.deployment !== undefined &&
    last.deployment !== undefined &&
    first.deployment !== last.deployment
  )
}

function readClient(request: Span, attempts: Attempts, outcome: v.Outcome): ClientView {
  const { attributes } = request
  const statusCode = numeric(attributes, v.ATTR_CLIENT_STATUS_CODE)
  const errorType = text(attributes, v.ATTR_CLIENT_ERROR_TYPE)
  const errorAttempt = numeric(attributes, v.ATTR_CLIENT_ERROR_ATTEMPT)
  const claimed = flag(attributes, v.ATTR_CLIENT_COMPLETE)
  const whole = outcome === 'ok' || outcome === 'rescued'
  const complete =
    outcome === 'failed' && claimed === true ? false : (claimed ?? (whole || 'unknown'))
  const error = errorType !== undefined || errorAttempt !== undefined || (statusCode ?? 0) >= 400
  return {
    complete,
    errorShown: error ? true : claimed === true ? false : 'unknown',
    evidence: evidenceOf(request, CLIENT_KEYS),
    ...defined({
      statusCode,
      errorType,
      message: text(attributes, v.ATTR_CLIENT_MESSAGE),
      // It names an attempt by the router's own number, which means nothing where those are broken.
      errorAttempt: attempts.numbered ? errorAttempt : undefined,
      envelopes: readEnvelopes(request),
      model: text(attributes, v.ATTR_CLIENT_MODEL),
      terminal: text(attributes, v.ATTR_CLIENT_TERMINAL),
      goneTimeNs: goneTimeNs(request),
      timeToFirstContentMs: amount(attributes, v.ATTR_TIME_TO_FIRST_CONTENT_MS),
    }),
  }
}

function readEnvelopes(request: Span): ClientView['envelopes'] {
  const value = amount(request.attributes, v.ATTR_CLIENT_ENVELOPES)
  const [evidence] = evidenceOf(request, [v.ATTR_CLIENT_ENVELOPES])
  return value === undefined || evidence === undefined
    ? undefined
    : { value, source: 'span', evidence }
}

/** Exported as milliseconds from the span's start; more than fits a number is none. */
function goneTimeNs({ attributes, startTimeNs }: Span): bigint | undefined {
  const afterNs = (amount(attributes, v.ATTR_CLIENT_GONE_MS) ?? Infinity) * 1e6
  if (afterNs > Number.MAX_SAFE_INTEGER) return undefined
  return startTimeNs + BigInt(Math.round(afterNs))
}
