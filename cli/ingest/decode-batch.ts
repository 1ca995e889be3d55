import { randomBytes } from 'node:crypto'

import { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import { halveBatch, spansOf, type Batch } from './batch.ts'
import { encodeRequest } from './piece.ts'
import type { SendBatch, Sent } from './send-batch.ts'

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
    return halves.map(decode).reduce(merge)
  }
  return (batch) => Promise.resolve(decode(batch))
}

function merge(left: Sent, right: Sent): Sent {
  const rejected = new Map(left.rejected)
  for (const [why, count] of right.rejected) rejected.set(why, (rejected.get(why) ?? 0) + count)
  return { accepted: left.accepted + right.accepted, rejected }
}
