import type { SpanGroup } from './encode-export.ts'
import type { SpooledGroup } from './spool/spool.ts'

/** One request's spans on their way. */
export type Entry = WaitingEntry | SpooledEntry

/** In memory only. */
export interface WaitingEntry {
  readonly where: 'memory'
  readonly group: SpanGroup
  /** How many batches had been taken when the receiver refused this one by itself. */
  refusedAt?: number
}

/** Read back from the spool, where it stays until it is sent. */
export interface SpooledEntry {
  readonly where: 'disk'
  readonly group: SpooledGroup
  refusedAt?: number
}

/** Taken entries that wait at the front of the array until it is worth moving the rest. */
const TAKEN_MAX = 256

/** First in, first out; a shift of a long array would move all of it. */
export class Lane<E extends Entry> {
  #entries: (E | undefined)[] = []
  #first = 0
  #spans = 0
  #bytes = 0

  get spans(): number {
    return this.#spans
  }

  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#first === this.#entries.length
  }

  peek(): E | undefined {
    return this.#entries[this.#first]
  }

  push(entry: E): void {
    this.#entries.push(entry)
    this.#count(entry, 1)
  }

  shift(): E | undefined {
    const entry = this.#entries[this.#first]
    if (entry === undefined) return undefined
    this.#entries[this.#first] = undefined
    this.#first += 1
    if (this.#first >= TAKEN_MAX || this.isEmpty) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
    this.#count(entry, -1)
    return entry
  }

  /** Puts back what was taken last, in the order in which it was taken. */
  unshift(entries: readonly E[]): void {
    this.#entries = [...entries, ...this.#entries.slice(this.#first)]
    this.#first = 0
    for (const entry of entries) this.#count(entry, 1)
  }

  #count({ group }: E, sign: 1 | -1): void {
    this.#spans += sign * group.spans
    this.#bytes += sign * group.bytes.length
  }
}
