import { randomBytes } from 'node:crypto'

import { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import { halveBatch, spansOf, type Batch } from './batch.ts'
import { encodeRequest } from './piece.ts'
import { addSent, type SendBatch, type Sent } from './sent.ts'

/** `--dry-run`: what the analyzer would say, from its own decoder in this process. */
export function createDryRun(): SendBatch {
  // Nothing of it is kept, so that no hash is ever compared with another.
  const decoder = new OtlpDecoder({ salt: randomBytes(16) })
  const decode = (batch: Batch): Sent => {
    const decoded = decoder.decode(encodeRequest(batch.encoding, batch.pieces), batch.encoding)
    if (decoded.kind === 'decoded') {
      const rejected = new Map(Object.entries(decoded.reasons))
      return { accepted: spansOf(batch) - decoded.rejected, rejected }
    }
    const halves = halveBatch(batch)
    if (halves.length === 0) {
      return { accepted: 0, rejected: new Map([[decoded.message, spansOf(batch)]]) }
    }
    return halves.map(decode).reduce(addSent)
  }
  return (batch) => Promise.resolve(decode(batch))
}
