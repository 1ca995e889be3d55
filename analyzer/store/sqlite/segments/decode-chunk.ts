import { decodeSpan } from '../../../ingest/otlp/decode-span.ts'
import type { SpanContext } from '../../../ingest/otlp/span-context.ts'
import type { Span } from '../../../story/span.ts'
import { isStoreTrouble } from '../open-database.ts'
import { splitChunk } from './chunk.ts'
import type { StoredChunk } from './segment.ts'

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

/** Whatever a broken disk wrote there is undefined. */
export function decodeOrUndefined(bytes: Buffer, context: SpanContext): Span | undefined {
  try {
    return decodeSpan(bytes, context)
  } catch (error: unknown) {
    if (isStoreTrouble(error)) throw error
    return undefined
  }
}
