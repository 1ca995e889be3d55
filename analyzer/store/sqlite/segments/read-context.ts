import { decodeContext } from '../../../ingest/decode-span.ts'
import { MalformedError } from '../../../ingest/protobuf-reader.ts'
import type { SpanContext } from '../../../ingest/span-draft.ts'

/** What a row of `contexts` says; undefined where it is gone or not what was written. */
export function readContext(bytes: Buffer | undefined): SpanContext | undefined {
  if (bytes === undefined) return undefined
  try {
    return decodeContext(bytes)
  } catch (error: unknown) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}
