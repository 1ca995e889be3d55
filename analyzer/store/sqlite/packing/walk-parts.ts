import type Database from 'better-sqlite3'

import { MalformedError } from '../../../ingest/otlp/protobuf-reader.ts'
import { openBlock, type BlockDamage, type OpenedBlock } from './block.ts'
import { decodeTracePart, type PackedChunk } from './trace-part.ts'

export type WalkedPart = {
  readonly row: number
  readonly blockId: number
  readonly spans: number
} & (
  | { readonly kind: 'read'; readonly chunks: readonly PackedChunk[] }
  | { readonly kind: 'damaged'; readonly why: BlockDamage | 'not where it should be' | 'missing' }
)

interface PartRow {
  readonly row: number
  readonly spans: number
  readonly blockId: number
  readonly byteOffset: number
}

const PAGE_ROWS = 1000

/** All that a packed segment holds, with each block checked and unfolded. */
export function* walkParts(database: Database.Database): Generator<WalkedPart, void> {
  const parts = database.prepare<[number, number], PartRow>(
    `SELECT row, spans, block_id AS blockId, byte_offset AS byteOffset FROM parts
     WHERE row > ? ORDER BY row LIMIT ?`,
  )
  const blocks = database.prepare<[number], Buffer>('SELECT bytes FROM blocks WHERE id = ?').pluck()
  let open: { readonly id: number; readonly block: OpenedBlock | undefined } | undefined
  let after = 0
  for (;;) {
    const page = parts.all(after, PAGE_ROWS)
    for (const { byteOffset, ...part } of page) {
      if (open?.id !== part.blockId) {
        const stored = blocks.get(part.blockId)
        open = { id: part.blockId, block: stored === undefined ? undefined : openBlock(stored) }
      }
      yield { ...part, ...readPart(open.block, byteOffset, part.row) }
    }
    const last = page.at(-1)
    if (last === undefined) return
    after = last.row
  }
}

function readPart(block: OpenedBlock | undefined, byteOffset: number, row: number) {
  if (block === undefined) return { kind: 'damaged', why: 'missing' } as const
  if (block.kind === 'damaged') return block
  try {
    const chunks = decodeTracePart(block.bytes, byteOffset)
    if (chunks[0]?.row === row) return { kind: 'read', chunks } as const
  } catch (error: unknown) {
    if (!(error instanceof MalformedError)) throw error
  }
  return { kind: 'damaged', why: 'not where it should be' } as const
}
