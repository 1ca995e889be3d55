import type { Arrival } from '../story/settle.ts'
import { SCOPE_NAME } from '../../collector/vocabulary.ts'

/** A trace of a source that has spans which no verdict knows of yet. */
export interface PendingTrace {
  readonly source: string
  readonly traceId: string
  /** The place of its first new span: nothing after it counts as judged before this trace is. */
  readonly firstPosition: number
  readonly newSpans: number
  /** When the first of them was received. */
  readonly firstReceivedMs: number
  /** Those of its arrivals that decide when it is due; at most three, however many came. */
  readonly arrivals: readonly Arrival[]
  /** Whether spans that an earlier verdict knew are among them. */
  readonly complete: boolean
  /** Waits for a neighbour until then, at the latest. */
  readonly waitUntilMs: number | undefined
}

export function pendingKey(source: string, traceId: string): string {
  return `${traceId} ${source}`
}

/** The newest of each kind that `dueAtMs` tells apart; the others cannot change its answer. */
export function decisiveArrivals(arrivals: readonly Arrival[]): readonly Arrival[] {
  const newest = new Map<string, Arrival>()
  for (const arrival of arrivals) {
    const kind = kindOf(arrival)
    const known = newest.get(kind)
    if (known === undefined || arrival.receivedAtMs >= known.receivedAtMs) newest.set(kind, arrival)
  }
  return [...newest.values()]
}

function kindOf({ span }: Arrival): string {
  if (span.scope.name !== SCOPE_NAME) return 'other'
  return span.kind === 'server' ? 'request' : 'ours'
}
