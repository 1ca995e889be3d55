import type { Incident } from '../incidents/incident.ts'
import { toJudgedFacts } from '../metrics/judged-facts.ts'
import { RULES } from '../rules/index.ts'
import type { MsRange, RequestFilter, StoredRequest, VerdictStore } from '../store/verdict-store.ts'
import { encodeCursor } from './cursor.ts'
import type { ApiAnswer, ApiQuery } from './query.ts'
import { toWireHealth, type HealthContext } from './to-wire-health.ts'
import { docsOf, toIso, toWireIncident, toWireIncidentRow } from './to-wire-incident.ts'
import { toWireTrace } from './to-wire-trace.ts'
import type {
  WireBucket,
  WireIncidentList,
  WireIncidentRow,
  WireOutcome,
  WireOverview,
  WireRequest,
  WireRequestList,
  WireRules,
  WireSeverity,
} from './wire.ts'

export interface AnswerContext extends HealthContext {
  readonly verdicts: VerdictStore
}

/** Bars of the chart, and points of a sparkline: what a page shows without crowding. */
const BUCKETS = 60
const SPARKLINE_POINTS = 30

const OCCURRENCES_SHOWN = 50
const CALLERS_SHOWN = 20
const OVERVIEW_INCIDENTS_MAX = 50
const INCIDENTS_MAX = 500

/** Answers from the store alone: no state of its own, nothing that outlives the call. */
export function answerQuery(query: ApiQuery, context: AnswerContext): ApiAnswer {
  switch (query.kind) {
    case 'overview':
      return found(overview(query.windowMs, context))
    case 'incidents':
      return found(incidents(query.windowMs, context))
    case 'incident':
      return incident(query.id, context)
    case 'requests':
      return found(requests(query.filter, context))
    case 'trace':
      return trace(query.traceId, context)
    case 'rules':
      return found(rules())
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
  const open = verdicts.incidents().filter(isOpen)
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
    openIncidents: toRows(open, { context, windowMs, limit: OVERVIEW_INCIDENTS_MAX }),
    buckets: toBuckets(range, { bucketMs, counts: counts.buckets }),
    markers: [],
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

/** Whole minutes, as counts are kept: a window of a quarter of an hour has fifteen bars. */
function bucketOf(windowMs: number, buckets: number): number {
  return Math.ceil(windowMs / buckets / MINUTE_MS) * MINUTE_MS
}

/** Ends at the next whole bucket, so that bars stay where they are while time goes on. */
function alignedRange({
  nowMs,
  windowMs,
  bucketMs,
}: {
  readonly nowMs: number
  readonly windowMs: number
  readonly bucketMs: number
}): MsRange {
  const toMs = (Math.floor(nowMs / bucketMs) + 1) * bucketMs
  return { fromMs: toMs - Math.ceil(windowMs / bucketMs) * bucketMs, toMs }
}

function incidents(windowMs: number, context: AnswerContext): WireIncidentList {
  const all = context.verdicts.incidents()
  return {
    schemaVersion: 1,
    now: toIso(context.nowMs),
    incidents: toRows(all, { context, windowMs, limit: INCIDENTS_MAX }),
  }
}

interface RowContext {
  readonly context: AnswerContext
  readonly windowMs: number
}

/** The worst first, and of equally bad ones the newest. */
function toRows(
  all: readonly Incident[],
  { context, windowMs, limit }: RowContext & { readonly limit: number },
): readonly WireIncidentRow[] {
  return all
    .toSorted(
      (left, right) =>
        SEVERITY_ORDER[left.severity] - SEVERITY_ORDER[right.severity] ||
        right.lastSeenMs - left.lastSeenMs,
    )
    .slice(0, limit)
    .map((each) => toRow(each, { context, windowMs }))
}

function toRow(each: Incident, { context, windowMs }: RowContext): WireIncidentRow {
  const { verdicts, nowMs } = context
  const bucketMs = bucketOf(windowMs, SPARKLINE_POINTS)
  const range = alignedRange({ nowMs, windowMs, bucketMs })
  return toWireIncidentRow(each, {
    nowMs,
    sparkline: verdicts.sparkline(each.fingerprint.id, range, bucketMs),
  })
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

function incident(id: string, context: AnswerContext): ApiAnswer {
  const { verdicts, nowMs } = context
  const stored = verdicts.incident(id)
  const requests = verdicts.occurrences(id, OCCURRENCES_SHOWN)
  const [newest] = requests
  if (stored === undefined || newest === undefined) {
    return {
      kind: 'not-found',
      what: `There is no incident ${id}.`,
      hint: 'A late span may have withdrawn it, or it is past its retention. See the list of incidents.',
    }
  }
  return found(
    toWireIncident(stored, {
      row: toRow(stored, { context, windowMs: HOUR_MS }),
      nowMs,
      requests: requests.map((request) => [request.atMs, parseRequest(request)]),
      example: parseRequest(newest),
      callers: verdicts.callers(id, CALLERS_SHOWN),
    }),
  )
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

function rules(): WireRules {
  return {
    schemaVersion: 1,
    rules: RULES.map(({ id, title, severity, description }) => ({
      id,
      title,
      severity,
      description,
      docs: docsOf(id),
    })),
  }
}

const NO_OUTCOMES = { ok: 0, rescued: 0, failed: 0, cancelled: 0, rejected: 0, unknown: 0 }
const SEVERITY_ORDER = { high: 0, medium: 1, info: 2 } as const

function toOutcome(text: string): WireOutcome {
  return isOutcome(text) ? text : 'unknown'
}

function isOutcome(text: string): text is WireOutcome {
  return Object.hasOwn(NO_OUTCOMES, text)
}

function toSeverity(text: string): WireSeverity {
  return text === 'high' || text === 'medium' ? text : 'info'
}

function isOpen({ state }: Incident): boolean {
  return state.name === 'open' || state.name === 'acknowledged' || state.name === 'regressed'
}

function parseRequest({ wire }: StoredRequest): WireRequest {
  const request: WireRequest = JSON.parse(wire)
  return request
}

function found(value: object): ApiAnswer {
  return { kind: 'found', json: JSON.stringify(value) }
}
