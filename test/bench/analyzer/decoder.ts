import { decodeOtlp } from '../../../analyzer/ingest/decode-otlp.ts'
import { stripContent } from '../../../analyzer/ingest/strip-content.ts'
import type { Encoding } from '../spans/template.ts'

/** From a body to what is written, as the ingest thread does it; how many spans. */
export type Decode = (body: Uint8Array, encoding: Encoding) => number

export function createDecoder(): Decode {
  const salt = Buffer.alloc(32, 1)
  return (body, encoding) => {
    const decoded = decodeOtlp(body, encoding)
    if (decoded.kind === 'malformed') throw new Error(decoded.message)
    return stripContent(decoded.spans, { salt }).length
  }
}
