import { sumRejected } from '../store/sum-rejected.ts'
import type { SpanReader } from '../store/store.ts'
import type { VerdictStore } from '../store/verdict-store.ts'
import type { JudgeLag, VerdictTallies } from '../store/verdict-tallies.ts'

/** What the judging thread knows for `/metrics`; sent to the main thread as JSON. */
export interface JudgedFacts {
  readonly tallies: VerdictTallies
  readonly spans: readonly SpanTally[]
  readonly rejected: readonly { readonly reason: string; readonly count: number }[]
  readonly lastReceivedMs: readonly { readonly source: string; readonly atMs: number }[]
  readonly lag: JudgeLag
  readonly tracesPending: number
  readonly unrecognised: number
  readonly withoutRequest: number
  readonly pausedSinceMs: number | undefined
}

export interface SpanTally {
  readonly source: string
  readonly result: 'stored' | 'duplicate' | 'rejected' | 'shed'
  readonly count: number
}

export interface JudgedContext {
  readonly reader: SpanReader
  readonly verdicts: VerdictStore
  readonly countPending: () => number
  readonly lag: () => JudgeLag
  readonly unrecognised: number
  readonly withoutRequest: number
  readonly pausedSinceMs: number | undefined
}

export function toJudgedFacts(context: JudgedContext): JudgedFacts {
  const { reader, verdicts, countPending, lag, unrecognised, withoutRequest, pausedSinceMs } =
    context
  const counts = reader.counts()
  const { sources } = counts
  const tracesPending = countPending()
  return {
    tallies: verdicts.tallies(),
    spans: sources.flatMap(({ name, stored, duplicates, rejected, shed }): readonly SpanTally[] => [
      { source: name, result: 'stored', count: stored },
      { source: name, result: 'duplicate', count: duplicates },
      { source: name, result: 'rejected', count: rejected },
      { source: name, result: 'shed', count: shed },
    ]),
    rejected: [...sumRejected(counts)].map(([reason, count]) => ({ reason, count })),
    lastReceivedMs: sources.flatMap(({ name, lastReceivedMs }) =>
      lastReceivedMs === 0 ? [] : [{ source: name, atMs: lastReceivedMs }],
    ),
    lag: lag(),
    tracesPending,
    unrecognised,
    withoutRequest,
    pausedSinceMs,
  }
}
