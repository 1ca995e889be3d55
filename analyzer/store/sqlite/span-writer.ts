import { createHash } from 'node:crypto'

import { encodeContext, encodeSpan } from '../../ingest/encode-span.ts'
import type { Attributes, Span } from '../../story/span.ts'
import type { ReceivedSpan, SpanLimits, SpanWriter } from '../store.ts'
import { openForWriting, type SqliteDatabase } from './open-database.ts'
import { SPANS_MIGRATIONS } from './spans-schema.ts'

/** Removed in one transaction: about 40 ms, after which waiting batches have their turn. */
const PRUNE_ROWS = 2000
const PRUNE_PAGES = 4000

/** Contexts (resource and scope) that are remembered; a sender has a handful. */
const KNOWN_CONTEXTS_MAX = 1024

export function openSpanWriter(file: string): SpanWriter {
  return new SqliteSpanWriter(openForWriting(file, SPANS_MIGRATIONS))
}

class SqliteSpanWriter implements SpanWriter {
  readonly #database: SqliteDatabase
  readonly #statements: ReturnType<typeof prepare>
  readonly #append: (spans: readonly ReceivedSpan[]) => void
  readonly #sourceIds = new Map<string, number>()
  readonly #contextIds = new Map<string, number>()
  /** By object: all spans of one request body that share a resource share its `Map`. */
  #contextsOfBatch = new WeakMap<Attributes, Map<string, number>>()

  constructor(database: SqliteDatabase) {
    this.#database = database
    this.#statements = prepare(database)
    const append = database.transaction((spans: readonly ReceivedSpan[]) => {
      this.#appendAll(spans)
    })
    this.#append = (spans) => append.immediate(spans)
  }

  append(spans: readonly ReceivedSpan[]): void {
    if (spans.length === 0) return
    try {
      this.#append(spans)
    } catch (error: unknown) {
      // Rows that these ids name were rolled back with the rest.
      this.#sourceIds.clear()
      this.#contextIds.clear()
      this.#contextsOfBatch = new WeakMap()
      throw error
    }
  }

  countRejected(count: number): void {
    this.#statements.count.run(count, 'rejected')
  }

  prune(limits: SpanLimits, nowMs: number): boolean {
    const bytes = this.#usedBytes()
    const cutoffMs = Math.max(0, Math.floor(nowMs - limits.ageMsMax))
    // The age decides row by row; the size removes the oldest rows, whatever their age.
    const removed =
      bytes > limits.bytesMax
        ? this.#statements.pruneOldest.run(PRUNE_ROWS).changes
        : this.#statements.pruneAge.run(PRUNE_ROWS, cutoffMs).changes
    if (removed > 0) this.#database.pragma(`incremental_vacuum(${PRUNE_PAGES})`)
    return removed === PRUNE_ROWS
  }

  close(): void {
    this.#database.close()
  }

  #appendAll(spans: readonly ReceivedSpan[]): void {
    let stored = 0
    for (const received of spans) if (this.#appendOne(received)) stored += 1
    if (stored > 0) this.#statements.count.run(stored, 'stored')
  }

  /** Whether it is new. */
  #appendOne({ span, source, receivedAtMs }: ReceivedSpan): boolean {
    const traceId = Buffer.from(span.traceId, 'hex')
    const spanId = Buffer.from(span.spanId, 'hex')
    const sourceId = this.#sourceId(source)
    const row: SpanRow = [
      traceId,
      spanId,
      sourceId,
      this.#contextId(span),
      receivedAtMs,
      span.startTimeNs,
      span.endTimeNs,
      span.status.code === 'error' ? 1 : 0,
      encodeSpan(span),
    ]
    this.#statements.touchSource.run(receivedAtMs, sourceId)
    if (this.#statements.insert.run(...row).changes > 0) {
      this.#statements.countSource.run(sourceId)
      return true
    }
    // A sender that exports a span twice with different ends meant the later one. It takes a new
    // position, so that whoever has read the first one reads it again.
    if (this.#statements.removeEarlier.run(traceId, spanId, span.endTimeNs).changes > 0) {
      this.#statements.insert.run(...row)
    }
    return false
  }

  #sourceId(name: string): number {
    const known = this.#sourceIds.get(name)
    if (known !== undefined) return known
    this.#statements.insertSource.run(name)
    const id = this.#statements.findSource.get(name)?.id ?? 0
    this.#sourceIds.set(name, id)
    return id
  }

  #contextId(span: Span): number {
    const scopes = this.#contextsOfBatch.get(span.resource) ?? new Map<string, number>()
    this.#contextsOfBatch.set(span.resource, scopes)
    const scope = JSON.stringify([span.scope.name, span.scope.version])
    const id = scopes.get(scope) ?? this.#storeContext(span)
    scopes.set(scope, id)
    return id
  }

  #storeContext(span: Span): number {
    const bytes = encodeContext(span)
    const hash = createHash('sha256').update(bytes).digest()
    const key = hash.toString('latin1')
    const known = this.#contextIds.get(key)
    if (known !== undefined) return known
    this.#statements.insertContext.run(hash, bytes)
    const id = this.#statements.findContext.get(hash)?.id ?? 0
    if (this.#contextIds.size >= KNOWN_CONTEXTS_MAX) this.#contextIds.clear()
    this.#contextIds.set(key, id)
    return id
  }

  #usedBytes(): number {
    const pragma = (name: string): number => {
      const value: unknown = this.#database.pragma(name, { simple: true })
      return typeof value === 'number' ? value : 0
    }
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size')
  }
}

type SpanRow = [Buffer, Buffer, number, number, number, bigint, bigint, number, Buffer]

function prepare(database: SqliteDatabase) {
  return {
    insert: database.prepare<SpanRow>(
      `INSERT INTO spans
         (trace_id, span_id, source_id, context_id, received_ms, start_ns, end_ns, is_error, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (trace_id, span_id) DO NOTHING`,
    ),
    removeEarlier: database.prepare<[Buffer, Buffer, bigint]>(
      'DELETE FROM spans WHERE trace_id = ? AND span_id = ? AND end_ns < ?',
    ),
    insertSource: database.prepare<[string]>(
      'INSERT INTO sources (name) VALUES (?) ON CONFLICT (name) DO NOTHING',
    ),
    findSource: database.prepare<[string], { id: number }>('SELECT id FROM sources WHERE name = ?'),
    touchSource: database.prepare<[number, number]>(
      'UPDATE sources SET last_received_ms = max(last_received_ms, ?) WHERE id = ?',
    ),
    countSource: database.prepare<[number]>('UPDATE sources SET spans = spans + 1 WHERE id = ?'),
    insertContext: database.prepare<[Buffer, Buffer]>(
      'INSERT INTO contexts (hash, bytes) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
    ),
    findContext: database.prepare<[Buffer], { id: number }>(
      'SELECT id FROM contexts WHERE hash = ?',
    ),
    count: database.prepare<[number, string]>(
      'UPDATE counters SET value = value + ? WHERE name = ?',
    ),
    pruneOldest: database.prepare<[number]>(
      'DELETE FROM spans WHERE position IN (SELECT position FROM spans ORDER BY position LIMIT ?)',
    ),
    // Positions grow with the time of receipt, so the oldest stand first and the scan ends early.
    pruneAge: database.prepare<[number, number]>(
      `DELETE FROM spans WHERE position IN
         (SELECT position FROM (SELECT position, received_ms FROM spans ORDER BY position LIMIT ?)
          WHERE received_ms < ?)`,
    ),
  }
}
