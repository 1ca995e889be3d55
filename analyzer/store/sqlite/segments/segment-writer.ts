import { DEFAULT_SOURCE } from '../../../config/config.ts'
import type { Appended, SpanArrival, SpanLimits, SpanWriter, Tally } from '../../store.ts'
import { isDamage, sqliteCode } from '../open-database.ts'
import {
  beginSegment,
  rememberRecent,
  resumeSegments,
  type BeginContext,
} from './begin-segments.ts'
import { SEGMENT_MS_MAX, SEGMENT_SPANS_MAX, type OpenSegment } from './open-segment.ts'
import { planAppend, type AppendPlan } from './plan-append.ts'
import { RecentSegments } from './recent-segments.ts'
import { readableArrivals } from './restore-chunks.ts'
import { setAside, type SegmentCatalogue, type SegmentFile } from './segment-catalogue.ts'
import type { SegmentHandles } from './segment-handles.ts'
import { versionsOfTrace } from './versions-of-trace.ts'
import type { WriteLog } from '../../../log.ts'

/**
 * What a file may hold before the next one is begun: an eighth of what is kept, for files are
 * dropped whole, and no more than these, for inserts slow down as a file grows.
 */
const SEGMENT_BYTES_MAX = 256 * 1024 * 1024
const SHARE_OF_LIMITS = 8
const CLOCK_STEP_MS = 3_600_000

export interface SegmentWriterOptions {
  readonly catalogue: SegmentCatalogue
  readonly handles: SegmentHandles
  readonly limits: SpanLimits
  /** Spans up to this position are not judged again. */
  readonly judgedUpTo: number
  readonly now: () => number
  readonly log: WriteLog
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
    const { open, damaged } = resumeSegments(context)
    this.#open = open
    rememberRecent(this.#recent, context)
    for (const file of damaged) this.#restore(file)
  }

  append(arrivals: readonly SpanArrival[], tallies: readonly Tally[] = []): Appended {
    return this.#orInAnother(() => this.#append(arrivals, tallies))
  }

  tidyUp(): void {
    try {
      this.#open.tidyUp()
    } catch (error: unknown) {
      // As SQLite does where a commit copies the log back: nothing that was stored is lost by it.
      if (sqliteCode(error) === '') throw error
    }
  }

  /** How far the file of an older release was taken over; 0 where there is none. */
  takenOver(): number {
    return this.#open.takenOver()
  }

  /** The spans, and in the same commit how far that is. */
  takeOver(arrivals: readonly SpanArrival[], takenOver: TakenOver): void {
    this.#orInAnother(() => this.#takeOver(arrivals, takenOver))
  }

  forgetTakenOver(): void {
    this.#open.write({ chunks: [], deltas: new Map(), tallies: [], takenOver: 0 })
  }

  close(): void {
    // The writing end last: only that one can copy the log back into its file.
    this.#options.handles.close()
    this.#open.close()
  }

  #orInAnother<T>(write: () => T): T {
    try {
      return write()
    } catch (error: unknown) {
      if (!isDamage(error)) throw error
      // Nothing of it was stored, and nothing ever will be in this file.
      this.#replaceDamaged()
      return write()
    }
  }

  #append(arrivals: readonly SpanArrival[], tallies: readonly Tally[]): Appended {
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

  #takeOver(arrivals: readonly SpanArrival[], { upTo, totals, rejected }: TakenOver): void {
    const { chunks, deltas } = this.#plan(arrivals)
    const counted = new Map(deltas)
    for (const { source, ...total } of totals) counted.set(source, { ...total, duplicates: 0 })
    const tallies: readonly Tally[] = [
      { source: DEFAULT_SOURCE, result: 'rejected', reason: 'before 0.2', count: rejected },
    ]
    this.#open.write({ chunks, deltas: counted, tallies, takenOver: upTo })
  }

  #plan(arrivals: readonly SpanArrival[]): AppendPlan {
    const nowMs = arrivals[0]?.receivedAtMs ?? this.#options.now()
    if (this.#isDue(nowMs)) this.#roll(nowMs)
    return planAppend(arrivals, {
      open: this.#open,
      recent: this.#recent,
      versionsOf: (looked) => versionsOfTrace(this.#options.handles, looked),
    })
  }

  #isDue(nowMs: number): boolean {
    const { spans, birth, isSealed } = this.#open
    // It was sealed, and the next one could not be begun: what came to it now would not be found.
    if (isSealed) return true
    if (spans === 0) return false
    const { ageMsMax, bytesMax } = this.#options.limits
    return (
      // The clock was put back: a segment of that time would not end before it comes again.
      birth.createdMs - nowMs > CLOCK_STEP_MS ||
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

  #replaceDamaged(): void {
    const { number, path } = this.#open
    const damaged = this.#open
    this.#open = beginSegment(this.#context(this.#options.now()))
    damaged.close()
    this.#restore({ number, path, kind: 'hot' })
  }

  /**
   * Stores again what can be read of a damaged segment, then sets it aside: in this order, so that
   * a crash on the way loses nothing, for spans that are stored already are known.
   */
  #restore(file: SegmentFile): void {
    const { handles, now, log } = this.#options
    // Where its counters can be read, the new segment began with them: its spans are counted.
    const isCounted = handles.use(file, (segment) => segment.counters()) !== undefined
    let restored = 0
    for (const arrivals of readableArrivals(file)) {
      const { chunks, deltas } = this.#plan(arrivals)
      this.#open.write({ chunks, deltas: isCounted ? new Map() : deltas, tallies: [] })
      for (const { records } of chunks) restored += records.length
    }
    const aside = setAside(file.path, now())
    const what = `${restored} spans of it could be read and were stored again`
    log(`${file.path} is damaged: ${what}; what is left of it is ${aside}`, 'error')
  }

  #context(nowMs: number): BeginContext {
    const { catalogue, handles, judgedUpTo, log } = this.#options
    return { catalogue, handles, nowMs, judgedUpTo, log }
  }
}
