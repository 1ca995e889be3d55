import type { UsRange } from '../../us-range.ts'
import type { ChunkDraft } from './chunk-draft.ts'
import { IdFilter } from './id-filter.ts'
import type { IdHash } from './id-hash.ts'

/**
 * What the seal of a segment will say, gathered while it is written: to look for it at the end, in
 * some hundred thousand rows, would hold up all who send spans in the meantime.
 */
export class SealFacts {
  readonly #hash: IdHash
  readonly #traces: IdFilter
  #traceCount = 0
  #spans = 0
  #lastReceivedMs = 0
  #starts: UsRange | undefined
  #failures: UsRange | undefined

  /** `tracesMax`: more of them make the filter say "perhaps" too often. */
  constructor(hash: IdHash, tracesMax: number) {
    this.#hash = hash
    this.#traces = IdFilter.for(tracesMax)
  }

  get spans(): number {
    return this.#spans
  }

  /** What is on disk with its commit. */
  addChunk({ traceHash, records, receivedAtMs }: ChunkDraft): void {
    this.addTrace(traceHash)
    this.addReceived(records.length, receivedAtMs)
    let startUs = Infinity
    for (const record of records) {
      startUs = Math.min(startUs, record.startUs)
      if (record.isError) this.#failures = widened(this.#failures, record.endUs)
    }
    this.#starts = widened(this.#starts, startUs)
  }

  addTrace(traceHash: number): void {
    this.#hash.ofNumber(traceHash)
    if (!this.#traces.add(this.#hash)) this.#traceCount += 1
  }

  addReceived(spans: number, receivedAtMs: number): void {
    this.#spans += spans
    this.#lastReceivedMs = Math.max(this.#lastReceivedMs, receivedAtMs)
  }

  /** Of all that was there before this process. */
  addTimes({ starts, failures }: Record<'starts' | 'failures', UsRange | undefined>): void {
    this.#starts = starts
    this.#failures = failures
  }

  toSeal() {
    return {
      spans: this.#spans,
      lastReceivedMs: this.#lastReceivedMs,
      starts: this.#starts,
      failures: this.#failures,
      traces: this.#traces.foldedFor(this.#traceCount),
    }
  }
}

function widened(range: UsRange | undefined, us: number): UsRange {
  if (range === undefined) return { fromUs: us, toUs: us }
  return { fromUs: Math.min(range.fromUs, us), toUs: Math.max(range.toUs, us) }
}
