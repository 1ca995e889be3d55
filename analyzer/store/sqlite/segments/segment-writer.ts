import { DEFAULT_SOURCE } from '../../../config/config.ts'
import type { Appended, SpanArrival, SpanLimits, SpanWriter, Tally } from '../../store.ts'
import { hasIds, spanKeyOf, splitChunk } from './chunk.ts'
import {
  beginSegment,
  rememberRecent,
  resumeSegments,
  type BeginContext,
} from './begin-segments.ts'
import { SEGMENT_SPANS_MAX, type OpenSegment } from './open-segment.ts'
import { endNsOf, planAppend, type AppendPlan } from './plan-append.ts'
import { RecentSegments } from './recent-segments.ts'
import type { SegmentCatalogue } from './segment-catalogue.ts'
import type { SegmentHandles } from './segment-handles.ts'

/**
 * What a file may hold before the next one is begun: an eighth of what is kept, for files are
 * dropped whole, and no more than these, for inserts slow down as a file grows.
 */
const SEGMENT_BYTES_MAX = 256 * 1024 * 1024
const SEGMENT_MS_MAX = 24 * 3_600_000
const SHARE_OF_LIMITS = 8

/** Of a trace, looked at for spans that came before: more are stored again, and read once. */
const TRACE_CHUNKS_MAX = 10_000

export interface SegmentWriterOptions {
  readonly catalogue: SegmentCatalogue
  readonly handles: SegmentHandles
  readonly limits: SpanLimits
  readonly now: () => number
  readonly log: (line: string) => void
}

/** What is committed with spans of an older release. */
export interface TakenOver {
  readonly upTo: number
  /** Counted for each source, beyond these spans. */
  readonly totals: readonly {
    readonly source: string
    readonly stored: number
    readonly lastReceivedMs: number
  }[]
  readonly rejected: number
}

/** Appends to the newest segment, and begins the next one when it is time. */
export class SegmentWriter implements SpanWriter {
  readonly #options: SegmentWriterOptions
  readonly #recent = new RecentSegments()
  #open: OpenSegment

  constructor(options: SegmentWriterOptions) {
    this.#options = options
    const context = this.#context(options.now())
    this.#open = resumeSegments(context)
    rememberRecent(this.#recent, context)
  }

  append(arrivals: readonly SpanArrival[], tallies: readonly Tally[] = []): Appended {
    const { chunks, deltas } = this.#plan(arrivals)
    if (deltas.size > 0 || tallies.length > 0) this.#open.write({ chunks, deltas, tallies })
    let stored = 0
    let duplicates = 0
    for (const delta of deltas.values()) {
      stored += delta.stored
      duplicates += delta.duplicates
    }
    return { stored, duplicates }
  }

  /** How far the file of an older release was taken over; 0 where there is none. */
  takenOver(): number {
    return this.#open.takenOver()
  }

  /** The spans, and in the same commit how far that is. */
  takeOver(arrivals: readonly SpanArrival[], { upTo, totals, rejected }: TakenOver): void {
    const { chunks, deltas } = this.#plan(arrivals)
    const counted = new Map(deltas)
    for (const { source, ...total } of totals) counted.set(source, { ...total, duplicates: 0 })
    const tallies: readonly Tally[] = [
      { source: DEFAULT_SOURCE, result: 'rejected', reason: 'before 0.2', count: rejected },
    ]
    this.#open.write({ chunks, deltas: counted, tallies, takenOver: upTo })
  }

  forgetTakenOver(): void {
    this.#open.write({ chunks: [], deltas: new Map(), tallies: [], takenOver: 0 })
  }

  close(): void {
    this.#open.close()
    this.#options.handles.close()
  }

  #plan(arrivals: readonly SpanArrival[]): AppendPlan {
    const nowMs = arrivals[0]?.receivedAtMs ?? this.#options.now()
    if (this.#isDue(nowMs)) this.#roll(nowMs)
    return planAppend(arrivals, {
      open: this.#open,
      recent: this.#recent,
      endsOf: (span, segments) => this.#endsOf(span, segments),
    })
  }

  #isDue(nowMs: number): boolean {
    const { spans, birth } = this.#open
    if (spans === 0) return false
    const { ageMsMax, bytesMax } = this.#options.limits
    return (
      spans >= SEGMENT_SPANS_MAX ||
      this.#open.bytes() >= Math.min(SEGMENT_BYTES_MAX, bytesMax / SHARE_OF_LIMITS) ||
      nowMs - birth.createdMs >= Math.min(SEGMENT_MS_MAX, ageMsMax / SHARE_OF_LIMITS)
    )
  }

  #roll(nowMs: number): void {
    const before = this.#open
    const sealed = before.seal(nowMs)
    this.#open = beginSegment(this.#context(nowMs))
    before.close()
    this.#recent.add(sealed)
    this.#recent.forgetBefore(nowMs)
  }

  /** When the spans of a trace that these segments have ended. */
  #endsOf(span: Buffer, segments: readonly number[]): Map<string, bigint> {
    const { handles } = this.#options
    const ends = new Map<string, bigint>()
    const traceId = Buffer.from(span.subarray(2, 18))
    for (const file of handles.list()) {
      if (!segments.includes(file.number)) continue
      const chunks = handles.use(file, (segment) =>
        segment.chunksOfTrace(traceId, TRACE_CHUNKS_MAX),
      )
      for (const { bytes } of chunks ?? []) {
        if (bytes === undefined) continue
        for (const stored of splitChunk(bytes).spans) {
          if (!hasIds(stored)) continue
          const key = spanKeyOf(stored)
          const endNs = endNsOf(stored)
          const known = ends.get(key)
          if (known === undefined || endNs > known) ends.set(key, endNs)
        }
      }
    }
    return ends
  }

  #context(nowMs: number): BeginContext {
    const { catalogue, handles, log } = this.#options
    return { catalogue, handles, nowMs, log }
  }
}
