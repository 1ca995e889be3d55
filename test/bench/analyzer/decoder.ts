import { OtlpDecoder } from '../../../analyzer/ingest/decode-otlp.ts'
import type { Encoding } from '../spans/template.ts'

/** From a body to what is written, as the ingest thread does it; how many spans. */
export type Decode = (body: Uint8Array, encoding: Encoding) => number

export function createDecoder(): Decode {
  const decoder = new OtlpDecoder({ salt: Buffer.alloc(32, 1) })
  return (body, encoding) => {
    const decoded = decoder.decode(body, encoding)
    if (decoded.kind === 'malformed') throw new Error(decoded.message)
    return decoded.records.length
  }
}
