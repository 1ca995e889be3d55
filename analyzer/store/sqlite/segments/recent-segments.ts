import type { IdFilter } from './id-filter.ts'
import { IdHash, type HashKey } from './id-hash.ts'

/** A sealed segment that a span which comes again may be in. */
export interface RecentSegment {
  readonly number: number
  readonly hashKey: HashKey
  readonly lastReceivedMs: number
  readonly spans: IdFilter
  readonly traces: IdFilter
}

/** Segments mostly have one key, and then one hash serves them all. */
export interface HashedSegment extends RecentSegment {
  readonly hash: IdHash
}

/** How long a sender, a queue or a file may hold a span back and send it again. */
const REMEMBERED_MS = 24 * 3_600_000

/** Of all filters together: some 100 million spans. What is older is forgotten first. */
const BYTES_MAX = 256 * 1024 * 1024

/**
 * What the segments of the last day hold, as filters: nearly every span is new, and that is told
 * without reading a file.
 */
export class RecentSegments {
  readonly #segments: HashedSegment[] = []
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  /** In the order of their numbers. */
  add(segment: RecentSegment): void {
    const last = this.#segments.at(-1)
    const hash =
      last?.hashKey.low === segment.hashKey.low && last.hashKey.high === segment.hashKey.high
        ? last.hash
        : new IdHash(segment.hashKey)
    this.#segments.push({ ...segment, hash })
    this.#bytes += bytesOf(segment)
    while (this.#bytes > this.#bytesMax && this.#segments.length > 0) this.#forgetOldest()
  }

  forgetBefore(nowMs: number): void {
    for (;;) {
      const oldest = this.#segments[0]
      if (oldest === undefined || oldest.lastReceivedMs >= nowMs - REMEMBERED_MS) return
      this.#forgetOldest()
    }
  }

  /** Segments that may have spans of the trace that this one belongs to; mostly none. */
  mayHaveTraceOf(span: Buffer): readonly HashedSegment[] {
    let found: HashedSegment[] | undefined
    let hashed: IdHash | undefined
    for (const segment of this.#segments) {
      if (segment.hash !== hashed) {
        hashed = segment.hash
        hashed.ofNumber(hashed.ofTrace(span))
      }
      if (!segment.traces.mayHave(hashed)) continue
      found ??= []
      found.push(segment)
    }
    return found ?? NONE
  }

  #forgetOldest(): void {
    const oldest = this.#segments.shift()
    if (oldest !== undefined) this.#bytes -= bytesOf(oldest)
  }
}

const NONE: readonly HashedSegment[] = []

function bytesOf({ spans, traces }: RecentSegment): number {
  return spans.byteLength + traces.byteLength
}
