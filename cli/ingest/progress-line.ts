import type { FileReport } from './ingest-file.ts'
import type { Input } from './open-input.ts'

const SHOWN_EVERY_MS = 200
const MIB = 1024 * 1024

/** One line on a terminal that is written over and over; nothing where there is none. */
export class ProgressLine {
  readonly #stream: NodeJS.WritableStream
  readonly #now: () => number
  readonly #startedMs: number
  readonly #isTty: boolean
  #shownMs = -Infinity
  #isShown = false

  constructor(stream: NodeJS.WritableStream, now: () => number) {
    this.#stream = stream
    this.#now = now
    this.#startedMs = now()
    this.#isTty = 'isTTY' in stream && stream.isTTY === true
  }

  show({ path, accepted, rejected }: FileReport, input: Input): void {
    const nowMs = this.#now()
    if (!this.#isTty || nowMs - this.#shownMs < SHOWN_EVERY_MS) return
    this.#shownMs = nowMs
    const spans = accepted + rejected
    const seconds = Math.max(0.001, (nowMs - this.#startedMs) / 1000)
    const of = input.totalBytes === undefined ? '' : ` of ${mib(input.totalBytes)}`
    const rate = Math.round(spans / seconds).toLocaleString('en-US')
    this.#write(
      `${path}: ${mib(input.bytesRead())}${of} MiB, ${spans.toLocaleString('en-US')} spans, ${rate}/s`,
    )
  }

  /** Why nothing moves. */
  waiting(reason: string, waitMs: number): void {
    if (this.#isTty) this.#write(`waiting ${(waitMs / 1000).toFixed(1)} s: ${reason}`)
  }

  clear(): void {
    if (this.#isShown) this.#stream.write('\r\u001B[K')
    this.#isShown = false
  }

  #write(text: string): void {
    this.#stream.write(`\r\u001B[K${text}`)
    this.#isShown = true
  }
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1)
}
