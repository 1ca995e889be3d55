import type { TimeRange } from '../../../story/join-window.ts'
import type { Span } from '../../../story/span.ts'
import { isLaterVersion } from '../../../story/span-version.ts'
import type {
  LoggedChunk,
  ReceivedSpan,
  SpanCounts,
  SpanReader,
  StoredTrace,
  StartedOptions,
  TraceBegin,
} from '../../store.ts'
import { toUsRange, type UsRange } from '../../us-range.ts'
import { toCounts } from './counters.ts'
import { decodeChunk, readHeads } from './decode-chunk.ts'
import { toPlace, toPosition } from './position.ts'
import type { SegmentFile } from './segment-catalogue.ts'
import type { SegmentHandles } from './segment-handles.ts'
import type { ChunkHead, LostChunk, Segment, StoredChunk } from './segment.ts'
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
    for (const file of this.#handles.list()) {
      if (file.number < first) continue
      let after = file.number === first ? row : 0
      for (;;) {
        const chunks = this.#handles.use(file, (each) => each.chunksAfter(after, CHUNKS_AT_ONCE))
        for (const chunk of chunks ?? []) {
          if (spans >= spansMax) return found
          if (chunk.bytes === undefined) this.#handles.tellDamage(file, LOST)
          const logged = toLogged(file.number, chunk)
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

  tracesFailedIn(source: string, range: TimeRange, limit: number): readonly string[] {
    const us = toUsRange(range)
    const found = new Set<string>()
    for (const file of this.#handles.list()) {
      if (!this.#mayHold(file, us, 'failures')) continue
      this.#handles.use(file, (segment) => {
        for (const head of segment.failedIn(source, us)) {
          if (found.size >= limit) return
          if (found.has(head.traceId)) continue
          if (isInside(head, us) || failedExactly(segment, head, range)) found.add(head.traceId)
        }
      })
    }
    return [...found]
  }

  tracesStartedIn(
    source: string,
    range: TimeRange,
    { limit, begun = new Map() }: StartedOptions,
  ): readonly string[] {
    const us = toUsRange(range)
    const found = new Set<string>()
    const looked = new Set<string>()
    for (const file of this.#handles.list()) {
      if (!this.#mayHold(file, us, 'starts')) continue
      this.#handles.use(file, (segment) => {
        for (const { traceId } of segment.startedIn(source, us)) {
          if (found.size >= limit) return
          if (looked.has(traceId)) continue
          looked.add(traceId)
          const key = `${traceId} ${source}`
          if (!begun.has(key)) begun.set(key, this.#beginOf(source, traceId))
          if (beganIn(begun.get(key), range)) found.add(traceId)
        }
      })
    }
    return [...found]
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
    const byId = new Map<string, ReceivedSpan>()
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
        for (const span of decodeChunk(chunk).spans) {
          const identity = span.spanId + source
          const known = byId.get(identity)
          if (known === undefined || isLaterVersion(span, known.span)) {
            byId.set(identity, { span, source, receivedAtMs })
          }
        }
        isCut = byId.size > TRACE_SPANS_MAX
        if (isCut) break
      }
      isCut ||= (chunks?.length ?? 0) > TRACE_SPANS_MAX
    }
    const spans = [...byId.values()].slice(0, TRACE_SPANS_MAX)
    return { spans: spans.toSorted(byStart), isCut }
  }

  /** A sealed segment says where its times begin and end; one that is written may hold any. */
  #mayHold(file: SegmentFile, us: UsRange, of: 'starts' | 'failures'): boolean {
    const seal = this.#handles.sealOf(file)
    if (seal === undefined) return true
    const range = seal[of]
    return range !== undefined && range.fromUs <= us.toUs && range.toUs >= us.fromUs
  }

  /** When the first span of a trace and source started, wherever it is stored. */
  #beginOf(source: string, traceId: string): TraceBegin | undefined {
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
    return {
      atUs,
      exactNs: () =>
        found
          .filter(({ heads }) => heads[0]?.atUs === atUs)
          .flatMap(
            ({ file, heads }) =>
              this.#handles.use(file, (segment) =>
                heads.flatMap((head) => spansAt(segment, head)),
              ) ?? [],
          )
          .reduce<bigint | undefined>(
            (least, { startTimeNs }) =>
              least === undefined || startTimeNs < least ? startTimeNs : least,
            undefined,
          ),
    }
  }
}

/** Only within a microsecond of the range's ends do the nanoseconds decide. */
function beganIn(begin: TraceBegin | undefined, range: TimeRange): boolean {
  if (begin === undefined) return false
  const us = toUsRange(range)
  if (isInside(begin, us)) return true
  if (begin.atUs !== us.fromUs && begin.atUs !== us.toUs) return false
  const startNs = begin.exactNs()
  return startNs !== undefined && startNs >= range.fromNs && startNs <= range.toNs
}

function toLogged(segment: number, chunk: StoredChunk | LostChunk): LoggedChunk {
  const position = toPosition({ segment, row: chunk.row })
  if (chunk.bytes === undefined) {
    return { position, source: '', receivedAtMs: 0, heads: [], spans: [], unreadable: 1 }
  }
  const { source, receivedAtMs } = chunk
  return {
    position,
    source,
    receivedAtMs,
    ...readHeads(chunk),
    get spans() {
      return decodeChunk(chunk).spans
    },
  }
}

function spansAt(segment: Segment, { row }: ChunkHead): readonly Span[] {
  const chunk = segment.chunk(row)
  return chunk?.bytes === undefined ? [] : decodeChunk(chunk).spans
}

function failedExactly(segment: Segment, head: ChunkHead, { fromNs, toNs }: TimeRange): boolean {
  return spansAt(segment, head).some(
    ({ status, endTimeNs }) => status.code === 'error' && endTimeNs >= fromNs && endTimeNs <= toNs,
  )
}

function isInside({ atUs }: { readonly atUs: number }, { fromUs, toUs: end }: UsRange): boolean {
  return atUs > fromUs && atUs < end
}

function byStart(left: ReceivedSpan, right: ReceivedSpan): number {
  const [a, b] = [left.span, right.span]
  if (a.startTimeNs !== b.startTimeNs) return a.startTimeNs < b.startTimeNs ? -1 : 1
  if (a.spanId !== b.spanId) return a.spanId < b.spanId ? -1 : 1
  return left.source < right.source ? -1 : left.source > right.source ? 1 : 0
}
