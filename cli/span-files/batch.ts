import type { Encoding } from '../../analyzer/ingest/decode-otlp.ts'
import { split, type Piece } from './piece.ts'

/** What is decoded, or sent in one request, together. */
export interface Batch {
  readonly encoding: Encoding
  readonly pieces: readonly Piece[]
}

/** Below the smallest limit that an analyzer can have, 1 MiB, together with the envelope. */
export const BATCH_BYTES_MAX = 1_000_000
/** As many as an exporter's four batches: more make a commit no cheaper. */
export const BATCH_SPANS_MAX = 2048

/** Collects pieces into batches, and cuts those that are too large for one. */
export class Batcher {
  readonly #encoding: Encoding
  #pieces: Piece[] = []
  #bytes = 0
  #spans = 0

  constructor(encoding: Encoding) {
    this.#encoding = encoding
  }

  *add(piece: Piece): Iterable<Batch> {
    if (piece.spans === 0) return
    const batches = Math.max(piece.bytes.length / BATCH_BYTES_MAX, piece.spans / BATCH_SPANS_MAX)
    if (batches > 1 && piece.spans > 1) {
      // Those that are still too large are cut again.
      const parts = split(this.#encoding, piece, Math.ceil(batches))
      for (const part of parts) yield* this.add(part)
      return
    }
    const isFull =
      this.#bytes + piece.bytes.length > BATCH_BYTES_MAX ||
      this.#spans + piece.spans > BATCH_SPANS_MAX
    if (isFull) yield* this.finish()
    this.#pieces.push(piece)
    this.#bytes += piece.bytes.length
    this.#spans += piece.spans
  }

  *finish(): Iterable<Batch> {
    const pieces = this.#pieces
    this.#pieces = []
    this.#bytes = 0
    this.#spans = 0
    if (pieces.length > 0) yield { encoding: this.#encoding, pieces }
  }
}

export function spansOf({ pieces }: Batch): number {
  return pieces.reduce((sum, { spans }) => sum + spans, 0)
}

/** Two halves of a batch; none where it is one span. */
export function halveBatch({ encoding, pieces }: Batch): readonly Batch[] {
  const [first] = pieces
  if (first === undefined) return []
  if (pieces.length === 1) {
    if (first.spans < 2) return []
    return split(encoding, first, 2).map((piece) => ({ encoding, pieces: [piece] }))
  }
  const middle = Math.ceil(pieces.length / 2)
  return [pieces.slice(0, middle), pieces.slice(middle)].map((part) => ({
    encoding,
    pieces: part,
  }))
}
