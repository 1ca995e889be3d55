import { renameSync } from 'node:fs'
import { dirname } from 'node:path'

import { syncFolder } from '../files.ts'
import { openForReading } from '../open-database.ts'
import { removeDatabaseFile } from '../segments/segment-catalogue.ts'
import { readSeal } from '../segments/segment-meta.ts'
import { PackedWriter } from './packed-writer.ts'
import { CARRIED_TABLES, SealedRows, type HotChunk } from './sealed-rows.ts'
import { walkParts } from './walk-parts.ts'

export interface PackOptions {
  /** Sealed: nobody writes to it any more. */
  readonly hotFile: string
  /** What replaces it. */
  readonly packedFile: string
  /** Asked at the last moment: it may have been dropped, or be read from its beginning again. */
  readonly mayReplace: () => boolean
}

/**
 * Where packing can be interrupted, for a turn of others or for ever. Whatever is on disk at one of
 * these is right: the packed file counts from its renaming on, the hot one until then.
 */
export type PackStep = 'part' | 'carried' | 'written' | 'verified' | 'renamed' | 'removed'

/** Of the file that is written; it is no segment before it is renamed. */
export const UNFINISHED = '.tmp'

/** A runaway trace is packed in parts of this size, so that no step takes long. */
const PART_BYTES_MAX = 4 * 1024 * 1024

/** Rows carried over in one step. */
const CARRY_ROWS = 1000

/**
 * Rewrites a segment into compressed blocks of whole traces, in steps of a few milliseconds. True
 * once it has replaced the hot one. What an earlier attempt left behind is thrown away.
 */
export function* packSegment(options: PackOptions): Generator<PackStep, boolean> {
  const { hotFile, packedFile, mayReplace } = options
  const unfinished = packedFile + UNFINISHED
  removeDatabaseFile(unfinished)
  try {
    const spans = yield* write(hotFile, unfinished)
    yield 'written'
    yield* verify(unfinished, spans)
    yield 'verified'
    if (!mayReplace()) return false
    renameSync(unfinished, packedFile)
  } finally {
    // Also where nobody asks for the next step any more.
    removeDatabaseFile(unfinished)
  }
  syncFolder(dirname(packedFile))
  yield 'renamed'
  removeDatabaseFile(hotFile)
  yield 'removed'
  return true
}

/** How many spans there are. */
function* write(hotFile: string, unfinished: string): Generator<PackStep, number> {
  const hot = new SealedRows(hotFile)
  try {
    const writer = new PackedWriter(unfinished)
    try {
      const spans = yield* packChunks(hot, writer)
      yield* carryRest(hot, writer)
      writer.finish()
      return spans
    } finally {
      writer.close()
    }
  } finally {
    hot.close()
  }
}

/** Trace by trace, in the order in which the first chunk of each came. */
function* packChunks(hot: SealedRows, writer: PackedWriter): Generator<PackStep, number> {
  const done = new Uint8Array(hot.rowMax() + 1)
  let spans = 0
  for (const row of hot.rows()) {
    if (done[row] !== 0) continue
    const first = hot.chunk(row)
    let part: HotChunk[] = []
    let bytes = 0
    for (const nextRow of hot.rowsOfTrace(first)) {
      if (done[nextRow] !== 0) continue
      const next = nextRow === row ? first : hot.chunk(nextRow)
      if (!belongTogether(first, next)) continue
      done[nextRow] = 1
      part.push(next)
      bytes += next.bytes.length
      spans += next.spans
      if (bytes < PART_BYTES_MAX) continue
      addPart(writer, part)
      yield 'part'
      part = []
      bytes = 0
    }
    addPart(writer, part)
    yield 'part'
  }
  return spans
}

/** Two traces may share a hash, and two sources a trace. */
function belongTogether(one: HotChunk, other: HotChunk): boolean {
  return one.sourceId === other.sourceId && one.traceId.equals(other.traceId)
}

function addPart(writer: PackedWriter, chunks: readonly HotChunk[]): void {
  const [first] = chunks
  if (first === undefined) return
  const { traceId, sourceId } = first
  writer.addPart({
    traceId,
    sourceId,
    spans: chunks.reduce((sum, chunk) => sum + chunk.spans, 0),
    chunks,
  })
  writer.settle()
}

function* carryRest(hot: SealedRows, writer: PackedWriter): Generator<PackStep, void> {
  let rows = 0
  for (const failure of hot.failures()) {
    writer.addFailure(failure)
    rows += 1
    if (rows % CARRY_ROWS === 0) yield 'carried'
  }
  for (const table of CARRIED_TABLES) {
    for (const row of hot.rowsOf(table)) {
      writer.carry(table, row)
      rows += 1
      if (rows % CARRY_ROWS === 0) yield 'carried'
    }
  }
  yield 'carried'
}

/** What was written is read back before the only other copy goes. */
function* verify(file: string, spansWritten: number): Generator<PackStep, void> {
  const database = openForReading(file)
  try {
    let spans = 0
    for (const part of walkParts(database)) {
      if (part.kind === 'damaged') throw new Error(`block ${part.blockId} is ${part.why}`)
      spans += part.spans
      yield 'part'
    }
    if (spans !== spansWritten) {
      throw new Error(`${spans} spans can be read back of ${spansWritten} that were written`)
    }
    // A damaged page can hide rows from whoever walks the table; the seal was written before.
    const sealed = readSeal(database)?.spans
    if (sealed === undefined || sealed === spans) return
    throw new Error(`${spans} spans were found of ${sealed} that it was sealed with`)
  } finally {
    database.close()
  }
}
