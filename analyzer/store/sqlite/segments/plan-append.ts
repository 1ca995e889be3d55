import type { SpanRecord } from '../../span-record.ts'
import type { SpanArrival } from '../../store.ts'
import {
  CHUNK_BYTES_MAX,
  CHUNK_SPANS_MAX,
  type ChunkDraft,
  type SourceDelta,
} from './chunk-draft.ts'
import type { OpenSegment } from './open-segment.ts'
import type { HashedSegment, RecentSegments } from './recent-segments.ts'
import { isLaterStored, type SpanVersion } from './span-version.ts'
import { traceIdOf, traceKeyOf } from './stored-ids.ts'
import { identityOf, type LookedFor } from './versions-of-trace.ts'

export interface AppendContext {
  readonly open: OpenSegment
  readonly recent: RecentSegments
  /** Of spans that were stored before, by `identityOf`. */
  readonly versionsOf: (looked: LookedFor) => ReadonlyMap<string, SpanVersion>
}

export interface AppendPlan {
  readonly chunks: readonly ChunkDraft[]
  readonly deltas: ReadonlyMap<string, SourceDelta>
}

interface TraceDraft {
  readonly hash: number
  readonly recent: readonly HashedSegment[]
  readonly chunks: ChunkDraft[]
  /** Spans of it that may have come before, by `identityOf`; mostly none. */
  suspects: Set<string> | undefined
}

/**
 * Puts spans together into chunks and leaves out those that are there already. Only where a filter
 * says "perhaps" is anything read, once for each trace.
 */
export function planAppend(arrivals: readonly SpanArrival[], context: AppendContext): AppendPlan {
  const traces = new Map<string, TraceDraft>()
  const deltas = new Map<string, SourceDelta>()
  for (const arrival of arrivals) {
    if (arrival.records.length > 0) touch(deltas, arrival)
    for (const record of arrival.records) {
      const key = traceKeyOf(record.bytes)
      let trace = traces.get(key)
      if (trace === undefined) {
        trace = beginTrace(record.bytes, context)
        traces.set(key, trace)
      }
      if (mayBeThere(record.bytes, trace, context)) {
        trace.suspects ??= new Set()
        trace.suspects.add(identityOf(record.bytes, arrival.source))
      }
      addTo(trace, arrival, record)
    }
  }
  const chunks: ChunkDraft[] = []
  for (const trace of traces.values()) {
    if (trace.suspects !== undefined) leaveOutKnown(trace, deltas, context)
    for (const chunk of trace.chunks) {
      if (chunk.records.length === 0) continue
      chunks.push(chunk)
      const delta = deltas.get(chunk.source)
      if (delta !== undefined && trace.suspects === undefined) delta.stored += chunk.records.length
    }
  }
  return { chunks, deltas }
}

function touch(deltas: Map<string, SourceDelta>, { source, receivedAtMs }: SpanArrival): void {
  const known = deltas.get(source)
  if (known === undefined) {
    deltas.set(source, { stored: 0, duplicates: 0, lastReceivedMs: receivedAtMs })
  } else known.lastReceivedMs = Math.max(known.lastReceivedMs, receivedAtMs)
}

function beginTrace(span: Buffer, { open, recent }: AppendContext): TraceDraft {
  return {
    hash: open.hash.ofTrace(span),
    recent: recent.mayHaveTraceOf(span),
    chunks: [],
    suspects: undefined,
  }
}

/**
 * Adds the span to the filter of the open segment while it asks, so that a span that comes twice in
 * one group is noticed too. Where the commit fails, the filter has a span too many: that costs a
 * look-up and no more.
 */
function mayBeThere(span: Buffer, { recent }: TraceDraft, { open }: AppendContext): boolean {
  open.hash.ofSpan(span)
  let there = open.filter.add(open.hash)
  for (const segment of recent) {
    segment.hash.ofSpan(span)
    if (segment.spans.mayHave(segment.hash)) there = true
  }
  return there
}

function addTo(trace: TraceDraft, arrival: SpanArrival, record: SpanRecord): void {
  const { source, receivedAtMs } = arrival
  const { chunks } = trace
  for (let index = chunks.length - 1; index >= 0; index -= 1) {
    const chunk = chunks[index]
    if (
      chunk?.context === record.context &&
      chunk.source === source &&
      chunk.receivedAtMs === receivedAtMs &&
      chunk.records.length < CHUNK_SPANS_MAX &&
      chunk.bytes + record.bytes.length <= CHUNK_BYTES_MAX
    ) {
      chunk.records.push(record)
      chunk.bytes += record.bytes.length
      return
    }
  }
  chunks.push({
    traceHash: trace.hash,
    source,
    context: record.context,
    receivedAtMs,
    records: [record],
    bytes: record.bytes.length,
  })
}

/**
 * Of two versions of a span the later one stays: it is stored as well, and readers keep it. It is
 * not counted twice. Of two in one group only the later is stored.
 */
function leaveOutKnown(
  trace: TraceDraft,
  deltas: Map<string, SourceDelta>,
  { open, versionsOf }: AppendContext,
): void {
  const [first] = trace.chunks
  const [span] = first?.records ?? []
  if (span === undefined) return
  const stored = versionsOf({
    traceId: Buffer.from(traceIdOf(span.bytes)),
    spans: trace.suspects ?? new Set(),
    segments: new Set([...trace.recent.map(({ number }) => number), open.number]),
  })
  const coming = new Map<string, SpanRecord>()
  for (const { source, records } of trace.chunks) {
    const delta = deltas.get(source)
    for (const record of records) {
      const key = identityOf(record.bytes, source)
      const known = stored.get(key)
      const before = coming.get(key)
      if (delta !== undefined) {
        if (known === undefined && before === undefined) delta.stored += 1
        else delta.duplicates += 1
      }
      if (known !== undefined && !isLaterStored(record, known)) continue
      if (before !== undefined && !isLaterStored(record, before)) continue
      coming.set(key, record)
    }
  }
  const kept = new Set(coming.values())
  for (const chunk of trace.chunks) {
    chunk.records = chunk.records.filter((record) => kept.delete(record))
  }
}
