import type { UsRange } from '../../us-range.ts'

const SECOND_US = 1_000_000
/** With the limit on each, some 20 MB. */
const SECONDS_MAX = 64
/** Of one second; where there are more, the file is asked each time. */
const LOOKOUTS_MAX = 4096

export type LooksFor = 'start' | 'failure'

export interface LookoutKind {
  readonly source: string
  readonly looksFor: LooksFor
}

export interface KnownLookout extends UsRange {
  readonly traceId: string
}

/** Lookouts that meet a range, and no more of them. */
export type ReadLookouts = (
  kind: LookoutKind,
  range: UsRange,
  limit: number,
) => readonly KnownLookout[]

interface Second extends LookoutKind {
  readonly range: UsRange
  /** Undefined: too many. */
  readonly lookouts: Map<string, UsRange> | undefined
}

/**
 * Who looks for others at what time, read second by second and kept in step with what is written.
 * In an outage all that is judged now asks about the same second. After a transaction that failed,
 * `clear`.
 */
export class LookoutSeconds {
  readonly #read: ReadLookouts
  /** In the order in which they were read. */
  readonly #seconds = new Map<string, Second>()

  constructor(read: ReadLookouts) {
    this.#read = read
  }

  /** Undefined where there are too many to be known. */
  at(kind: LookoutKind, atUs: number): readonly string[] | undefined {
    const { lookouts } = this.#secondOf(kind, Math.floor(atUs / SECOND_US))
    if (lookouts === undefined) return undefined
    const found: string[] = []
    for (const [traceId, range] of lookouts) {
      if (range.fromUs <= atUs && range.toUs >= atUs) found.push(traceId)
    }
    return found
  }

  put({ source, looksFor }: LookoutKind, { traceId, ...own }: KnownLookout): void {
    for (const [key, second] of this.#seconds) {
      const { range, lookouts } = second
      if (second.source !== source || second.looksFor !== looksFor) continue
      if (own.fromUs > range.toUs || own.toUs < range.fromUs) continue
      lookouts?.set(traceId, own)
      if ((lookouts?.size ?? 0) > LOOKOUTS_MAX) this.#seconds.delete(key)
    }
  }

  remove(source: string, traceId: string): void {
    for (const second of this.#seconds.values()) {
      if (second.source === source) second.lookouts?.delete(traceId)
    }
  }

  clear(): void {
    this.#seconds.clear()
  }

  #secondOf(kind: LookoutKind, number: number): Second {
    const key = `${kind.looksFor} ${number} ${kind.source}`
    const known = this.#seconds.get(key)
    if (known !== undefined) return known
    const range = { fromUs: number * SECOND_US, toUs: (number + 1) * SECOND_US - 1 }
    const read = this.#read(kind, range, LOOKOUTS_MAX + 1)
    const lookouts =
      read.length > LOOKOUTS_MAX
        ? undefined
        : new Map(read.map(({ traceId, fromUs, toUs }) => [traceId, { fromUs, toUs }]))
    const second = { ...kind, range, lookouts }
    const [oldest] = this.#seconds.keys()
    if (this.#seconds.size >= SECONDS_MAX && oldest !== undefined) this.#seconds.delete(oldest)
    this.#seconds.set(key, second)
    return second
  }
}
