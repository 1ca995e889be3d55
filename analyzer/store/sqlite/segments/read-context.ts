import { createHash } from 'node:crypto'

import { decodeContext } from '../../../ingest/otlp/decode-span.ts'
import { MalformedError } from '../../../ingest/otlp/protobuf-reader.ts'
import type { SpanContext } from '../../../ingest/otlp/span-context.ts'

/** A row of `contexts`, which segments of both kinds have. */
export interface StoredContext {
  readonly hash: string
  readonly bytes: Buffer
}

/** What it says; undefined where it is gone or not what was written. */
export function readContext(stored: StoredContext | undefined): SpanContext | undefined {
  if (stored === undefined) return undefined
  const { hash, bytes } = stored
  if (createHash('sha256').update(bytes).digest('hex') !== hash) return undefined
  try {
    return decodeContext(bytes)
  } catch (error: unknown) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}
