import { gunzipSync } from 'node:zlib'

import { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import { isGzip } from '../../analyzer/ingest/inflate.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { HeldSpans } from '../../cli/classify/held-spans.ts'
import { Batcher } from '../../cli/span-files/batch.ts'
import { chooseReader } from '../../cli/span-files/choose-reader.ts'
import { decodeBatch } from '../../cli/span-files/decode-batch.ts'

const SALT = new TextEncoder().encode('of these tests')

/**
 * The spans of a document that is whole, in whichever encoding: what `secondwind classify` reads of
 * such a file, at once. Throws where it would read less.
 */
export function decodeDocument(document: Uint8Array, salt: Uint8Array = SALT): readonly Span[] {
  const packed = Buffer.from(document)
  const bytes = isGzip(packed) ? gunzipSync(packed) : packed
  const chosen = chooseReader(bytes)
  if (chosen.kind === 'unknown') throw new Error(chosen.message)
  const { reader } = chosen
  const held = new HeldSpans()
  const batcher = new Batcher(reader.encoding)
  const decoder = decoderOf(salt)
  for (const found of [...reader.push(bytes), ...reader.end()]) {
    if (found.kind === 'problem') throw new Error(found.message)
    for (const batch of batcher.add(found.piece)) decodeBatch(decoder, batch, held)
  }
  for (const batch of batcher.finish()) decodeBatch(decoder, batch, held)
  if (held.rejected.size > 0) throw new Error([...held.rejected.keys()].join(', '))
  return held.toSpans()
}

const decoders = new Map<string, OtlpDecoder>()

/** One remembers what it has seen, and is slow to make. */
function decoderOf(salt: Uint8Array): OtlpDecoder {
  const key = Buffer.from(salt).toString('hex')
  const decoder = decoders.get(key) ?? new OtlpDecoder({ salt })
  decoders.set(key, decoder)
  return decoder
}
