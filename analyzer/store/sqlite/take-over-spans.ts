import { existsSync } from 'node:fs'
import { dirname } from 'node:path'

import { decodeContext } from '../../ingest/otlp/decode-span.ts'
import type { ContextRecord, SpanRecord } from '../span-record.ts'
import type { SpanArrival } from '../store.ts'
import { syncFolder } from './files.ts'
import { refuseNewer } from './migrate.ts'
import { isDamage, openForReading, type SqliteDatabase } from './open-database.ts'
import { removeDatabaseFile, setAside } from './segments/segment-catalogue.ts'
import type { SegmentWriter, TakenOver } from './segments/segment-writer.ts'
import type { WriteLog } from '../../log.ts'

/** Of release 0.1.0: one file, one row for each span. Its schema was at version 1, and no other. */
const VERSIONS = ['spans.db of 0.1.0'] as const

/** Written in one commit: some 50 ms of work. */
const ROWS_AT_ONCE = 2000

/** Between two lines of progress: a large folder takes minutes, in which nothing else is heard. */
const PROGRESS_MS = 5000

export interface TakeOverOptions {
  readonly writer: SegmentWriter
  readonly now: () => number
  readonly log: WriteLog
  readonly rowsAtOnce?: number
  readonly onProgress?: ((progress: TakingOver) => void) | undefined
}

/** In spans of the older file. */
export interface TakingOver {
  readonly done: number
  readonly total: number
}

/** Where taking over can be interrupted for ever: started again, it comes to the same end. */
export type TakeOverStep = 'begun' | 'written' | 'removed' | 'forgotten'

/**
 * Brings the spans of release 0.1.0 into segments, then removes its file. How far it has come is
 * committed with the spans, so that nothing is lost, stored twice or counted twice wherever it
 * stops. Until all is done the file stays as it was.
 */
export function* takeOverSpans(path: string, options: TakeOverOptions): Generator<TakeOverStep> {
  const { writer, now, log } = options
  if (existsSync(path)) {
    try {
      yield* readAll(path, options)
    } catch (error: unknown) {
      if (!isDamage(error)) throw error
      const aside = setAside(path, now())
      log(`${path} is damaged; what could be read is kept, the rest is in ${aside}`, 'error')
    }
    removeDatabaseFile(path)
    syncFolder(dirname(path))
    yield 'removed'
  }
  // What stands beside it goes last, and may be what the removal left.
  removeDatabaseFile(path)
  if (writer.takenOver() === 0) return
  writer.forgetTakenOver()
  yield 'forgotten'
}

function* readAll(path: string, options: TakeOverOptions): Generator<TakeOverStep> {
  const { writer, now, log, rowsAtOnce = ROWS_AT_ONCE, onProgress } = options
  const database = openForReading(path)
  try {
    refuseNewer(database, { path, migrations: VERSIONS })
    // Made by a process that died before it wrote anything.
    if (database.pragma('user_version', { simple: true }) === 0) return
    const rows = new SpanRows(database)
    const total = rows.count()
    log(`${path} is of release 0.1.0: its ${total} spans are taken over before the start`)
    if (writer.takenOver() === 0) {
      writer.takeOver([], { upTo: 1, totals: rows.totals(), rejected: rows.rejected() })
    }
    yield 'begun'
    let done = total - rows.countFrom(writer.takenOver())
    onProgress?.({ done, total })
    let saidAtMs = now()
    for (;;) {
      const { arrivals, upTo } = rows.after(writer.takenOver(), rowsAtOnce)
      if (upTo === undefined) break
      writer.takeOver(arrivals, { upTo: upTo + 1, totals: [], rejected: 0 })
      done += arrivals.reduce((sum, { records }) => sum + records.length, 0)
      onProgress?.({ done, total })
      if (Math.abs(now() - saidAtMs) >= PROGRESS_MS) {
        saidAtMs = now()
        log(`${done} of ${total} spans were taken over`)
      }
      yield 'written'
    }
    log(`${total} spans were taken over`)
  } finally {
    database.close()
  }
}

interface Row {
  readonly position: number
  readonly source: string
  readonly context_id: number
  readonly received_ms: number
  readonly start_us: number
  readonly end_us: number
  readonly is_error: number
  readonly bytes: Buffer
}

class SpanRows {
  readonly #statements: ReturnType<typeof prepare>
  readonly #contexts = new Map<number, ContextRecord>()

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
  }

  count(): number {
    return this.#statements.count.get() ?? 0
  }

  countFrom(position: number): number {
    return this.#statements.countFrom.get(position) ?? 0
  }

  /** What was pruned for its age counts on; what is still there is counted when it is stored. */
  totals(): TakenOver['totals'] {
    return this.#statements.totals.all()
  }

  rejected(): number {
    return this.#statements.rejected.get() ?? 0
  }

  /** From this position on; `upTo` is undefined where there is nothing more. */
  after(
    position: number,
    limit: number,
  ): {
    readonly arrivals: readonly SpanArrival[]
    readonly upTo: number | undefined
  } {
    const rows = this.#statements.after.all(position, limit)
    const arrivals: (SpanArrival & { readonly records: SpanRecord[] })[] = []
    for (const row of rows) {
      const last = arrivals.at(-1)
      const record = this.#toRecord(row)
      if (last?.source === row.source && last.receivedAtMs === row.received_ms) {
        last.records.push(record)
      } else {
        arrivals.push({ source: row.source, receivedAtMs: row.received_ms, records: [record] })
      }
    }
    return { arrivals, upTo: rows.at(-1)?.position }
  }

  #toRecord({ context_id: id, bytes, start_us: startUs, end_us: endUs, ...row }: Row): SpanRecord {
    return { bytes, context: this.#context(id), startUs, endUs, isError: row.is_error === 1 }
  }

  #context(id: number): ContextRecord {
    const known = this.#contexts.get(id)
    if (known !== undefined) return known
    const { hash = '', bytes = Buffer.alloc(0) } = this.#statements.context.get(id) ?? {}
    const context = { bytes, hash, resource: decodeContext(bytes).resource }
    this.#contexts.set(id, context)
    return context
  }
}

function prepare(database: SqliteDatabase) {
  return {
    count: database.prepare<[], number>('SELECT count(*) FROM spans').pluck(),
    countFrom: database
      .prepare<[number], number>('SELECT count(*) FROM spans WHERE position >= ?')
      .pluck(),
    totals: database.prepare<[], TakenOver['totals'][number]>(
      `SELECT name AS source, last_received_ms AS lastReceivedMs,
         max(0, spans - (SELECT count(*) FROM spans WHERE source_id = sources.id)) AS stored
       FROM sources`,
    ),
    rejected: database
      .prepare<[], number>("SELECT value FROM counters WHERE name = 'rejected'")
      .pluck(),
    after: database.prepare<[number, number], Row>(
      `SELECT position, sources.name AS source, context_id, received_ms, start_ns / 1000 AS start_us,
         end_ns / 1000 AS end_us, is_error, bytes
       FROM spans JOIN sources ON sources.id = source_id
       WHERE position >= ? ORDER BY position LIMIT ?`,
    ),
    context: database.prepare<[number], { hash: string; bytes: Buffer }>(
      'SELECT lower(hex(hash)) AS hash, bytes FROM contexts WHERE id = ?',
    ),
  }
}
