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

  read(): { readonly chunks: readonly LoggedChunk[]; readonly more: boolean } {
    const chunks = this.#reader.readAfter(this.#readUpTo, READ_SPANS)
    let spans = 0
    for (const chunk of chunks) {
      spans += chunk.heads.length
      if (chunk.unreadable > 0) this.#sayUnreadable(chunk)
    }
    const last = chunks.at(-1)
    this.#readUpTo = last?.position ?? this.#readUpTo
    this.#lastReceivedMs = last?.receivedAtMs ?? this.#lastReceivedMs
    this.#read += spans
    this.#atEnd = spans < READ_SPANS
    return { chunks, more: !this.#atEnd }
  }

  /** From what was stored since the end was last reached; before that, from all there is. */
  countUnread(): number {
    const { stored } = this.#reader.counts()
    if (this.#atEnd && this.#end.read !== this.#read) this.#end = { stored, read: this.#read }
    return Math.max(0, stored - this.#end.stored - (this.#read - this.#end.read))
  }

  #sayUnreadable({ unreadable, position }: LoggedChunk): void {
    const what = `stored spans cannot be read (${unreadable} at ${position})`
    this.#log(`${what}; the others are judged`, 'error')
  }
}
