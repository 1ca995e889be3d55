import type { LoggedChunk, SpanReader } from '../store/store.ts'
import type { WriteLog } from '../log.ts'

/** At once, so that questions are answered in between. */
const READ_SPANS = 4000

/** Follows the log of spans from a position on. */
export class ReadLog {
  readonly #reader: SpanReader
  readonly #log: WriteLog
  #readUpTo: number
  #lastReceivedMs: number | undefined
  #read = 0
  #atEnd = false
  #readUpToMs = -Infinity
  /** How much was stored and read when the end was reached. */
  #end = { stored: 0, read: 0 }

  constructor(
    reader: SpanReader,
    { from, log }: { readonly from: number; readonly log: WriteLog },
  ) {
    this.#reader = reader
    this.#readUpTo = from
    this.#log = log
  }

  get readUpTo(): number {
    return this.#readUpTo
  }

  get lastReceivedMs(): number | undefined {
    return this.#lastReceivedMs
  }

  /** All that was received by then has been read. */
  get readUpToMs(): number {
    return this.#readUpToMs
  }

  read(nowMs: number): { readonly chunks: readonly LoggedChunk[]; readonly more: boolean } {
    const chunks = this.#reader.readAfter(this.#readUpTo, READ_SPANS)
    const spans = chunks.reduce((sum, { heads }) => sum + heads.length, 0)
    this.#sayUnreadable(chunks)
    const last = chunks.at(-1)
    this.#readUpTo = last?.position ?? this.#readUpTo
    this.#lastReceivedMs = last?.receivedAtMs ?? this.#lastReceivedMs
    this.#read += spans
    this.#atEnd = spans < READ_SPANS
    this.#readUpToMs = this.#atEnd ? nowMs : Math.min(nowMs, last?.receivedAtMs ?? nowMs)
    return { chunks, more: !this.#atEnd }
  }

  /** From what was stored since the end was last reached; before that, from all there is. */
  countUnread(): number {
    const { stored } = this.#reader.counts()
    if (this.#atEnd && this.#end.read !== this.#read) this.#end = { stored, read: this.#read }
    return Math.max(0, stored - this.#end.stored - (this.#read - this.#end.read))
  }

  /** Once for all that were read at once: of a damaged file there may be thousands. */
  #sayUnreadable(chunks: readonly LoggedChunk[]): void {
    const first = chunks.find(({ unreadable }) => unreadable > 0)
    if (first === undefined) return
    const count = chunks.reduce((sum, { unreadable }) => sum + unreadable, 0)
    const what = `${count} stored spans cannot be read (the first at ${first.position})`
    this.#log(`${what}; the others are judged`, 'error')
  }
}
