import { ProtobufReader, WIRE_FIXED64 } from '../../../ingest/otlp/protobuf-reader.ts'
import { splitChunk } from './chunk.ts'
import type { SegmentHandles } from './segment-handles.ts'
import { hasIds, spanKeyOf } from './stored-ids.ts'

/**
 * Of a trace, looked through for spans that came before: some 25,000 spans. Where a program puts
 * all it does into one trace, each commit would otherwise read all that there is of it. What came
 * before these is stored again, and read once.
 */
const LOOKED_BYTES_MAX = 8 * 1024 * 1024

/** Spans of one trace that may have been stored before. */
export interface LookedFor {
  readonly traceId: Buffer
  /** By `spanKeyOf`. */
  readonly spans: ReadonlySet<string>
  /** Where they may be. */
  readonly segments: ReadonlySet<number>
}

/** When each of them ended that is there: the newest are looked at first, for they come again. */
export function endsOfTrace(
  handles: SegmentHandles,
  { traceId, spans, segments }: LookedFor,
): ReadonlyMap<string, bigint> {
  const ends = new Map<string, bigint>()
  let looked = 0
  for (const file of handles.list().toReversed()) {
    if (!segments.has(file.number)) continue
    handles.use(file, (segment) => {
      for (const chunk of segment.newestOfTrace(traceId)) {
        if (looked >= LOOKED_BYTES_MAX || ends.size === spans.size) return
        looked += chunk.length
        addEnds(ends, { chunk, spans })
      }
    })
  }
  return ends
}

interface InChunk {
  readonly chunk: Buffer
  readonly spans: ReadonlySet<string>
}

function addEnds(ends: Map<string, bigint>, { chunk, spans }: InChunk): void {
  for (const span of splitChunk(chunk).spans) {
    if (!hasIds(span)) continue
    const key = spanKeyOf(span)
    if (!spans.has(key)) continue
    const endNs = endNsOf(span)
    const known = ends.get(key)
    if (known === undefined || endNs > known) ends.set(key, endNs)
  }
}

const END_TIME_FIELD = 8

/** Of a stored span; nothing that ever ended where it says nothing of it. */
export function endNsOf(span: Buffer): bigint {
  const reader = new ProtobufReader(span)
  while (reader.next()) {
    if (reader.is(END_TIME_FIELD, WIRE_FIXED64)) return reader.fixed64()
    reader.skip()
  }
  return 0n
}
