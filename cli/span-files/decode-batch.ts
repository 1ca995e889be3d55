import type { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import type { SpanRecord } from '../../analyzer/store/span-record.ts'
import { halveBatch, spansOf, type Batch } from './batch.ts'
import { encodeRequest } from './piece.ts'

/** Where the spans of batches go: each to one of the two. */
export interface DecodedSink {
  keep(records: readonly SpanRecord[]): void
  reject(reason: string, spans: number): void
}

/**
 * Decodes a batch as the analyzer does, with its limits. One that it refuses is halved until the
 * span at fault is alone, so that it takes no other with it.
 */
export function decodeBatch(decoder: OtlpDecoder, batch: Batch, sink: DecodedSink): void {
  const { encoding, pieces } = batch
  const decoded = decoder.decode(encodeRequest(encoding, pieces), encoding)
  if (decoded.kind === 'decoded') {
    sink.keep(decoded.records)
    for (const [reason, spans] of Object.entries(decoded.reasons)) sink.reject(reason, spans)
    return
  }
  const halves = halveBatch(batch)
  if (halves.length === 0) sink.reject(decoded.message, spansOf(batch))
  for (const half of halves) decodeBatch(decoder, half, sink)
}
