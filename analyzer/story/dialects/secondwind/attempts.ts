import * as v from '../../../../collector/vocabulary.ts'
import { flag, isError, member, numeric, text, textList } from '../../attributes.ts'
import { defined } from '../../defined.ts'
import { evidenceOf } from '../../evidence-of.ts'
import type { Span } from '../../span.ts'
import type { Attempt } from '../../story.ts'
import { readMeasures } from './measures.ts'
import type { AttemptSpans, RequestSpans } from './spans.ts'

/** More attempts than any configuration allows: a number beyond it is not a number of ours. */
const ATTEMPTS_MAX = 1000

const EVIDENCE_KEYS = [
  v.ATTR_FAILURE_REASON,
  v.ATTR_FAILURE_PHASE,
  v.ATTR_FAILURE_MESSAGE,
  v.ATTR_ERROR_TYPE,
  v.ATTR_HTTP_RESPONSE_STATUS_CODE,
  v.ATTR_RECEIVED_TERMINAL,
]

const ROOT_CAUSE_KEYS = [
  v.ATTR_ROOT_CAUSE_REASON,
  v.ATTR_ROOT_CAUSE_PHASE,
  v.ATTR_ROOT_CAUSE_ATTEMPT,
  v.ATTR_ROOT_CAUSE_ERROR_TYPE,
  v.ATTR_ROOT_CAUSE_STATUS_CODE,
  v.ATTR_ROOT_CAUSE_MESSAGE,
]

export interface Attempts {
  readonly list: readonly Attempt[]
  /** Every attempt that the request span counts has a span, and none is numbered twice. */
  readonly complete: boolean
  /** Whether `number` is the router's own, so that other keys may refer to it. */
  readonly numbered: boolean
}

export function readAttempts(spans: RequestSpans): Attempts {
  const inOrder = spans.attempts.toSorted(byNumberThenEnd)
  const numbers = inOrder.map(({ attempt }) => numberOf(attempt))
  const numbered =
    numbers.every((number) => number !== undefined) && new Set(numbers).size === numbers.length
  const own = withoutAbandoned(
    inOrder.map((attempt, position) =>
      readAttempt(attempt, (numbered ? numbers[position] : undefined) ?? position + 1),
    ),
    spans.request,
  )
  const counted = spans.request && numeric(spans.request.attributes, v.ATTR_ATTEMPTS)
  return {
    list: numbered ? withRootCause(own, spans.request) : own,
    complete: numbered && counted === own.length && own.every(isAtItsNumber),
    numbered,
  }
}

/** The attempt that was under way when the client left may have ended without a word. */
function withoutAbandoned(list: readonly Attempt[], request: Span | undefined): readonly Attempt[] {
  const last = list.at(-1)
  const left = request && text(request.attributes, v.ATTR_OUTCOME) === 'cancelled'
  if (!left || last?.status !== 'unknown') return list
  return [...list.slice(0, -1), { ...last, status: 'cancelled' }]
}

function isAtItsNumber(attempt: Attempt, position: number): boolean {
  return attempt.number === position + 1
}

function numberOf(span: Span | undefined): number | undefined {
  const number = span && numeric(span.attributes, v.ATTR_ATTEMPT_NUMBER)
  return isAttemptNumber(number) ? number : undefined
}

function isAttemptNumber(number: number | undefined): number is number {
  return Number.isInteger(number) && number !== undefined && number >= 1 && number <= ATTEMPTS_MAX
}

function byNumberThenEnd(left: AttemptSpans, right: AttemptSpans): number {
  const numbers =
    (numberOf(left.attempt) ?? ATTEMPTS_MAX) - (numberOf(right.attempt) ?? ATTEMPTS_MAX)
  if (numbers !== 0) return numbers
  const [one, other] = [left.attempt, right.attempt]
  if (one.endTimeNs !== other.endTimeNs) return one.endTimeNs < other.endTimeNs ? -1 : 1
  return one.spanId < other.spanId ? -1 : 1
}

function readAttempt(spans: AttemptSpans, number: number): Attempt {
  const { attempt } = spans
  const { attributes } = attempt
  const reason = readReason(spans)
  return {
    number,
    kind: member(attributes, v.ATTR_ATTEMPT_KIND, v.ATTEMPT_KINDS) ?? 'unknown',
    status: readStatus(spans, reason),
    phase: readPhase(spans),
    startTimeNs: attempt.startTimeNs,
    endTimeNs: attempt.endTimeNs,
    spanId: attempt.spanId,
    evidence: evidenceOf(attempt, EVIDENCE_KEYS),
    ...defined({
      route: text(attributes, v.ATTR_ATTEMPT_ROUTE),
      deployment: text(attributes, v.ATTR_ATTEMPT_DEPLOYMENT),
      provider: text(attributes, v.ATTR_GEN_AI_PROVIDER_NAME),
      model: text(attributes, v.ATTR_GEN_AI_REQUEST_MODEL),
      reason,
      errorType: text(attributes, v.ATTR_ERROR_TYPE),
      statusCode: numeric(attributes, v.ATTR_HTTP_RESPONSE_STATUS_CODE),
      message: text(attributes, v.ATTR_FAILURE_MESSAGE),
      breaker: member(attributes, v.ATTR_BREAKER_STATE, v.BREAKER_STATES),
    }),
    ...readMeasures(spans),
  }
}

function readReason({ attempt, firstChunk, stream }: AttemptSpans): v.FailureReason | undefined {
  for (const span of [attempt, stream, firstChunk]) {
    const reason = span && member(span.attributes, v.ATTR_FAILURE_REASON, v.FAILURE_REASONS)
    if (reason !== undefined) return reason
  }
  return undefined
}

/**
 * What any of the attempt's spans says against it counts: a cut stream is never a success (I1),
 * whatever the attempt's own status is.
 */
function readStatus(spans: AttemptSpans, reason: v.FailureReason | undefined): Attempt['status'] {
  const { attempt, firstChunk, stream } = spans
  if (reason === 'client-aborted') return 'cancelled'
  if ([attempt, firstChunk, stream].some((span) => span && isError(span))) return 'failed'
  // What breaks after the terminal is ignored: the answer was complete (I1).
  if (reason !== undefined && readPhase(spans) !== 'after_terminal') return 'failed'
  const finish = textList(attempt.attributes, v.ATTR_GEN_AI_RESPONSE_FINISH_REASONS) ?? []
  if (finish.includes('error')) return 'failed'
  const terminal = flag(attempt.attributes, v.ATTR_RECEIVED_TERMINAL)
  if (terminal === undefined) return finish.length > 0 ? 'ok' : 'unknown'
  return terminal ? 'ok' : 'unknown'
}

function readPhase({ attempt, firstChunk, stream }: AttemptSpans): Attempt['phase'] {
  const stated = member(attempt.attributes, v.ATTR_FAILURE_PHASE, v.PHASES)
  if (stated !== undefined) return stated
  if (stream && isError(stream)) return 'mid_stream'
  if (flag(attempt.attributes, v.ATTR_RECEIVED_TERMINAL) === true) return 'after_terminal'
  if (!firstChunk || !isError(firstChunk)) return 'unknown'
  const answered = numeric(attempt.attributes, v.ATTR_HTTP_RESPONSE_STATUS_CODE) !== undefined
  return answered ? 'before_content' : 'before_headers'
}

/**
 * The request span repeats the root cause. It stands in for an attempt whose span was lost, and
 * completes one whose span does not say why it failed.
 */
function withRootCause(list: readonly Attempt[], request: Span | undefined): readonly Attempt[] {
  const number = request && numeric(request.attributes, v.ATTR_ROOT_CAUSE_ATTEMPT)
  if (request === undefined || !isAttemptNumber(number)) return list
  const { attributes } = request
  const told = defined({
    reason: member(attributes, v.ATTR_ROOT_CAUSE_REASON, v.FAILURE_REASONS),
    errorType: text(attributes, v.ATTR_ROOT_CAUSE_ERROR_TYPE),
    statusCode: numeric(attributes, v.ATTR_ROOT_CAUSE_STATUS_CODE),
    message: text(attributes, v.ATTR_ROOT_CAUSE_MESSAGE),
  })
  const phase = member(attributes, v.ATTR_ROOT_CAUSE_PHASE, v.PHASES) ?? 'unknown'
  const evidence = evidenceOf(request, ROOT_CAUSE_KEYS)
  const known = list.find((attempt) => attempt.number === number)
  if (known === undefined) {
    const { startTimeNs, endTimeNs } = request
    const kind = number === 1 ? 'initial' : 'unknown'
    const lost: Attempt = {
      number,
      kind,
      status: told.reason === 'client-aborted' ? 'cancelled' : 'failed',
      phase,
      startTimeNs,
      endTimeNs,
      evidence,
      ...told,
    }
    return [...list, lost].toSorted((left, right) => left.number - right.number)
  }
  if (known.reason !== undefined || told.reason === undefined) return list
  const completed: Attempt = {
    ...told,
    ...known,
    reason: told.reason,
    phase: known.phase === 'unknown' || known.status === 'ok' ? phase : known.phase,
    status: told.reason === 'client-aborted' ? 'cancelled' : 'failed',
    evidence: [...known.evidence, ...evidence],
  }
  return list.map((attempt) => (attempt === known ? completed : attempt))
}
