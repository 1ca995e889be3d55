import type { Encoding } from '../../analyzer/ingest/decode-otlp.ts'
import type { Piece } from './piece.ts'

/** Where in a file something is: of its decompressed bytes, from 0; lines where it has them. */
export interface Place {
  readonly byte: number
  readonly line?: number
}

/** What a file holds, in its order. */
export type Found =
  | { readonly kind: 'piece'; readonly piece: Piece }
  /** A part that cannot be read, with its place; reading goes on behind it, where that is found. */
  | Problem

export interface Problem {
  readonly kind: 'problem'
  readonly message: string
}

/** Reads a file as its bytes come; `end` tells what was cut off. */
export interface SpanFileReader {
  readonly encoding: Encoding
  /** For people: `OTLP JSON, one document per line`. */
  readonly format: string
  push(chunk: Buffer): Iterable<Found>
  end(): Iterable<Found>
}

export function problem({ line, byte }: Place, message: string): Problem {
  const where = line === undefined ? `byte ${byte}` : `line ${line}`
  return { kind: 'problem', message: `${where}: ${message}` }
}
