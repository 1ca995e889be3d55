import type { Span } from '../../../story/span.ts'
import { SpansOfTrace } from '../../spans-of-trace.ts'
import type {
  ChunkContent,
  LoggedChunk,
  SpanCounts,
  SpanReader,
  SpanTimes,
  StoredTrace,
  TraceMoment,
} from '../../store.ts'
import type { UsRange } from '../../us-range.ts'
import { toCounts } from './counters.ts'
import { decodeChunk, readHeads, readTimes } from './decode-chunk.ts'
import { toPlace, toPosition } from './position.ts'
import type { SegmentFile } from './segment-catalogue.ts'
import type { SegmentHandles } from './segment-handles.ts'
import type { ChunkHead, LostChunk, StoredChunk } from './segment.ts'
import { TraceProbe } from './trace-probe.ts'

/** Spans of one trace that are looked at; the rest of a runaway trace is not, and that is said. */
export const TRACE_SPANS_MAX = 10_000

const LOST = new Error('some of its spans are not what was written')

/** Chunks that are asked for at once. */
const CHUNKS_AT_ONCE = 256

/** Reads all segments as one log and one set of traces, whichever files they are in. */
export class SegmentSpanReader implements SpanReader {
  readonly #handles: SegmentHandles

  constructor(handles: SegmentHandles) {
    this.#handles = handles
  }

  readAfter(position: number, spansMax: number): readonly LoggedChunk[] {
    const { segment: first, row } = toPlace(position)
    const found: LoggedChunk[] = []
    let spans = 0
    // Listed before it is read: a segment that has a successor in the list is not written any more.
    const files = this.#handles.list()
    for (const [index, file] of files.entries()) {
      if (file.number < first) continue
      const earlier = files.slice(0, index)
      let after = file.number === first ? row : 0
      for (;;) {
        const chunks = this.#handles.use(file, (each) => each.chunksAfter(after, CHUNKS_AT_ONCE))
        for (const chunk of chunks ?? []) {
          if (spans >= spansMax) return found
          if (chunk.bytes === undefined) this.#handles.tellDamage(file, LOST)
          const logged = toLogged(file.number, chunk, (traceId) => this.#isIn(earlier, traceId))
          found.push(logged)
          spans += Math.max(1, logged.heads.length)
          after = chunk.row
        }
        if ((chunks?.length ?? 0) < CHUNKS_AT_ONCE) break
      }
      if (spans >= spansMax) return found
    }
    return found
  }

  spansOf(source: string, traceId: string): StoredTrace {
    return this.#trace(traceId, (each) => each === source)
  }

  trace(traceId: string): StoredTrace {
    return this.#trace(traceId, () => true)
  }

  failuresIn(source: string, range: UsRange, limit: number): readonly TraceMoment[] {
    const found: TraceMoment[] = []
    const traces = new Set<string>()
    for (const file of this.#handles.list()) {
      if (!this.#mayHold(file, range, 'failures')) continue
      this.#handles.use(file, (segment) => {
        for (const head of segment.failedIn(source, range)) {
          const { traceId, atUs } = head
          if (!traces.has(traceId) && traces.size >= limit) return
          traces.add(traceId)
          found.push({ traceId, atUs, exactNs: () => this.#failuresAt(file, head) })
        }
      })
    }
    return found
  }

  startsIn(source: string, range: UsRange, limit: number): readonly TraceMoment[] {
    const found: TraceMoment[] = []
    const looked = new Set<string>()
    for (const file of this.#handles.list()) {
      if (!this.#mayHold(file, range, 'starts')) continue
      this.#handles.use(file, (segment) => {
        for (const { traceId } of segment.startedIn(source, range)) {
          if (found.length >= limit) return
          if (looked.has(traceId)) continue
          looked.add(traceId)
          const begin = this.#beginOf(source, traceId)
          if (begin !== undefined && isIn(range, begin.atUs)) found.push(begin)
        }
      })
    }
    return found
  }

  counts(): SpanCounts {
    for (const file of this.#handles.list().toReversed()) {
      const counters = this.#handles.use(file, (segment) => segment.counters())
      if (counters !== undefined) return toCounts(counters)
    }
    return toCounts([])
  }

  close(): void {
    this.#handles.close()
  }

  #trace(traceId: string, isAsked: (source: string) => boolean): StoredTrace {
    const id = Buffer.from(traceId, 'hex')
    const probe = new TraceProbe(id)
    const found = new SpansOfTrace()
    let isCut = false
    for (const file of this.#handles.list()) {
      if (isCut) break
      if (!this.#handles.mayHaveTrace(file, probe)) continue
      // One more than fits, so that too many is noticed: each has at least one span.
      const chunks = this.#handles.use(file, (segment) =>
        segment.chunksOfTrace(id, TRACE_SPANS_MAX + 1),
      )
      for (const chunk of chunks ?? []) {
        if (chunk.bytes === undefined) {
          this.#handles.tellDamage(file, LOST)
          continue
        }
        const { source, receivedAtMs } = chunk
        if (!isAsked(source)) continue
        for (const span of decodeChunk(chunk).spans) found.add({ span, source, receivedAtMs })
        isCut = found.size > TRACE_SPANS_MAX
        if (isCut) break
      }
      isCut ||= (chunks?.length ?? 0) > TRACE_SPANS_MAX
    }
    return { spans: found.inOrder(TRACE_SPANS_MAX), isCut }
  }

  /** False only where none of the segments has anything of the trace, as their filters tell. */
  #isIn(files: readonly SegmentFile[], traceId: string): boolean {
    if (files.length === 0) return false
    const probe = new TraceProbe(Buffer.from(traceId, 'hex'))
    return files.some((file) => this.#handles.mayHaveTrace(file, probe))
  }

  /** A sealed segment says where its times begin and end; one that is written may hold any. */
  #mayHold(file: SegmentFile, us: UsRange, of: 'starts' | 'failures'): boolean {
    const seal = this.#handles.sealOf(file)
    if (seal === undefined) return true
    const range = seal[of]
    return range !== undefined && range.fromUs <= us.toUs && range.toUs >= us.fromUs
  }

  /** When the first span of a trace and source started, wherever it is stored. */
  #beginOf(source: string, traceId: string): TraceMoment | undefined {
    const id = Buffer.from(traceId, 'hex')
    const probe = new TraceProbe(id)
    const found: { readonly file: SegmentFile; readonly heads: readonly ChunkHead[] }[] = []
    let atUs = Infinity
    for (const file of this.#handles.list()) {
      if (!this.#handles.mayHaveTrace(file, probe)) continue
      const heads = this.#handles.use(file, (segment) => segment.earliestOf(source, id)) ?? []
      atUs = Math.min(atUs, heads[0]?.atUs ?? Infinity)
      found.push({ file, heads })
    }
    if (atUs === Infinity) return undefined
    const first = found.filter(({ heads }) => heads[0]?.atUs === atUs)
    return { traceId, atUs, exactNs: () => this.#firstStart(first) }
  }

  #firstStart(
    found: readonly { readonly file: SegmentFile; readonly heads: readonly ChunkHead[] }[],
  ) {
    const starts = found
      .flatMap(({ file, heads }) => heads.flatMap((head) => this.#spansAt(file, head)))
      .map(({ startTimeNs }) => startTimeNs)
    const [least] = starts.toSorted((left, right) => (left < right ? -1 : left > right ? 1 : 0))
    return least === undefined ? [] : [least]
  }

  #failuresAt(file: SegmentFile, head: ChunkHead): readonly bigint[] {
    return this.#spansAt(file, head).flatMap(({ status, endTimeNs }) =>
      status.code === 'error' ? [endTimeNs] : [],
    )
  }

  #spansAt(file: SegmentFile, { row }: ChunkHead): readonly Span[] {
    const chunk = this.#handles.use(file, (segment) => segment.chunk(row))
    return chunk?.bytes === undefined ? [] : decodeChunk(chunk).spans
  }
}

function toLogged(
  segment: number,
  chunk: StoredChunk | LostChunk,
  isInEarlier: (traceId: string) => boolean,
): LoggedChunk {
  const position = toPosition({ segment, row: chunk.row })
  if (chunk.bytes === undefined) {
    const nothing = { heads: [], content: NO_CONTENT, times: NO_TIMES, isFirst: false }
    return { position, source: '', receivedAtMs: 0, ...nothing, unreadable: 1 }
  }
  const { source, receivedAtMs, bytes, isFirst = false } = chunk
  const { heads, unreadable } = readHeads(chunk)
  const [head] = heads
  let times: SpanTimes | undefined
  return {
    position,
    source,
    receivedAtMs,
    heads,
    unreadable,
    content: { bytes: bytes.length, spans: () => decodeChunk(chunk).spans },
    isFirst: isFirst && head !== undefined && !isInEarlier(head.traceId),
    get times() {
      times ??= readTimes(chunk)
      return times
    },
  }
}

const NO_CONTENT: ChunkContent = { bytes: 0, spans: () => [] }
const NO_TIMES: SpanTimes = { startUs: Infinity, failedUs: [] }

function isIn({ fromUs, toUs }: UsRange, us: number): boolean {
  return us >= fromUs && us <= toUs
}
