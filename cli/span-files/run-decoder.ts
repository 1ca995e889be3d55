import { randomBytes } from 'node:crypto'

import { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'

/** Hashes of one run are comparable with each other, and with nothing else: nothing is kept. */
export function createRunDecoder(): OtlpDecoder {
  return new OtlpDecoder({ salt: randomBytes(16) })
}
