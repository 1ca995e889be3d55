import { renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

import Database from 'better-sqlite3'

import { CARRIED_TABLES, HotSegment, type HotChunk } from './hot-segment.ts'
import { PackedWriter } from './packed-writer.ts'
import { syncFolder } from './sync-folder.ts'
import { walkParts } from './walk-parts.ts'

export interface PackOptions {
  /** Sealed: nobody writes to it any more. */
  readonly hotFile: string
  /** What replaces it. */
  readonly packedFile: string
  /** Asked at the last moment: the judge may have begun again from the first span. */
  readonly mayReplace: () => boolean
}

/**
 * Where packing can be interrupted, for a turn of others or for ever. Whatever is on disk at one of
 * these is right: the packed file counts from its renaming on, the hot one until then.
 */
export type PackStep = 'part' | 'carried' | 'written' | 'verified' | 'renamed' | 'removed'

/** A runaway trace is packed in parts of this size, so that no step takes long. */
const PART_BYTES_MAX = 4 * 1024 * 1024

/**
 * Rewrites a segment into compressed blocks of whole traces, in steps of a few milliseconds. True
 * once it has replaced the hot one. What an earlier attempt left behind is thrown away.
 */
export function* packSegment(options: PackOptions): Generator<PackStep, boolean> {
  const { hotFile, packedFile } = options
  const unfinished = `${packedFile}.tmp`
  removeDatabase(unfinished)
  try {
    const spans = yield* write(hotFile, unfinished)
    yield 'written'
    yield* verify(unfinished, spans)
  } catch (error: unknown) {
    removeDatabase(unfinished)
    throw error
  }
  yield 'verified'
  if (!options.mayReplace()) {
    removeDatabase(unfinished)
    return false
  }
  renameSync(unfinished, packedFile)
  syncFolder(dirname(packedFile))
  yield 'renamed'
  removeDatabase(hotFile)
  yield 'removed'
  return true
}

/** With what SQLite keeps beside it. */
export function removeDatabase(file: string): void {
  // The log goes last: without its file it means nothing, the file without its log lacks spans.
  for (const suffix of ['', '-shm', '-wal', '-journal']) rmSync(`${file}${suffix}`, { force: true })
}

/** How many spans there are. */
function* write(hotFile: string, unfinished: string): Generator<PackStep, number> {
  const hot = new HotSegment(hotFile)
  try {
    const writer = new PackedWriter(unfinished)
    try {
      const packed = yield* packChunks(hot, writer)
      yield* carryRest(hot, writer, packed.partRows)
      writer.finish()
      return packed.spans
    } finally {
      writer.close()
    }
  } finally {
    hot.close()
  }
}

/** What was written is read back before the only other copy goes. */
function* verify(file: string, spansWritten: number): Generator<PackStep, void> {
  const database = new Database(file, { readonly: true })
  try {
    let spans = 0
    for (const part of walkParts(database)) {
      if (part.kind === 'damaged') throw new Error(`block ${part.blockId} is ${part.why}`)
      spans += part.spans
      yield 'part'
    }
    if (spans === spansWritten) return
    throw new Error(`${spans} spans can be read back of ${spansWritten} that were written`)
  } finally {
    database.close()
  }
}

/** The row of the part that each chunk became part of. */
type PartRows = Uint32Array

interface Packed {
  readonly partRows: PartRows
  readonly spans: number
}

/** Trace by trace, in the order in which the first chunk of each came. */
function* packChunks(hot: HotSegment, writer: PackedWriter): Generator<PackStep, Packed> {
  const partRows = new Uint32Array(hot.rowMax() + 1)
  let spans = 0
  for (const row of hot.rows()) {
    if (partRows[row] !== 0) continue
    const first = hot.chunk(row)
    let part: HotChunk[] = []
    let bytes = 0
    for (const nextRow of hot.rowsOfTrace(first)) {
      if (partRows[nextRow] !== 0) continue
      const next = nextRow === row ? first : hot.chunk(nextRow)
      if (!belongTogether(first, next)) continue
      part.push(next)
      bytes += next.bytes.length
      spans += next.spans
      partRows[nextRow] = part[0]?.row ?? nextRow
      if (bytes < PART_BYTES_MAX) continue
      addPart(writer, part)
      yield 'part'
      part = []
      bytes = 0
    }
    addPart(writer, part)
    yield 'part'
  }
  return { partRows, spans }
}

function belongTogether(one: HotChunk, other: HotChunk): boolean {
  return one.sourceId === other.sourceId && one.traceId.equals(other.traceId)
}

function addPart(writer: PackedWriter, chunks: readonly HotChunk[]): void {
  const [first] = chunks
  if (first === undefined) return
  writer.addPart({
    traceId: first.traceId,
    sourceId: first.sourceId,
    startUs: Math.min(...chunks.map((chunk) => chunk.startUs)),
    spans: chunks.reduce((sum, chunk) => sum + chunk.spans, 0),
    chunks,
  })
  writer.settle()
}

/** Rows carried in one step. */
const CARRY_ROWS = 1000

function* carryRest(
  hot: HotSegment,
  writer: PackedWriter,
  partRows: PartRows,
): Generator<PackStep, void> {
  let count = 0
  for (const { sourceId, endUs, row } of hot.failures()) {
    writer.addFailure(sourceId, endUs, partRows[row] ?? row)
    count += 1
    if (count % CARRY_ROWS === 0) yield 'carried'
  }
  for (const table of CARRIED_TABLES) {
    for (const row of hot.rowsOf(table)) {
      writer.carry(table, row)
      count += 1
      if (count % CARRY_ROWS === 0) yield 'carried'
    }
  }
  yield 'carried'
}
