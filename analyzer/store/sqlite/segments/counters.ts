import type { SourceCounts, SpanCounts } from '../../store.ts'
import type { Counter } from './segment.ts'

/** Names in the table `counters`. What was rejected has one for each reason. */
export const COUNTERS = {
  stored: 'stored',
  duplicates: 'duplicates',
  shed: 'shed',
  lastReceivedMs: 'last_received_ms',
} as const

const REJECTED = 'rejected:'

/** Of a segment of either kind, as `Counter`s. */
export const COUNTERS_QUERY = `SELECT sources.name AS source, counters.name, value FROM counters
  JOIN sources ON sources.id = source_id`

/**
 * Not of a source, but of the store itself: how far the file of an older release was taken over.
 * A counter, because counters go on from segment to segment. No source can have this name.
 */
export const STORE_ITSELF = '\u0000'
export const TAKEN_OVER = 'taken_over'

export function rejectedCounter(reason: string): string {
  return `${REJECTED}${reason}`
}

/** By source, in the order of their names. */
export function toCounts(counters: readonly Counter[]): SpanCounts {
  const bySource = new Map<string, Counter[]>()
  for (const counter of counters) {
    const known = bySource.get(counter.source)
    if (known === undefined) bySource.set(counter.source, [counter])
    else known.push(counter)
  }
  const sources = [...bySource]
    .filter(([name]) => name !== STORE_ITSELF)
    .map(([name, own]) => toSourceCounts(name, own))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
  const sum = (count: (source: SourceCounts) => number): number =>
    sources.reduce((total, source) => total + count(source), 0)
  return {
    stored: sum((source) => source.stored),
    duplicates: sum((source) => source.duplicates),
    rejected: sum((source) => source.rejected),
    shed: sum((source) => source.shed),
    sources,
  }
}

function toSourceCounts(name: string, counters: readonly Counter[]): SourceCounts {
  const valueOf = (wanted: string): number =>
    counters.find((counter) => counter.name === wanted)?.value ?? 0
  const rejectedBy = new Map<string, number>()
  for (const { name: counter, value } of counters) {
    if (counter.startsWith(REJECTED)) rejectedBy.set(counter.slice(REJECTED.length), value)
  }
  return {
    name,
    stored: valueOf(COUNTERS.stored),
    duplicates: valueOf(COUNTERS.duplicates),
    rejected: [...rejectedBy.values()].reduce((sum, value) => sum + value, 0),
    rejectedBy,
    shed: valueOf(COUNTERS.shed),
    lastReceivedMs: valueOf(COUNTERS.lastReceivedMs),
  }
}
