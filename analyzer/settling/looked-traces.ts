import type { LoggedChunk } from '../store/store.ts'
import type { UsRange } from '../store/us-range.ts'
import type { Lookout } from '../store/verdict-store.ts'
import { NEIGHBOUR_TRACES_MAX, type Arrival } from '../story/settle.ts'

export interface TraceOfSource {
  readonly source: string
  readonly traceId: string
}

export interface Looked extends TraceOfSource {
  readonly arrivals: readonly Arrival[]
  readonly isCut: boolean
  /** Undefined: no other trace can hold a part of its requests. */
  readonly open: Open | undefined
}

export interface Open {
  /** Itself among them; as many as may be told together, and one more. */
  readonly neighbours: ReadonlySet<string>
  /** Where another trace must begin or fail to become one. */
  readonly watched: readonly UsRange[]
  readonly lookout: Lookout | undefined
}

interface KnownOpen extends TraceOfSource {
  readonly neighbours: Set<string>
  readonly watched: readonly UsRange[]
}

/** Traces that are remembered: as many as two groups have. */
const REMEMBERED_MAX = 2 * NEIGHBOUR_TRACES_MAX

/**
 * What was read of traces and of who stands near them, for as long as it holds. When spans come in,
 * only that is forgotten which they may change: in an outage of routers in process spans come all
 * the time, a group grows with each, and to read all of it again for each would never end.
 */
export class LookedTraces {
  /** In the order in which they were looked at. */
  readonly #looked = new Map<string, Looked>()
  /** Those of them that have neighbours: few, but in an outage. */
  readonly #open = new Map<string, KnownOpen>()
  /** Those that have too many around them: so has whoever is a neighbour of one. */
  readonly #crowded = new Set<string>()

  get(trace: TraceOfSource): Looked | undefined {
    return this.#looked.get(keyOf(trace))
  }

  /** Two are neighbours where either looks for the other: each knows then, whoever came first. */
  add(looked: Looked): Looked {
    const key = keyOf(looked)
    // The oldest: others that are due now are near in time to what was looked at last.
    const [oldest] = this.#looked.keys()
    if (this.#looked.size >= REMEMBERED_MAX && oldest !== undefined) this.#forget(oldest)
    const { source, traceId, open } = looked
    if (open === undefined) {
      this.#looked.set(key, looked)
      return looked
    }
    const neighbours = new Set(open.neighbours)
    for (const other of this.#open.values()) {
      if (other.source === source && other.neighbours.has(traceId)) put(neighbours, other.traceId)
    }
    for (const neighbour of neighbours) {
      const known = this.#open.get(keyOf({ source, traceId: neighbour }))
      if (known !== undefined) put(known.neighbours, traceId)
    }
    const known = { ...looked, open: { ...open, neighbours } }
    this.#open.set(key, { source, traceId, neighbours, watched: open.watched })
    this.#looked.set(key, known)
    return known
  }

  isCrowded(trace: TraceOfSource): boolean {
    return this.#crowded.has(keyOf(trace))
  }

  setCrowded(trace: TraceOfSource): void {
    this.#crowded.add(keyOf(trace))
  }

  /** These spans were read: of what they belong to, and may be near to, nothing is known now. */
  forgetWhatMeets(chunk: LoggedChunk): void {
    const [first] = chunk.heads
    if (first === undefined || chunk.unreadable > 0) {
      this.#looked.clear()
      this.#open.clear()
      this.#crowded.clear()
      return
    }
    const { source } = chunk
    const { traceId } = first
    this.#forget(keyOf({ source, traceId }))
    if (this.#open.size === 0) return
    const extent = extentOf(chunk)
    for (const [key, other] of this.#open) {
      if (other.source !== source) continue
      const isListed = other.neighbours.has(traceId)
      if (!isListed && !other.watched.some((range) => meet(range, extent))) continue
      // Where it stood it may not stand any more, and then there is no crowd.
      if (isListed) this.#crowded.clear()
      this.#forget(key)
    }
  }

  #forget(key: string): void {
    this.#looked.delete(key)
    this.#open.delete(key)
    this.#crowded.delete(key)
  }
}

export function keyOf({ source, traceId }: TraceOfSource): string {
  return `${traceId} ${source}`
}

/** More than too many need not be known. */
function put(neighbours: Set<string>, traceId: string): void {
  if (neighbours.size <= NEIGHBOUR_TRACES_MAX) neighbours.add(traceId)
}

/** From the first beginning to the last end of its spans. */
function extentOf({ spans }: LoggedChunk): UsRange {
  let fromUs = Infinity
  let toUs = -Infinity
  for (const { startTimeNs, endTimeNs } of spans) {
    const [startUs, endUs] = [Number(startTimeNs / 1000n), Number(endTimeNs / 1000n)]
    fromUs = Math.min(fromUs, startUs, endUs)
    toUs = Math.max(toUs, startUs, endUs)
  }
  return { fromUs, toUs }
}

function meet(left: UsRange, right: UsRange): boolean {
  return left.fromUs <= right.toUs && right.fromUs <= left.toUs
}
