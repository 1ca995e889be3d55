import { decodeOtlp } from '../../analyzer/ingest/decode-otlp.ts'
import { halveBatch, spansOf } from './batch.ts'
import { encodeRequest } from './piece.ts'
import type { SendBatch, Sent } from './send-batch.ts'

/** `--dry-run`: what the analyzer would say, from its own decoder in this process. */
export const decodeBatch: SendBatch = (batch) => Promise.resolve(decode(batch))

function decode(batch: Parameters<SendBatch>[0]): Sent {
  const decoded = decodeOtlp(encodeRequest(batch.encoding, batch.pieces), batch.encoding)
  if (decoded.kind === 'decoded') {
    const rejected = new Map(Object.entries(decoded.reasons))
    return { accepted: spansOf(batch) - decoded.rejected, rejected }
  }
  const halves = halveBatch(batch)
  if (halves.length === 0) {
    return { accepted: 0, rejected: new Map([[decoded.message, spansOf(batch)]]) }
  }
  return halves.map((half) => decode(half)).reduce(merge)
}

function merge(left: Sent, right: Sent): Sent {
  const rejected = new Map(left.rejected)
  for (const [why, count] of right.rejected) rejected.set(why, (rejected.get(why) ?? 0) + count)
  return { accepted: left.accepted + right.accepted, rejected }
}
