import { decodeContext, decodeSpan } from '../../ingest/encode-span.ts'
import { TIME_NS_MAX, type SpanContext } from '../../ingest/span-draft.ts'
import type { TimeRange } from '../../story/join-window.ts'
import type { Arrival } from '../../story/settle.ts'
import type { Span } from '../../story/span.ts'
import type { LoggedSpan, ReceivedSpan, SpanCounts, SpanReader } from '../store.ts'
import { isStoreTrouble, openForReading, type SqliteDatabase } from './open-database.ts'

/** Contexts that are remembered decoded; senders have a handful each. */
const KNOWN_CONTEXTS_MAX = 1024

/** Spans of one trace that are looked at; the rest of a runaway trace is not. */
const TRACE_SPANS_MAX = 10_000

export function openSpanReader(file: string): SpanReader {
  return new SqliteSpanReader(openForReading(file))
}

interface Row {
  readonly position: number
  readonly source: string
  readonly context_id: number
  readonly received_ms: number
  readonly bytes: Buffer
}

class SqliteSpanReader implements SpanReader {
  readonly #database: SqliteDatabase
  readonly #statements: ReturnType<typeof prepare>
  readonly #contexts = new Map<number, SpanContext>()

  constructor(database: SqliteDatabase) {
    this.#database = database
    this.#statements = prepare(database)
  }

  readAfter(position: number, limit: number): readonly LoggedSpan[] {
    return this.#statements.after.all(position, limit).map((row) => this.#toLogged(row))
  }

  spansOf(source: string, traceId: string): readonly Arrival[] {
    return this.trace(traceId).filter((span) => span.source === source)
  }

  trace(traceId: string): readonly ReceivedSpan[] {
    const rows = this.#statements.trace.all(Buffer.from(traceId, 'hex'), TRACE_SPANS_MAX)
    return rows.flatMap((row) => {
      const { span, ...place } = this.#toLogged(row)
      return span === undefined ? [] : [{ ...place, span }]
    })
  }

  tracesFailedIn(source: string, range: TimeRange, limit: number): readonly string[] {
    const { fromNs, toNs } = toStorable(range)
    return this.#statements.failedIn.all(source, fromNs, toNs, limit).map(toTraceId)
  }

  tracesStartedIn(source: string, range: TimeRange, limit: number): readonly string[] {
    return this.#statements.startedIn.all({ source, ...toStorable(range), limit }).map(toTraceId)
  }

  counts(): SpanCounts {
    const counters = new Map(this.#statements.counters.all().map((row) => [row.name, row.value]))
    return {
      stored: counters.get('stored') ?? 0,
      rejected: counters.get('rejected') ?? 0,
      sources: this.#statements.sources.all().map((row) => ({
        name: row.name,
        spans: row.spans,
        lastReceivedMs: row.last_received_ms,
      })),
    }
  }

  close(): void {
    this.#database.close()
  }

  #toLogged(row: Row): LoggedSpan {
    return {
      position: row.position,
      source: row.source,
      receivedAtMs: row.received_ms,
      span: this.#toSpan(row),
    }
  }

  /** A damaged row must not hide those beside it. */
  #toSpan({ bytes, context_id: contextId }: Row): Span | undefined {
    try {
      return decodeSpan(bytes, this.#context(contextId))
    } catch (error: unknown) {
      if (isStoreTrouble(error)) throw error
      return undefined
    }
  }

  #context(id: number): SpanContext {
    const known = this.#contexts.get(id)
    if (known !== undefined) return known
    const row = this.#statements.context.get(id)
    const context = decodeContext(row?.bytes ?? new Uint8Array())
    if (this.#contexts.size >= KNOWN_CONTEXTS_MAX) this.#contexts.clear()
    this.#contexts.set(id, context)
    return context
  }
}

/** A range around the last span that can be stored ends where times do: SQLite binds 64 bits. */
function toStorable({ fromNs, toNs }: TimeRange): TimeRange {
  return {
    fromNs: fromNs > TIME_NS_MAX ? TIME_NS_MAX : fromNs,
    toNs: toNs > TIME_NS_MAX ? TIME_NS_MAX : toNs,
  }
}

function toTraceId(row: { readonly trace_id: Buffer }): string {
  return row.trace_id.toString('hex')
}

const COLUMNS = 'position, sources.name AS source, context_id, received_ms, bytes'
const FROM = 'FROM spans JOIN sources ON sources.id = spans.source_id'

function prepare(database: SqliteDatabase) {
  return {
    after: database.prepare<[number, number], Row>(
      `SELECT ${COLUMNS} ${FROM} WHERE position > ? ORDER BY position LIMIT ?`,
    ),
    trace: database.prepare<[Buffer, number], Row>(
      `SELECT ${COLUMNS} ${FROM} WHERE trace_id = ? ORDER BY start_ns, span_id LIMIT ?`,
    ),
    failedIn: database.prepare<[string, bigint, bigint, number], { trace_id: Buffer }>(
      `SELECT DISTINCT trace_id FROM spans
       WHERE source_id = (SELECT id FROM sources WHERE name = ?)
         AND is_error = 1 AND end_ns BETWEEN ? AND ? ORDER BY end_ns LIMIT ?`,
    ),
    // The pluses keep the planner from looking for earlier spans by time: that would walk all that
    // a source ever sent, for each row, instead of the few spans of one trace.
    startedIn: database.prepare<
      [TimeRange & { readonly source: string; readonly limit: number }],
      { trace_id: Buffer }
    >(
      `SELECT trace_id FROM (
         SELECT DISTINCT trace_id, source_id FROM spans
         WHERE source_id = (SELECT id FROM sources WHERE name = :source)
           AND start_ns BETWEEN :fromNs AND :toNs) AS first
       WHERE NOT EXISTS (
         SELECT 1 FROM spans AS earlier
         WHERE earlier.trace_id = first.trace_id AND +earlier.source_id = first.source_id
           AND +earlier.start_ns < :fromNs)
       LIMIT :limit`,
    ),
    context: database.prepare<[number], { bytes: Buffer }>(
      'SELECT bytes FROM contexts WHERE id = ?',
    ),
    counters: database.prepare<[], { name: string; value: number }>(
      'SELECT name, value FROM counters',
    ),
    sources: database.prepare<[], { name: string; spans: number; last_received_ms: number }>(
      'SELECT name, spans, last_received_ms FROM sources ORDER BY name',
    ),
  }
}
