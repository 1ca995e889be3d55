import { splitChunk } from './chunk.ts'
import { endNsOf } from './plan-append.ts'
import type { SegmentHandles } from './segment-handles.ts'
import { hasIds, spanKeyOf, traceIdOf } from './stored-ids.ts'

/** Of a trace, looked at for spans that came before: more are stored again, and read once. */
const TRACE_CHUNKS_MAX = 10_000

/** What these segments hold of the trace that a span belongs to: when each of its spans ended. */
export function endsOfTrace(
  handles: SegmentHandles,
  span: Buffer,
  segments: readonly number[],
): Map<string, bigint> {
  const ends = new Map<string, bigint>()
  const traceId = Buffer.from(traceIdOf(span))
  for (const file of handles.list()) {
    if (!segments.includes(file.number)) continue
    const chunks = handles.use(file, (segment) => segment.chunksOfTrace(traceId, TRACE_CHUNKS_MAX))
    for (const { bytes } of chunks ?? []) if (bytes !== undefined) addEnds(ends, bytes)
  }
  return ends
}

function addEnds(ends: Map<string, bigint>, chunk: Buffer): void {
  for (const span of splitChunk(chunk).spans) {
    if (!hasIds(span)) continue
    const key = spanKeyOf(span)
    const endNs = endNsOf(span)
    const known = ends.get(key)
    if (known === undefined || endNs > known) ends.set(key, endNs)
  }
}
