import type { LoggedChunk, SpanReader, TraceMoment } from '../store/store.ts'
import { toUsRange, type UsRange } from '../store/us-range.ts'
import type { TimeRange } from '../story/join-window.ts'
import { NEIGHBOUR_TRACES_MAX } from '../story/settle.ts'

/** Twice the window in which attempts are joined: nearly every question is about one or two. */
const SLICE_US = 1_000_000
/** A longer range is that of a stream without its call, which is rare: it is read as it is. */
const SLICES_OF_RANGE_MAX = 16
/** With the limit on all of their moments, some 20 MB. */
const SLICES_MAX = 96
const MOMENTS_MAX = 100_000
/** As at 100,000 spans/s; of what is denser still, each range is read for itself. */
const TRACES_OF_SLICE_MAX = 32 * NEIGHBOUR_TRACES_MAX

type Happened = 'failed' | 'started'

export interface AskedRange {
  readonly source: string
  readonly range: TimeRange
  /** So many more traces, at most. */
  readonly limit: number
}

interface Slice {
  readonly source: string
  readonly happened: Happened
  readonly range: UsRange
  /** In the order of their times. */
  readonly moments: readonly TraceMoment[]
  /** When each trace is known to have begun or failed; the last of several times. */
  readonly traces: ReadonlyMap<string, number>
  readonly isWhole: boolean
}

/**
 * Which traces failed or began when, read second by second and kept until spans come that change
 * it. In an outage all that is judged now asks about the same second: to read it again for each
 * would be most of the work of judging.
 */
export class TimeSlices {
  readonly #reader: Pick<SpanReader, 'failuresIn' | 'startsIn'>
  /** In the order in which they were read. */
  readonly #slices = new Map<string, Slice>()
  #moments = 0

  constructor(reader: Pick<SpanReader, 'failuresIn' | 'startsIn'>) {
    this.#reader = reader
  }

  /** Adds the traces that hold an ERROR span which ended in the range. */
  addFailed(found: Set<string>, asked: AskedRange): void {
    this.#add(found, { ...asked, happened: 'failed' })
  }

  /** Adds the traces whose first span started in the range. */
  addStarted(found: Set<string>, asked: AskedRange): void {
    this.#add(found, { ...asked, happened: 'started' })
  }

  /** Forgets what is another by these spans; whether anything was known of their trace. */
  notice({ source, heads: [first], times, unreadable }: LoggedChunk): boolean {
    if (this.#slices.size === 0) return false
    if (first === undefined || unreadable > 0) {
      this.#slices.clear()
      this.#moments = 0
      return true
    }
    const noticed = { traceId: first.traceId, ...times }
    let wasKnown = false
    for (const [key, slice] of this.#slices) {
      if (slice.source !== source) continue
      wasKnown ||= slice.traces.has(noticed.traceId)
      if (isChanged(slice, noticed)) this.#forget(key, slice)
    }
    return wasKnown
  }

  #add(
    found: Set<string>,
    { source, happened, range, limit }: AskedRange & { readonly happened: Happened },
  ): void {
    const us = toUsRange(range)
    const enough = found.size + limit
    const add = (moments: readonly TraceMoment[]): void => {
      for (let at = firstFrom(moments, us.fromUs); at < moments.length; at += 1) {
        const moment = moments[at]
        if (moment === undefined || moment.atUs > us.toUs || found.size >= enough) return
        if (isWithin(moment, us, range)) found.add(moment.traceId)
      }
    }
    const [first, last] = [sliceOf(us.fromUs), sliceOf(us.toUs)]
    if (last - first >= SLICES_OF_RANGE_MAX) {
      add(this.#read({ source, happened, range: us }, limit))
      return
    }
    for (let number = first; number <= last && found.size < enough; number += 1) {
      const slice = this.#slice({ source, happened, number })
      add(slice.isWhole ? slice.moments : this.#read({ ...slice, range: us }, limit))
    }
  }

  #slice({ source, happened, number }: { source: string; happened: Happened; number: number }) {
    const key = `${happened} ${number} ${source}`
    const known = this.#slices.get(key)
    if (known !== undefined) return known
    const range = { fromUs: number * SLICE_US, toUs: (number + 1) * SLICE_US - 1 }
    const moments = this.#read({ source, happened, range }, TRACES_OF_SLICE_MAX)
    const traces = new Map(moments.map(({ traceId, atUs }) => [traceId, atUs]))
    const isWhole = traces.size < TRACES_OF_SLICE_MAX
    const slice = { source, happened, range, moments: isWhole ? moments : [], traces, isWhole }
    this.#slices.set(key, slice)
    this.#moments += slice.moments.length
    for (const [oldest, other] of this.#slices) {
      if (this.#slices.size <= SLICES_MAX && this.#moments <= MOMENTS_MAX) break
      this.#forget(oldest, other)
    }
    return slice
  }

  #read({ source, happened, range }: Pick<Slice, 'source' | 'happened' | 'range'>, limit: number) {
    const moments =
      happened === 'failed'
        ? this.#reader.failuresIn(source, range, limit)
        : this.#reader.startsIn(source, range, limit)
    // Each file has its own in order.
    return moments.toSorted((left, right) => left.atUs - right.atUs)
  }

  #forget(key: string, { moments }: Slice): void {
    this.#slices.delete(key)
    this.#moments -= moments.length
  }
}

interface Noticed {
  readonly traceId: string
  readonly startUs: number
  readonly failedUs: readonly number[]
}

function isChanged(
  { happened, range: { fromUs, toUs }, traces }: Slice,
  { traceId, startUs, failedUs }: Noticed,
): boolean {
  if (happened === 'failed') return failedUs.some((us) => us >= fromUs && us <= toUs)
  const begunUs = traces.get(traceId)
  // It may begin here now, or earlier than where it was thought to.
  if (begunUs === undefined) return startUs >= fromUs && startUs <= toUs
  return startUs <= begunUs
}

/** Only within a microsecond of the range's ends do the nanoseconds decide. */
function isWithin(moment: TraceMoment, us: UsRange, { fromNs, toNs }: TimeRange): boolean {
  const { atUs } = moment
  if (atUs > us.fromUs && atUs < us.toUs) return true
  if (atUs !== us.fromUs && atUs !== us.toUs) return false
  return moment.exactNs().some((ns) => ns >= fromNs && ns <= toNs)
}

/** The place of the first that is not before. */
function firstFrom(moments: readonly TraceMoment[], us: number): number {
  let low = 0
  let high = moments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((moments[middle]?.atUs ?? Infinity) < us) low = middle + 1
    else high = middle
  }
  return low
}

function sliceOf(us: number): number {
  return Math.floor(us / SLICE_US)
}
