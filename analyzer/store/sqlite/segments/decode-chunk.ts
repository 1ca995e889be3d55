import { decodeHead, decodeSpan, decodeTimes } from '../../../ingest/otlp/decode-span.ts'
import { MalformedError } from '../../../ingest/otlp/protobuf-reader.ts'
import type { SpanContext } from '../../../ingest/otlp/span-context.ts'
import type { Span, SpanHead } from '../../../story/span.ts'
import type { SpanTimes } from '../../store.ts'
import { isStoreTrouble } from '../open-database.ts'
import { splitChunk } from './chunk.ts'
import type { StoredChunk } from './segment.ts'
import { hasIds, traceIdTextOf } from './stored-ids.ts'

export interface DecodedChunk {
  readonly spans: readonly Span[]
  /** So many beside them cannot be read. */
  readonly unreadable: number
}

/** A damaged span must not hide those beside it. */
export function decodeChunk({ bytes, context }: StoredChunk): DecodedChunk {
  const split = splitChunk(bytes)
  const spans: Span[] = []
  for (const each of split.spans) {
    const span = decodeOrUndefined(each, context)
    if (span !== undefined) spans.push(span)
  }
  return { spans, unreadable: split.spans.length - spans.length + (split.damaged ? 1 : 0) }
}

export interface ChunkHeads {
  readonly heads: readonly SpanHead[]
  /** So many beside them cannot be read. */
  readonly unreadable: number
}

/** What of a chunk tells when its trace is due, at a tenth of the cost of its spans. */
export function readHeads({ bytes, context: { scope } }: StoredChunk): ChunkHeads {
  const split = splitChunk(bytes)
  const heads: SpanHead[] = []
  let traceId: string | undefined
  for (const each of split.spans) {
    const head = hasIds(each) ? orUndefined(() => decodeHead(each)) : undefined
    if (head === undefined) continue
    // All spans of a chunk are of one trace.
    traceId ??= traceIdTextOf(each)
    heads.push({ traceId, ...head, scope })
  }
  return { heads, unreadable: split.spans.length - heads.length + (split.damaged ? 1 : 0) }
}

/** At a tenth of their cost, too. */
export function readTimes({ bytes }: StoredChunk): SpanTimes {
  let startUs = Infinity
  const failedUs: number[] = []
  for (const each of splitChunk(bytes).spans) {
    const times = orUndefined(() => decodeTimes(each))
    if (times === undefined) continue
    startUs = Math.min(startUs, Number(times.startTimeNs / 1000n))
    if (times.failed) failedUs.push(Number(times.endTimeNs / 1000n))
  }
  return { startUs, failedUs }
}

function orUndefined<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error: unknown) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

/** Whatever a broken disk wrote there is undefined. */
export function decodeOrUndefined(bytes: Buffer, context: SpanContext): Span | undefined {
  try {
    return decodeSpan(bytes, context)
  } catch (error: unknown) {
    if (isStoreTrouble(error)) throw error
    return undefined
  }
}
