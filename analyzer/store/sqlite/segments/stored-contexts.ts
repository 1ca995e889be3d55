import { createHash } from 'node:crypto'

import { decodeContext } from '../../../ingest/otlp/decode-span.ts'
import { MalformedError } from '../../../ingest/otlp/protobuf-reader.ts'
import type { SpanContext } from '../../../ingest/otlp/span-context.ts'
import type { ContextRecord } from '../../span-record.ts'

/** A row of `contexts`, which segments of both kinds have. */
export interface ContextRow {
  readonly hash: string
  readonly bytes: Buffer
}

/** A context as it was stored, and what it says. */
export type StoredContext = ContextRecord & SpanContext

/** Remembered decoded; senders have a handful each. */
const KNOWN_MAX = 512

/** The contexts of one segment. */
export class StoredContexts {
  readonly #read: (id: number) => ContextRow | undefined
  readonly #known = new Map<number, StoredContext>()

  constructor(read: (id: number) => ContextRow | undefined) {
    this.#read = read
  }

  /** Undefined where it is gone or not what was written. */
  get(id: number): StoredContext | undefined {
    const known = this.#known.get(id)
    if (known !== undefined) return known
    const row = this.#read(id)
    const context = row === undefined ? undefined : decode(row)
    if (context === undefined) return undefined
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(id, context)
    return context
  }
}

function decode({ hash, bytes }: ContextRow): StoredContext | undefined {
  if (createHash('sha256').update(bytes).digest('hex') !== hash) return undefined
  try {
    return { hash, bytes, ...decodeContext(bytes) }
  } catch (error: unknown) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}
