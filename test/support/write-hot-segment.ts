import { createHash } from 'node:crypto'

import Database from 'better-sqlite3'

import { ChunkEncoder, sumOfChunk } from '../../analyzer/store/sqlite/segments/chunk.ts'
import { HOT_MIGRATIONS, HOT_PAGE_BYTES } from '../../analyzer/store/sqlite/segments/hot-schema.ts'
import { IdFilter } from '../../analyzer/store/sqlite/segments/id-filter.ts'
import { IdHash } from '../../analyzer/store/sqlite/segments/id-hash.ts'
import { writeBirth, writeSeal } from '../../analyzer/store/sqlite/segments/segment-meta.ts'
import { migrate } from '../../analyzer/store/sqlite/migrate.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { encodeContext, encodeSpan } from './encode-span.ts'

/** Spans of one trace and resource that came in one commit. */
export interface ChunkToWrite {
  readonly source: string
  readonly receivedMs: number
  readonly spans: readonly Span[]
}

export interface SegmentToWrite {
  readonly chunks: readonly ChunkToWrite[]
  /** Two traces of one hash, on demand. */
  readonly hashOf?: (traceId: string) => number
  readonly sealed?: boolean
}

const HASH_KEY = { low: 1, high: 2 }

/** A hot segment of just these rows, without the writer that would form them itself. */
export function writeHotSegment(file: string, segment: SegmentToWrite): void {
  const database = new Database(file)
  try {
    database.pragma(`page_size = ${HOT_PAGE_BYTES}`)
    database.pragma('journal_mode = WAL')
    migrate(database, { path: file, migrations: HOT_MIGRATIONS })
    database.transaction(() => fill(database, segment))()
    database.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
}

function fill(database: Database.Database, { chunks, hashOf, sealed }: SegmentToWrite): void {
  const hash = new IdHash(HASH_KEY)
  const encoder = new ChunkEncoder()
  const source = database.prepare('INSERT OR IGNORE INTO sources (name) VALUES (?)')
  const context = database.prepare('INSERT OR IGNORE INTO contexts (hash, bytes) VALUES (?, ?)')
  const sourceOf = database
    .prepare<[string], number>('SELECT id FROM sources WHERE name = ?')
    .pluck()
  const contextOf = database
    .prepare<[string], number>('SELECT id FROM contexts WHERE hash = ?')
    .pluck()
  const insert = database.prepare('INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)')
  const failure = database.prepare(
    `INSERT OR IGNORE INTO failures VALUES ((SELECT id FROM sources WHERE name = ?), ?, ?)`,
  )
  const counter = database.prepare(
    `INSERT INTO counters VALUES ((SELECT id FROM sources WHERE name = ?), 'stored', ?)
     ON CONFLICT DO UPDATE SET value = value + excluded.value`,
  )
  for (const chunk of chunks) {
    const [first] = chunk.spans
    if (first === undefined) throw new TypeError('a chunk has at least one span')
    const contextBytes = encodeContext(first)
    const contextHash = createHash('sha256').update(contextBytes).digest('hex')
    source.run(chunk.source)
    context.run(contextHash, contextBytes)
    const bytes = encoder.encode(
      chunk.spans.map((span) => ({
        bytes: encodeSpan(span),
        context: { bytes: contextBytes, hash: contextHash, resource: first.resource },
        startUs: 0,
        endUs: 0,
        isError: false,
      })),
    )
    const owner = {
      sourceId: sourceOf.get(chunk.source) ?? 0,
      contextId: contextOf.get(contextHash) ?? 0,
      receivedMs: chunk.receivedMs,
    }
    const { lastInsertRowid } = insert.run(
      hashOf?.(first.traceId) ?? hash.ofTrace(Buffer.from(first.traceId, 'hex'), 0),
      owner.sourceId,
      owner.contextId,
      owner.receivedMs,
      Math.min(...chunk.spans.map((span) => toUs(span.startTimeNs))),
      chunk.spans.length,
      sumOfChunk(bytes, owner),
      bytes,
    )
    counter.run(chunk.source, chunk.spans.length)
    for (const span of chunk.spans) {
      if (span.status.code === 'error') {
        failure.run(chunk.source, toUs(span.endTimeNs), lastInsertRowid)
      }
    }
  }
  finish(database, { chunks, sealed: sealed ?? true, hash })
}

interface Finishing {
  readonly chunks: readonly ChunkToWrite[]
  readonly sealed: boolean
  readonly hash: IdHash
}

function finish(database: Database.Database, { chunks, sealed, hash }: Finishing): void {
  const receivedMs = chunks.map((chunk) => chunk.receivedMs)
  writeBirth(database, { createdMs: receivedMs[0] ?? 0, hashKey: HASH_KEY })
  if (!sealed) return
  const spans = chunks.flatMap((chunk) => chunk.spans)
  const filters = { spans: IdFilter.for(spans.length), traces: IdFilter.for(spans.length) }
  for (const span of spans) {
    const bytes = encodeSpan(span)
    hash.ofSpan(bytes)
    filters.spans.add(hash)
    hash.ofNumber(hash.ofTrace(bytes))
    filters.traces.add(hash)
  }
  const starts = spans.map((span) => toUs(span.startTimeNs))
  const failed = spans.filter((span) => span.status.code === 'error')
  const ends = failed.map((span) => toUs(span.endTimeNs))
  writeSeal(database, {
    sealedMs: Math.max(...receivedMs),
    lastReceivedMs: Math.max(...receivedMs),
    spans: spans.length,
    starts: { fromUs: Math.min(...starts), toUs: Math.max(...starts) },
    failures:
      ends.length === 0 ? undefined : { fromUs: Math.min(...ends), toUs: Math.max(...ends) },
    filters,
  })
}

function toUs(timeNs: bigint): number {
  return Number(timeNs / 1000n)
}
