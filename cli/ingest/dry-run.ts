import type { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import { createRunDecoder } from '../span-files/run-decoder.ts'
import type { Batch } from '../span-files/batch.ts'
import { decodeBatch } from '../span-files/decode-batch.ts'
import type { SendBatch, Sent } from './sent.ts'

/** `--dry-run`: what the analyzer would say, from its own decoder in this process. */
export function createDryRun(): SendBatch {
  const decoder = createRunDecoder()
  return (batch) => Promise.resolve(countDecoded(decoder, batch))
}

function countDecoded(decoder: OtlpDecoder, batch: Batch): Sent {
  let accepted = 0
  const rejected = new Map<string, number>()
  decodeBatch(decoder, batch, {
    keep: (records) => {
      accepted += records.length
    },
    reject: (reason, spans) => rejected.set(reason, (rejected.get(reason) ?? 0) + spans),
  })
  return { accepted, rejected }
}
