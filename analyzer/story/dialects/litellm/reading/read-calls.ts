import { isError } from '../../../attributes.ts'
import type { Span } from '../../../span.ts'
import { errorOf, toCall, type Call } from './call.ts'
import type { SpanGroup } from '../group.ts'
import { outcomeOfCalls } from './outcome.ts'
import type { Pick, Reading } from './reading.ts'
import { minorRelease } from './release.ts'
import { routerWords } from './router-texts.ts'
import { isBorrowed, isCallSpan, isToldByCaller, isV1Raw, isV2 } from '../span-kinds.ts'
import { byEnd } from './wire-facts.ts'

/** One call of a router in process: its attempts, as far as one trace tells of them. */
export interface LooseCall {
  readonly calls: readonly Call[]
  readonly spans: readonly Span[]
}

export function looseCallOf(group: SpanGroup): LooseCall | undefined {
  const own = group.spans.find((span) => isCallSpan(span) || isBorrowed(span))
  const raws = group.spans.filter(isV1Raw)
  if (own === undefined) {
    // LiteLLM wrote into a span that had already ended: only what it sent upstream is left.
    const [raw] = raws
    if (raw !== undefined) return { calls: [toCall({ span: raw, raw })], spans: raws }
    const [caller] = group.spans
    return caller === undefined
      ? undefined
      : { calls: [toCall({ span: caller, failed: true })], spans: group.spans }
  }
  // A proxy that refuses a key writes a call's span into a trace of its own, or what it would have
  // held onto the web framework's.
  if (isError(own) && errorOf(own).ofProxy && !isV2(own)) return undefined
  if (isCallSpan(own)) return { calls: [toCall({ span: own, raw: raws[0] })], spans: group.spans }
  return { calls: borrowedCalls(own, raws), spans: group.spans }
}

/**
 * The application's span tells of the first failure, and its status is the last writer's: who
 * served is told by what was sent upstream and ended after the failure.
 */
function borrowedCalls(own: Span, raws: readonly Span[]): readonly Call[] {
  const failures = own.events.filter((event) => event.name === 'exception')
  const [failure] = failures
  if (failure === undefined && !isError(own)) return [toCall({ span: own, raw: raws.at(-1) })]
  const first = {
    ...toCall({ span: own, failed: true }),
    endNs: failure?.timeNs ?? own.endTimeNs,
  }
  const served = raws.filter((raw) => raw.endTimeNs > first.endNs).at(-1)
  // The caller's own exception, recorded last: then the later attempt failed as well.
  const raised = (failures.at(-1)?.timeNs ?? 0n) > (served?.endTimeNs ?? 0n)
  if (served === undefined || (raised && failures.length > 1)) return [first]
  return [first, { ...toCall({ span: served, raw: served, failed: false }), api: first.api }]
}

export interface JoinedCalls {
  readonly parts: readonly LooseCall[]
  readonly picks: readonly Pick[]
  /** Another call could as well be the attempt before or after one of these. */
  readonly ambiguous: boolean
}

export function readCalls({ parts, picks, ambiguous }: JoinedCalls): Reading | undefined {
  const calls = byEnd(parts.flatMap((part) => part.calls))
  const spans = parts.flatMap((part) => part.spans)
  const [first] = calls
  if (first === undefined) return undefined
  const v2 = isV2(first.span)
  const minor = minorRelease(spans)
  const outcome = ambiguous ? 'unknown' : outcomeOfCalls(calls)
  const traces = new Set(spans.map((span) => span.traceId))
  const { isMixedUp, ...words } = routerWords(spans)
  return {
    dialect: v2 ? 'litellm-v2' : 'litellm-v1',
    mode: 'router in process',
    requestSpan: first.span,
    spans,
    minor,
    release: v2 ? first.span.scope.version : undefined,
    api: calls.find((call) => call.api !== undefined)?.api,
    route: undefined,
    calls,
    outcome,
    sureness: traces.size > 1 ? 'likely' : 'certain',
    incomplete: false,
    indistinguishable: outcome === 'ok' || outcome === 'unknown' || isToldByCaller(first.span),
    isOwnError: false,
    showsSent: true,
    hints: {
      asked: undefined,
      picks,
      ...words,
      refusalsTold: !isMixedUp,
      refusedAtFirst: false,
      everyCallExported: everyCallExported(first, minor),
    },
    client: {
      statusCode: undefined,
      errorType: undefined,
      message: undefined,
      errorStatusCode: undefined,
      errorShown: outcome === 'failed' ? true : outcome === 'unknown' ? 'unknown' : false,
      evidence: [],
    },
  }
}

/**
 * v2 and 1.83 export every attempt. v1 of 1.90 to 1.97 exports the first failure only, but writes
 * the fallback's name on it where a fallback was asked after the response headers; 1.109 exports
 * all that failed after them.
 */
function everyCallExported(first: Call, minor: number | undefined): boolean {
  if (isV2(first.span)) return true
  if (minor === undefined) return false
  return minor < 85 || first.error?.whileReading === true
}
