import type {
  WireHealth,
  WireIncidentList,
  WireOverview,
  WireRequest,
  WireRequestList,
  WireTrace,
} from '../../../analyzer/api/wire.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type { AnalyzerProcess } from './analyzer-process.ts'
import { type Batch, MARK_KEY, type SentSpan, toldOf } from './traffic.ts'

/** What is wrong, in words; an empty list is what a test wants. */
export type Breaches = readonly string[]

const READS_AT_ONCE = 4
const BREACHES_SHOWN = 10

/** Every span of these traces as the analyzer tells it, and how often. */
export async function readTraces(
  analyzer: AnalyzerProcess,
  traceIds: Iterable<string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const waiting = [...new Set(traceIds)]
  const told = new Map<string, string[]>()
  const read = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      // oxlint-disable-next-line no-await-in-loop -- a few at a time, so that it can answer
      for (const span of await readTrace(analyzer, id)) {
        const key = keyOf(span)
        told.set(key, [...(told.get(key) ?? []), toldOf({ ...span, mark: markOf(span) })])
      }
    }
  }
  await Promise.all(Array.from({ length: READS_AT_ONCE }, () => read()))
  return told
}

async function readTrace(analyzer: AnalyzerProcess, id: string): Promise<WireTrace['spans']> {
  return (await analyzer.find<WireTrace>(`traces/${id}`))?.spans ?? []
}

function markOf({ attributes }: WireTrace['spans'][number]): string {
  return attributes.find(({ key }) => key === MARK_KEY)?.value ?? ''
}

export function keyOf({ traceId, spanId }: Pick<SentSpan, 'traceId' | 'spanId'>): string {
  return `${traceId}/${spanId}`
}

export interface Expected {
  /** Answered with 200. */
  readonly acked: readonly Batch[]
  /** Not answered: there as a whole, or not at all. */
  readonly unanswered?: readonly Batch[]
  /** Nothing else was sent: as many must be counted as stored as are there. Default true. */
  readonly everything?: boolean
}

/** Whether what was promised is there, once, whole and as it was sent, and nothing else. */
export async function checkStored(
  analyzer: AnalyzerProcess,
  { acked, unanswered = [], everything = true }: Expected,
): Promise<Breaches> {
  const spans = [...acked, ...unanswered].flatMap((batch) => batch.spans)
  const told = await readTraces(
    analyzer,
    spans.map(({ traceId }) => traceId),
  )
  const promised = new Set(acked.flatMap((batch) => batch.spans.map(keyOf)))
  const sent = new Map(spans.map((span) => [keyOf(span), span.told]))
  const breaches: string[] = []
  for (const key of promised) if (!told.has(key)) breaches.push(`${key} was acked and is not there`)
  for (const [key, rows] of told) {
    const expected = sent.get(key)
    if (rows.length > 1) breaches.push(`${key} is there ${rows.length} times`)
    if (expected === undefined) breaches.push(`${key} was never sent`)
    else if (rows.some((row) => row !== expected)) {
      breaches.push(`${key} is ${rows[0]}, and was sent as ${expected}`)
    }
  }
  for (const [index, batch] of unanswered.entries()) {
    const own = batch.spans.map(keyOf).filter((key) => !promised.has(key))
    const there = own.filter((key) => told.has(key)).length
    if (there > 0 && there < own.length) {
      breaches.push(`of batch ${index}, never answered, ${there} of ${own.length} spans are there`)
    }
  }
  if (everything) {
    const { spansStored } = await analyzer.api<WireHealth>('health')
    if (spansStored !== told.size) {
      breaches.push(`${spansStored} spans are counted as stored, and ${told.size} are there`)
    }
  }
  return shorten(breaches)
}

function shorten(breaches: readonly string[]): Breaches {
  if (breaches.length <= BREACHES_SHOWN) return breaches
  return [...breaches.slice(0, BREACHES_SHOWN), `and ${breaches.length - BREACHES_SHOWN} more`]
}

/** All that is concluded from the spans, without what only says when it was asked. */
export interface Verdicts {
  readonly requests: readonly WireRequest[]
  readonly incidents: readonly unknown[]
  readonly overview: unknown
}

export async function settled(analyzer: AnalyzerProcess): Promise<WireHealth> {
  return waitUntil(async () => {
    const health = await analyzer.api<WireHealth>('health')
    return health.requestsPending === 0 && health
  }, 'everything judged')
}

export async function readVerdicts(analyzer: AnalyzerProcess): Promise<Verdicts> {
  await settled(analyzer)
  const requests: WireRequest[] = []
  for (let next: string | null = ''; next !== null;) {
    const before: string = next === '' ? '' : `&before=${next}`
    // oxlint-disable-next-line no-await-in-loop -- each page names the next
    const page: WireRequestList = await analyzer.api(`requests?limit=200${before}`)
    requests.push(...page.requests)
    next = page.next
  }
  const { incidents } = await analyzer.api<WireIncidentList>('incidents?window=30d')
  const { outcomes, eligibleFailures, unrescued, byRule } =
    await analyzer.api<WireOverview>('overview?window=30d')
  return {
    requests: requests.toSorted((left, right) =>
      `${left.traceId}${left.requestSpanId}`.localeCompare(
        `${right.traceId}${right.requestSpanId}`,
      ),
    ),
    incidents: incidents
      .map((incident) => ({ ...incident, sparkline: [], stillHappening: false }))
      .toSorted((left, right) => left.id.localeCompare(right.id)),
    overview: { outcomes, eligibleFailures, unrescued, byRule },
  }
}
