import type { Judgement, Lookout, TraceExtent } from '../verdict-store.ts'
import type { SqliteDatabase } from './open-database.ts'
import { packTrace, unpackTrace } from './pack-ids.ts'

/**
 * Which traces were told together, and where traces look for others: what judging must know of
 * earlier judgements so that its result does not depend on which trace came first. Only traces that
 * can be part of a spread request are here; those of a healthy proxy are not.
 */
export class TraceTies {
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
  }

  toldWith(source: string, traceId: string): readonly string[] {
    return this.#statements.toldWith.all(packTrace(traceId), source).map(({ trace }) => {
      return unpackTrace(trace)
    })
  }

  /** Traces that look for others where this one began, or where a span of it failed. */
  lookingAt(extent: TraceExtent, limit: number): readonly string[] {
    const { source, startUs, failedUs } = extent
    const found = [
      ...this.#statements.lookForStart.all({ source, atUs: toInteger(startUs), limit }),
      ...failedUs.flatMap((atUs) =>
        this.#statements.lookForFailure.all({ source, atUs: toInteger(atUs), limit }),
      ),
    ]
    return [...new Set(found.map(({ trace }) => unpackTrace(trace)))]
  }

  put({ source, traceIds, lookouts = [] }: Judgement): void {
    const traces = traceIds.map(packTrace)
    for (const trace of traces) {
      this.#statements.untie.run(trace, source)
      this.#statements.removeLookout.run(trace, source)
    }
    if (traces.length > 1) {
      const together = (this.#statements.last.get()?.together ?? 0) + 1
      for (const trace of traces) this.#statements.tie.run(trace, source, together)
    }
    for (const lookout of lookouts) this.#statements.look.run(toRow(source, lookout))
  }

  prune(beforeMs: number): void {
    this.#statements.pruneLookouts.run(beforeMs * 1000)
  }
}

/** Sorts before every time: a window that nothing is in. */
const NOWHERE = { fromUs: 0, toUs: -1 }

function toRow(source: string, { traceId, failedIn, startedIn = NOWHERE }: Lookout): LookoutRow {
  return {
    trace: packTrace(traceId),
    source,
    failedFromUs: toInteger(failedIn.fromUs),
    failedToUs: toInteger(failedIn.toUs),
    startedFromUs: toInteger(startedIn.fromUs),
    startedToUs: toInteger(startedIn.toUs),
  }
}

/** SQLite binds what is no integer as a float, which a strict table refuses. */
function toInteger(us: number): bigint {
  return BigInt(Math.floor(us))
}

interface LookoutRow {
  readonly trace: Buffer
  readonly source: string
  readonly failedFromUs: bigint
  readonly failedToUs: bigint
  readonly startedFromUs: bigint
  readonly startedToUs: bigint
}

interface At {
  readonly source: string
  readonly atUs: bigint
  readonly limit: number
}

/** What judging asks of every trace; a test looks at the plan of each. */
export const TIE_QUERIES = {
  toldWith: `SELECT trace FROM told_together
    WHERE together = (SELECT together FROM told_together WHERE trace = ? AND source = ?)`,
  lookForStart: `SELECT trace FROM lookouts
    WHERE source = :source AND started_to_us >= :atUs AND started_from_us <= :atUs LIMIT :limit`,
  lookForFailure: `SELECT trace FROM lookouts
    WHERE source = :source AND failed_to_us >= :atUs AND failed_from_us <= :atUs LIMIT :limit`,
} as const

function prepare(database: SqliteDatabase) {
  return {
    toldWith: database.prepare<[Buffer, string], { trace: Buffer }>(TIE_QUERIES.toldWith),
    lookForStart: database.prepare<[At], { trace: Buffer }>(TIE_QUERIES.lookForStart),
    lookForFailure: database.prepare<[At], { trace: Buffer }>(TIE_QUERIES.lookForFailure),
    last: database.prepare<[], { together: number }>(
      'SELECT together FROM told_together ORDER BY together DESC LIMIT 1',
    ),
    tie: database.prepare<[Buffer, string, number]>('INSERT INTO told_together VALUES (?, ?, ?)'),
    untie: database.prepare<[Buffer, string]>(
      'DELETE FROM told_together WHERE trace = ? AND source = ?',
    ),
    look: database.prepare<[LookoutRow]>(
      `INSERT OR REPLACE INTO lookouts VALUES (:trace, :source,
         :failedFromUs, :failedToUs, :startedFromUs, :startedToUs)`,
    ),
    removeLookout: database.prepare<[Buffer, string]>(
      'DELETE FROM lookouts WHERE trace = ? AND source = ?',
    ),
    pruneLookouts: database.prepare<[number]>('DELETE FROM lookouts WHERE failed_to_us < ?'),
  }
}
