import { toJudgedFacts } from '../metrics/judged-facts.ts'
import type { ActStore } from '../store/act-store.ts'
import type { MsRange, RequestFilter, VerdictStore } from '../store/verdict-store.ts'
import { listEpisodes, recentMarkers } from './answer-episodes.ts'
import { answerIncident, listIncidents, openRows } from './answer-incidents.ts'
import type { IncidentContext } from './incident-context.ts'
import { alignedRange, bucketOf } from './buckets.ts'
import { encodeCursor } from './cursor.ts'
import { parseRequest } from './parse-request.ts'
import { performAct } from './perform-act.ts'
import { found, type ApiAnswer, type ApiQuery } from './query.ts'
import { toWireHealth, type HealthContext } from './to-wire-health.ts'
import { toIso } from './to-iso.ts'
import { toWireRules } from './to-wire-rules.ts'
import { toWireTrace } from './to-wire-trace.ts'
import type {
  WireBucket,
  WireOutcome,
  WireOverview,
  WireRequestList,
  WireSeverity,
} from './wire.ts'

export interface AnswerContext extends HealthContext, IncidentContext {
  readonly acts: ActStore
}

/** Bars of the chart: what a page shows without crowding. */
const BUCKETS = 60

/** Answers from the store alone: no state of its own, nothing but an act outlives the call. */
export function answerQuery(query: ApiQuery, context: AnswerContext): ApiAnswer {
  switch (query.kind) {
    case 'overview':
      return found(overview(query.windowMs, context))
    case 'incidents':
      return found(listIncidents(query, context))
    case 'incident':
      return answerIncident(query.id, context)
    case 'episodes':
      return found(listEpisodes(query.windowMs, context))
    case 'act':
      return performAct(query, context)
    case 'requests':
      return found(requests(query.filter, context))
    case 'trace':
      return trace(query.traceId, context)
    case 'rules':
      return found(toWireRules())
    case 'health':
      return found(toWireHealth(context))
    case 'metrics':
      return found(toJudgedFacts(context))
  }
}

function overview(windowMs: number, context: AnswerContext): WireOverview {
  const { verdicts, nowMs } = context
  const bucketMs = bucketOf(windowMs, BUCKETS)
  const range = alignedRange({ nowMs, windowMs, bucketMs })
  const counts = verdicts.overview(range, bucketMs)
  const outcomes = { ...NO_OUTCOMES }
  let total = 0
  for (const [outcome, count] of counts.outcomes) {
    outcomes[toOutcome(outcome)] += count
    total += count
  }
  return {
    schemaVersion: 1,
    now: toIso(nowMs),
    windowMs,
    requests: total,
    outcomes,
    eligibleFailures: counts.eligible,
    unrescued: counts.unrescued,
    byRule: counts.rules.map(({ rule, title, severity, count }) => ({
      rule,
      title,
      severity: toSeverity(severity),
      count,
    })),
    openIncidents: openRows(windowMs, context),
    buckets: toBuckets(range, { bucketMs, counts: counts.buckets }),
    markers: recentMarkers(windowMs, context),
    health: toWireHealth(context),
  }
}

function toBuckets(
  range: MsRange,
  {
    bucketMs,
    counts,
  }: {
    readonly bucketMs: number
    readonly counts: ReturnType<VerdictStore['overview']>['buckets']
  },
): readonly WireBucket[] {
  const length = Math.round((range.toMs - range.fromMs) / bucketMs)
  const buckets = Array.from({ length }, (_, index) => ({
    start: toIso(range.fromMs + index * bucketMs),
    ok: 0,
    rescued: 0,
    failed: 0,
    cancelled: 0,
    other: 0,
  }))
  for (const { bucket, outcome, count } of counts) {
    const into = buckets[bucket]
    if (into === undefined) continue
    const shown = toOutcome(outcome)
    into[shown === 'rejected' || shown === 'unknown' ? 'other' : shown] += count
  }
  return buckets
}

function requests(filter: RequestFilter, { verdicts }: AnswerContext): WireRequestList {
  const { requests: page, searchedTo } = verdicts.requests({ ...filter, limit: filter.limit + 1 })
  const shown = page.slice(0, filter.limit)
  const last = page.length > shown.length ? shown.at(-1) : searchedTo
  return {
    schemaVersion: 1,
    requests: shown.map(parseRequest),
    next: last === undefined ? null : encodeCursor(last),
    searchedBackTo:
      page.length > shown.length || searchedTo === undefined ? null : toIso(searchedTo.atMs),
  }
}

function trace(traceId: string, { reader, verdicts }: AnswerContext): ApiAnswer {
  const { spans, isCut } = reader.trace(traceId)
  if (spans.length === 0) {
    return {
      kind: 'not-found',
      what: `There is no trace ${traceId}.`,
      hint: 'Its spans may still be on their way, or past their retention.',
    }
  }
  const requests = verdicts.requestsOfTrace(traceId).map(parseRequest)
  return found(toWireTrace(traceId, { spans, isCut, requests }))
}

const NO_OUTCOMES = { ok: 0, rescued: 0, failed: 0, cancelled: 0, rejected: 0, unknown: 0 }

function toOutcome(text: string): WireOutcome {
  return isOutcome(text) ? text : 'unknown'
}

function isOutcome(text: string): text is WireOutcome {
  return Object.hasOwn(NO_OUTCOMES, text)
}

function toSeverity(text: string): WireSeverity {
  return text === 'high' || text === 'medium' ? text : 'info'
}
