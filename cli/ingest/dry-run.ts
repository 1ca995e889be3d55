import { randomBytes } from 'node:crypto'

import { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import type { Batch } from '../span-files/batch.ts'
import { decodeBatch } from '../span-files/decode-batch.ts'
import type { SendBatch, Sent } from './sent.ts'

/** `--dry-run`: what the analyzer would say, from its own decoder in this process. */
export function createDryRun(): SendBatch {
  // Nothing of it is kept, so that no hash is ever compared with another.
  const decoder = new OtlpDecoder({ salt: randomBytes(16) })
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
