import { decodeContext } from '../../../ingest/otlp/decode-span.ts'
import { ProtobufReader, WIRE_FIXED64 } from '../../../ingest/otlp/protobuf-reader.ts'
import type { Span } from '../../../story/span.ts'
import { isLaterVersion } from '../../../story/span-version.ts'
import type { ContextRecord } from '../../span-record.ts'
import { decodeOrUndefined } from './decode-chunk.ts'

/** A span as it is stored, or is to be. */
export interface SpanVersion {
  readonly bytes: Buffer
  readonly context: ContextRecord
}

/**
 * Whether readers will keep this version rather than that one: their own choice, asked of spans
 * that are decoded for nothing else. Nearly always the times or the bytes tell already.
 */
export function isLaterStored(version: SpanVersion, known: SpanVersion): boolean {
  const endNs = endNsOf(version.bytes)
  const knownEndNs = endNsOf(known.bytes)
  if (endNs !== knownEndNs) return endNs > knownEndNs
  if (version.context.hash === known.context.hash && version.bytes.equals(known.bytes)) return false
  const span = decode(version)
  const before = decode(known)
  if (span === undefined || before === undefined) return before === undefined
  return isLaterVersion(span, before)
}

/** Undefined where it is not what was written. */
function decode({ bytes, context }: SpanVersion): Span | undefined {
  return decodeOrUndefined(bytes, decodeContext(context.bytes))
}

const END_TIME_FIELD = 8

/** Of a stored span; nothing that ever ended where it says nothing of it. */
function endNsOf(span: Buffer): bigint {
  const reader = new ProtobufReader(span)
  while (reader.next()) {
    if (reader.is(END_TIME_FIELD, WIRE_FIXED64)) return reader.fixed64()
    reader.skip()
  }
  return 0n
}
