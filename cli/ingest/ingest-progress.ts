import { ProgressLine } from '../progress-line.ts'
import type { Input } from '../span-files/open-input.ts'
import type { FileReport } from './ingest-file.ts'

const SHOWN_EVERY_MS = 200
const MIB = 1024 * 1024

/** How far a run has come, on the terminal of whoever watches it. */
export class IngestProgress {
  readonly #line: ProgressLine
  readonly #now: () => number
  readonly #startedMs: number
  #shownMs = -Infinity

  constructor(stream: NodeJS.WritableStream, now: () => number) {
    this.#line = new ProgressLine(stream)
    this.#now = now
    this.#startedMs = now()
  }

  show({ path, accepted, rejected }: FileReport, input: Input): void {
    const nowMs = this.#now()
    if (!this.#line.isWatched || nowMs - this.#shownMs < SHOWN_EVERY_MS) return
    this.#shownMs = nowMs
    const spans = accepted + rejected
    const seconds = Math.max(0.001, (nowMs - this.#startedMs) / 1000)
    const of = input.totalBytes === undefined ? '' : ` of ${mib(input.totalBytes)}`
    const rate = Math.round(spans / seconds).toLocaleString('en-US')
    this.#line.show(
      `${path}: ${mib(input.bytesRead())}${of} MiB, ${spans.toLocaleString('en-US')} spans, ${rate}/s`,
    )
  }

  /** Why nothing moves. */
  waiting(reason: string, waitMs: number): void {
    this.#line.show(`waiting ${(waitMs / 1000).toFixed(1)} s: ${reason}`)
  }

  clear(): void {
    this.#line.clear()
  }
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1)
}
