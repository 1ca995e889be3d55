import type { Malformed } from '../../analyzer/ingest/otlp/decoded.ts'
import type { RejectCounts } from '../../analyzer/ingest/otlp/rejections.ts'
import { toSpans } from '../../cli/classify/held-spans.ts'
import { type Encoding, OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { protobufRequest } from './otlp.ts'

const SALT = Buffer.from('salt of these tests')

const decoders = new Map<string, OtlpDecoder>()

function decoderOf(salt: Uint8Array): OtlpDecoder {
  const key = Buffer.from(salt).toString('hex')
  const decoder = decoders.get(key) ?? new OtlpDecoder({ salt })
  decoders.set(key, decoder)
  return decoder
}

interface DecodedSpans {
  readonly kind: 'decoded'
  readonly spans: readonly Span[]
  readonly rejected: number
  readonly reasons: RejectCounts
}

export type DecodedBody = DecodedSpans | Malformed

/** What the analyzer keeps of a body, read back: the real decoder, the real stripping. */
export function decodeSpans(body: Uint8Array, encoding: Encoding, salt = SALT): DecodedBody {
  const decoded = decoderOf(salt).decode(body, encoding)
  if (decoded.kind === 'malformed') return decoded
  const { records, rejected, reasons } = decoded
  return { kind: 'decoded', spans: toSpans(records), rejected, reasons }
}

/** What the analyzer keeps of these spans. */
export function stripSpans(spans: readonly Span[], salt = SALT): readonly Span[] {
  const decoded = decodeSpans(protobufRequest(spans), 'protobuf', salt)
  if (decoded.kind === 'malformed') throw new Error(decoded.message)
  if (decoded.rejected > 0) throw new Error(JSON.stringify(decoded.reasons))
  return decoded.spans
}
