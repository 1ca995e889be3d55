import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import { decodeSpan } from '../../../../../analyzer/ingest/otlp/decode-span.ts'
import { BlockCache } from '../../../../../analyzer/store/sqlite/packing/block-cache.ts'
import {
  packSegment,
  type PackStep,
} from '../../../../../analyzer/store/sqlite/packing/pack-segment.ts'
import { openPackedSegment } from '../../../../../analyzer/store/sqlite/packing/packed-segment.ts'
import { splitChunk } from '../../../../../analyzer/store/sqlite/segments/chunk.ts'
import type {
  LostChunk,
  Segment,
  StoredChunk,
} from '../../../../../analyzer/store/sqlite/segments/segment.ts'
import type { Span } from '../../../../../analyzer/story/span.ts'
import { buildSpan } from '../../../../support/otlp.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'
import { writeHotSegment, type ChunkToWrite } from '../../../../support/write-hot-segment.ts'

const MS = 1_760_000_000_000
const ALL = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }

function spanOf(trace: number, id: number, input: Partial<Span> = {}): Span {
  const { attributes: _attributes, resource: _resource, ...rest } = input
  const startTimeNs = BigInt(MS) * 1_000_000n + BigInt(id) * 1_000_000n
  return buildSpan({
    traceId: trace.toString(16).padStart(32, '0'),
    spanId: id.toString(16).padStart(16, '0'),
    startTimeNs,
    endTimeNs: startTimeNs + 5_000_000n,
    attributes: { 'gen_ai.request.model': 'gpt-4o', number: id },
    ...rest,
  })
}

/** Three traces whose chunks came between each other's, of two sources. */
function interleaved(): readonly ChunkToWrite[] {
  return [
    { source: 'a', receivedMs: MS, spans: [spanOf(1, 1), spanOf(1, 2)] },
    { source: 'a', receivedMs: MS + 1, spans: [spanOf(2, 3)] },
    { source: 'b', receivedMs: MS + 2, spans: [spanOf(1, 4, { status: FAILED })] },
    { source: 'a', receivedMs: MS + 3, spans: [spanOf(1, 5, { status: FAILED }), spanOf(1, 6)] },
    { source: 'b', receivedMs: MS + 4, spans: [spanOf(3, 7)] },
    { source: 'a', receivedMs: MS + 5, spans: [spanOf(2, 8, { status: FAILED })] },
  ]
}

const FAILED = { code: 'error', message: 'cut' } as const

function files() {
  const folder = temporaryFolder()
  return {
    folder,
    hotFile: join(folder, '000001.hot.db'),
    packedFile: join(folder, '000001.packed.db'),
    mayReplace: () => true,
  }
}

function packWhole(options: ReturnType<typeof files>): boolean {
  const steps = packSegment(options)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

function openPacked(file: string): Segment {
  const segment = openPackedSegment(file, { number: 1, blocks: new BlockCache() })
  onTestFinished(() => segment.close())
  return segment
}

function spansIn(chunk: StoredChunk | LostChunk | undefined): readonly Span[] {
  if (chunk?.bytes === undefined) throw new Error('the chunk is lost')
  return splitChunk(chunk.bytes).spans.map((bytes) => decodeSpan(bytes, chunk.context))
}

const atUs = (id: number): number => (MS + id) * 1000

const traceId = (trace: number): Buffer => Buffer.from(trace.toString(16).padStart(32, '0'), 'hex')

test('gives every chunk back at its place, with its source, context and time of receipt', () => {
  const options = files()
  const chunks = interleaved()
  writeHotSegment(options.hotFile, { chunks })

  expect(packWhole(options)).toBe(true)

  expect(readdirSync(options.folder)).toEqual(['000001.packed.db'])
  const packed = openPacked(options.packedFile)
  const read = packed.chunksAfter(0, 100)
  expect(read.map((chunk) => chunk.row)).toEqual([1, 2, 3, 4, 5, 6])
  for (const [index, chunk] of read.entries()) {
    expect(chunk).toMatchObject({
      source: chunks[index]?.source,
      receivedAtMs: chunks[index]?.receivedMs,
    })
    expect(spansIn(chunk)).toEqual(chunks[index]?.spans)
    expect(chunk).toMatchObject(packed.chunk(chunk.row) ?? {})
  }
  expect(packed.chunk(7)).toBeUndefined()
})

test('goes on after any row, and stops at the limit', () => {
  const options = files()
  writeHotSegment(options.hotFile, { chunks: interleaved() })
  packWhole(options)
  const packed = openPacked(options.packedFile)
  for (let after = 0; after <= 7; after += 1) {
    for (let limit = 1; limit <= 7; limit += 1) {
      const expected = [1, 2, 3, 4, 5, 6].filter((row) => row > after).slice(0, limit)
      expect(packed.chunksAfter(after, limit).map((chunk) => chunk.row)).toEqual(expected)
    }
  }
})

test('finds a trace of several sources in the order of arrival', () => {
  const options = files()
  writeHotSegment(options.hotFile, { chunks: interleaved() })
  packWhole(options)
  const packed = openPacked(options.packedFile)
  expect(packed.chunksOfTrace(traceId(1), 100).map((chunk) => chunk.row)).toEqual([1, 3, 4])
  expect(packed.chunksOfTrace(traceId(1), 2).map((chunk) => chunk.row)).toEqual([1, 3])
  expect(packed.chunksOfTrace(traceId(9), 100)).toEqual([])
})

test('finds traces by when they failed and by when they started', () => {
  const options = files()
  writeHotSegment(options.hotFile, { chunks: interleaved() })
  packWhole(options)
  const packed = openPacked(options.packedFile)
  const ids = [1, 2, 3].map((trace) => traceId(trace).toString('hex'))

  expect([...packed.failedIn('a', ALL)]).toEqual([
    { row: 4, traceId: ids[0], atUs: atUs(10) },
    { row: 6, traceId: ids[1], atUs: atUs(13) },
  ])
  expect([...packed.failedIn('b', ALL)]).toEqual([{ row: 3, traceId: ids[0], atUs: atUs(9) }])
  expect([...packed.failedIn('a', { fromUs: atUs(11), toUs: atUs(13) })]).toHaveLength(1)
  expect([...packed.failedIn('c', ALL)]).toEqual([])

  expect([...packed.startedIn('a', ALL)]).toEqual([
    { row: 1, traceId: ids[0], atUs: atUs(1) },
    { row: 2, traceId: ids[1], atUs: atUs(3) },
  ])
  expect([...packed.startedIn('a', { fromUs: atUs(3), toUs: atUs(3) })]).toHaveLength(1)
  expect(packed.earliestOf('b', traceId(1))).toEqual([{ row: 3, traceId: ids[0], atUs: atUs(4) }])
  expect(packed.earliestOf('b', traceId(2))).toEqual([])
})

test('names every chunk that shares the earliest microsecond of a trace', () => {
  const options = files()
  const startTimeNs = BigInt(MS) * 1_000_000n
  writeHotSegment(options.hotFile, {
    chunks: [
      { source: 'a', receivedMs: MS, spans: [spanOf(1, 9)] },
      { source: 'a', receivedMs: MS, spans: [spanOf(1, 1, { startTimeNs: startTimeNs + 5n })] },
      { source: 'a', receivedMs: MS, spans: [spanOf(1, 2, { startTimeNs })] },
    ],
  })
  packWhole(options)
  const packed = openPacked(options.packedFile)
  expect(packed.earliestOf('a', traceId(1)).map((head) => head.row)).toEqual([2, 3])
  expect([...packed.startedIn('a', ALL)]).toEqual([
    { row: 2, traceId: traceId(1).toString('hex'), atUs: MS * 1000 },
  ])
})

test('keeps two traces apart that share a hash', () => {
  const options = files()
  writeHotSegment(options.hotFile, { chunks: interleaved(), hashOf: () => 7 })
  packWhole(options)
  const packed = openPacked(options.packedFile)
  expect(packed.chunksOfTrace(traceId(1), 9).map((chunk) => chunk.row)).toEqual([1, 3, 4])
  expect(packed.chunksOfTrace(traceId(2), 9).map((chunk) => chunk.row)).toEqual([2, 6])
})

test('carries seal, filters, hash key and counters over', () => {
  const options = files()
  writeHotSegment(options.hotFile, { chunks: interleaved() })
  packWhole(options)
  const packed = openPacked(options.packedFile)
  expect(packed.hashKey).toEqual({ low: 1, high: 2 })
  expect(packed.seal()).toMatchObject({ spans: 8, lastReceivedMs: MS + 5 })
  expect(packed.filter('spans')).toBeDefined()
  expect(packed.filter('traces')).toBeDefined()
  expect(packed.counters()).toEqual([
    { source: 'a', name: 'stored', value: 6 },
    { source: 'b', name: 'stored', value: 2 },
  ])
})

test('splits a runaway trace into parts, and still answers in order', () => {
  const options = files()
  const big = 'x'.repeat(1024 * 1024)
  const chunks = Array.from({ length: 11 }, (_, index) => ({
    source: 'a',
    receivedMs: MS + index,
    spans: [spanOf(index === 5 ? 2 : 1, index + 1, { status: { code: 'error', message: big } })],
  }))
  writeHotSegment(options.hotFile, { chunks })
  packWhole(options)
  const packed = openPacked(options.packedFile)
  const rows = Array.from({ length: 11 }, (_, index) => index + 1)
  expect(packed.chunksAfter(0, 100).map((chunk) => chunk.row)).toEqual(rows)
  expect(packed.chunksOfTrace(traceId(1), 100).map((chunk) => chunk.row)).toEqual(
    rows.filter((row) => row !== 6),
  )
  expect(packed.earliestOf('a', traceId(1)).map((head) => head.row)).toEqual([1])
  expect(spansIn(packed.chunk(11))).toEqual(chunks[10]?.spans)
})

test('packs a segment without a chunk, which keeps its counters', () => {
  const options = files()
  writeHotSegment(options.hotFile, { chunks: [], sealed: false })
  expect(packWhole(options)).toBe(true)
  expect(openPacked(options.packedFile).chunksAfter(0, 10)).toEqual([])
})

test('loses nothing wherever it is interrupted, and starts again', () => {
  const chunks = interleaved()
  const whole = files()
  writeHotSegment(whole.hotFile, { chunks })
  const steps: PackStep[] = [...packSegment(whole)]
  expect([...new Set(steps)]).toEqual([
    'part',
    'carried',
    'written',
    'verified',
    'renamed',
    'removed',
  ])
  for (let taken = 0; taken <= steps.length; taken += 1) {
    const options = files()
    writeHotSegment(options.hotFile, { chunks })
    const killed = packSegment(options)
    for (let step = 0; step < taken; step += 1) killed.next()
    // Neither `return` nor `finally`: so a process ends that is killed.
    if (!existsSync(options.packedFile)) packWhole(options)
    const read = openPacked(options.packedFile).chunksAfter(0, 100)
    expect(read.map(spansIn), `after ${taken} steps`).toEqual(chunks.map((each) => each.spans))
  }
})

test('leaves the hot file where it is when it may not be replaced any more', () => {
  const options = { ...files(), mayReplace: () => false }
  writeHotSegment(options.hotFile, { chunks: interleaved() })
  expect(packWhole(options)).toBe(false)
  const databases = readdirSync(options.folder).filter((name) => !/-(?:shm|wal)$/.test(name))
  expect(databases).toEqual(['000001.hot.db'])
})

test('leaves the hot file where it is when it cannot be read, and nothing beside it', () => {
  const options = files()
  writeHotSegment(options.hotFile, { chunks: manyChunks(400) })
  const bytes = readFileSync(options.hotFile)
  for (let at = 3 * 8192; at < bytes.length; at += 8192) bytes.fill(0xee, at, at + 64)
  writeFileSync(options.hotFile, bytes)
  expect(() => packWhole(options)).toThrow(/malformed/)
  expect(readdirSync(options.folder)).not.toContain('000001.packed.db')
  expect(readdirSync(options.folder)).not.toContain('000001.packed.db.tmp')
  expect(statSync(options.hotFile).size).toBe(bytes.length)
})

test('keeps the hot file where rows of it are hidden from whoever walks them', () => {
  const options = files()
  writeHotSegment(options.hotFile, { chunks: interleaved() })
  const database = new Database(options.hotFile)
  database.exec('DELETE FROM chunks WHERE row = 3')
  database.close()
  expect(() => packWhole(options)).toThrow('spans were found of 8 that it was sealed with')
  expect(readdirSync(options.folder).filter((name) => name.endsWith('.db'))).toEqual([
    '000001.hot.db',
  ])
})

test('loses no row that only an index has lost', () => {
  const options = files()
  writeHotSegment(options.hotFile, { chunks: interleaved() })
  const database = new Database(options.hotFile)
  database.unsafeMode()
  database.pragma('writable_schema = ON')
  database.exec(`DELETE FROM sqlite_schema WHERE name = 'chunks_by_trace'`)
  const version = Number(database.pragma('schema_version', { simple: true }))
  database.pragma(`schema_version = ${version + 1}`)
  database.close()
  const again = new Database(options.hotFile)
  again.exec('CREATE INDEX chunks_by_trace ON chunks (trace_hash) WHERE row <> 3')
  again.close()
  packWhole(options)
  const rows = openPacked(options.packedFile).chunksAfter(0, 100)
  expect(rows.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 6])
})

test('tells no trace of another, though its place in the block is damaged', () => {
  const options = files()
  writeHotSegment(options.hotFile, { chunks: interleaved() })
  packWhole(options)
  const database = new Database(options.packedFile)
  database.exec(
    'UPDATE parts SET byte_offset = (SELECT byte_offset FROM parts WHERE row = 2) WHERE row = 5',
  )
  database.close()
  const { traceId } = spanOf(3, 7)
  const chunks = openPacked(options.packedFile).chunksOfTrace(Buffer.from(traceId, 'hex'), 10)
  expect(chunks).toEqual([{ row: 5, bytes: undefined }])
})

test('tells which chunks a damaged block has lost, and reads the others', () => {
  const options = files()
  const chunks = manyChunks(2000)
  writeHotSegment(options.hotFile, { chunks })
  packWhole(options)
  const database = new Database(options.packedFile)
  database.exec(`UPDATE blocks SET bytes = zeroblob(length(bytes)) WHERE id = 2`)
  const inBlock = database
    .prepare<[], number>('SELECT row FROM parts WHERE block_id = 2 ORDER BY row')
    .pluck()
    .all()
  database.close()
  const packed = openPacked(options.packedFile)
  const read = packed.chunksAfter(0, 5000)
  expect(read).toHaveLength(2000)
  const lost = read.filter((chunk) => chunk.bytes === undefined).map((chunk) => chunk.row)
  expect(lost).toEqual(inBlock)
  expect(lost.length).toBeGreaterThan(10)
  expect(packed.chunk(lost[0] ?? 0)).toEqual({ row: lost[0], bytes: undefined })
  expect(packed.chunksOfTrace(traceId(lost[0] ?? 0), 5)).toEqual([
    { row: lost[0], bytes: undefined },
  ])
})

/** One trace each. */
function manyChunks(count: number): readonly ChunkToWrite[] {
  return Array.from({ length: count }, (_, index) => ({
    source: 'a',
    receivedMs: MS + index,
    spans: [spanOf(index + 1, index + 1)],
  }))
}
