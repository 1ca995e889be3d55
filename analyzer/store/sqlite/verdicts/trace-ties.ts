import type { UsRange } from '../../us-range.ts'
import type { Judgement, Lookout, TraceExtent } from '../../verdict-store.ts'
import type { SqliteDatabase } from '../open-database.ts'
import {
  LookoutSeconds,
  type KnownLookout,
  type LookoutKind,
  type LooksFor,
} from './lookout-seconds.ts'
import { packTrace, unpackTrace } from './pack-ids.ts'
import { SourcesWith } from './sources-with.ts'

/**
 * Nearly all windows are half a second around a failure. Kept apart from longer ones, only those
 * of the last two seconds need to be looked through, whatever happened since.
 */
const SHORT_US = 2_000_000
/** A longer window is cut: no request waits for its attempts so long. */
const LONG_US = 3_600_000_000

const CROWDED = 0

/**
 * Which traces were told together, and where traces look for others: what judging must know of
 * earlier judgements so that its result does not depend on which trace came first. Only traces that
 * can be part of a spread request are here; those of a healthy proxy are not.
 */
export class TraceTies {
  readonly #statements: ReturnType<typeof prepare>
  readonly #seconds: LookoutSeconds
  readonly #tied: SourcesWith
  readonly #looking: SourcesWith

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
    this.#seconds = new LookoutSeconds((kind, range, limit) => this.#meeting(kind, range, limit))
    const { anyTied, anyLooking } = this.#statements
    this.#tied = new SourcesWith((source) => anyTied.get(source) === 1)
    this.#looking = new SourcesWith((source) => anyLooking.get(source) === 1)
  }

  /** After a transaction that failed. */
  reload(): void {
    this.#seconds.clear()
    this.#tied.clear()
    this.#looking.clear()
  }

  toldWith(source: string, traceId: string): readonly string[] {
    const together = this.#togetherOf(source, traceId)
    if (together === undefined || together === CROWDED) return []
    return this.#statements.members.all(together).map(({ trace }) => unpackTrace(trace))
  }

  missedCrowd(source: string, traceId: string): boolean {
    const together = this.#togetherOf(source, traceId)
    if (together !== undefined) return together !== CROWDED
    if (!this.#looking.has(source)) return false
    return this.#statements.lookoutOf.get(packTrace(traceId), source) !== undefined
  }

  /** Traces that look for others where this one began, or where a span of it failed. */
  lookingAt({ source, startUs, failedUs }: TraceExtent, limit: number): readonly string[] {
    const found = new Set<string>()
    const look = (looksFor: LooksFor, us: number): void => {
      const kind = { source, looksFor }
      const known = this.#seconds.at(kind, Math.floor(us)) ?? this.#lookingAt(kind, us, limit)
      for (const traceId of known.slice(0, limit)) found.add(traceId)
    }
    look('start', startUs)
    for (const us of failedUs) look('failure', us)
    return [...found]
  }

  put({ source, traceIds, lookouts = [], crowded = false }: Judgement): void {
    const traces = traceIds.map(packTrace)
    this.forget(source, traces)
    if (this.#looking.has(source)) {
      for (const trace of traces) this.#statements.removeLookouts.run(trace, source)
      for (const traceId of traceIds) this.#seconds.remove(source, traceId)
    }
    if (traces.length > 1 || crowded) {
      const together = crowded ? CROWDED : (this.#statements.last.get()?.together ?? CROWDED) + 1
      for (const trace of traces) this.#statements.tie.run(trace, source, together)
      this.#tied.add(source)
    }
    for (const lookout of lookouts) this.#putLookout(source, lookout)
  }

  /** How they were told; of a request that goes for its age nobody tells them again. */
  forget(source: string, traces: readonly Buffer[]): void {
    if (!this.#tied.has(source)) return
    for (const trace of traces) this.#statements.untie.run(trace, source)
  }

  /** A bounded step; whether there may be more. */
  prune(beforeMs: number, limit: number): boolean {
    const { changes } = this.#statements.prune.run(toInteger(beforeMs * 1000), limit)
    if (changes > 0) this.#seconds.clear()
    return changes === limit
  }

  #togetherOf(source: string, traceId: string): number | undefined {
    if (!this.#tied.has(source)) return undefined
    return this.#statements.together.get(packTrace(traceId), source)?.together
  }

  #lookingAt(kind: LookoutKind, us: number, limit: number): readonly string[] {
    const asked = { ...kind, atUs: toInteger(us), limit }
    return this.#statements.looking.all(asked).map(({ trace }) => unpackTrace(trace))
  }

  #meeting(kind: LookoutKind, range: UsRange, limit: number): readonly KnownLookout[] {
    const { fromUs, toUs } = range
    const asked = { ...kind, fromUs: toInteger(fromUs), toUs: toInteger(toUs), limit }
    return this.#statements.meeting
      .all(asked)
      .map(({ trace, ...own }) => ({ traceId: unpackTrace(trace), ...own }))
  }

  #putLookout(source: string, { traceId, failedIn, startedIn }: Lookout): void {
    const trace = packTrace(traceId)
    const put = (looksFor: LooksFor, range: UsRange): void => {
      const fromUs = Math.floor(range.fromUs)
      const toUs = Math.floor(Math.min(range.toUs, range.fromUs + LONG_US))
      this.#statements.look.run({
        source,
        looksFor,
        isLong: range.toUs - range.fromUs > SHORT_US ? 1 : 0,
        fromUs: toInteger(fromUs),
        toUs: toInteger(toUs),
        trace,
      })
      this.#seconds.put({ source, looksFor }, { traceId, fromUs, toUs })
      this.#looking.add(source)
    }
    if (failedIn !== undefined) put('failure', failedIn)
    if (startedIn !== undefined) put('start', startedIn)
  }
}

/** SQLite binds what is no integer as a float, which a strict table refuses. */
function toInteger(us: number): bigint {
  return BigInt(Math.floor(us))
}

interface LookoutRow {
  readonly source: string
  readonly looksFor: LooksFor
  readonly isLong: number
  readonly fromUs: bigint
  readonly toUs: bigint
  readonly trace: Buffer
}

interface At extends LookoutKind {
  readonly atUs: bigint
  readonly limit: number
}

interface Meeting extends LookoutKind {
  readonly fromUs: bigint
  readonly toUs: bigint
  readonly limit: number
}

/** What judging asks of every trace; a test looks at the plan of each. */
export const TIE_QUERIES = {
  together: 'SELECT together FROM told_together WHERE trace = ? AND source = ?',
  lookoutOf: 'SELECT 1 FROM lookouts WHERE trace = ? AND source = ? LIMIT 1',
  members: 'SELECT trace FROM told_together WHERE together = ?',
  looking: `SELECT trace FROM lookouts
      WHERE source = :source AND looks_for = :looksFor AND is_long = 0
        AND to_us BETWEEN :atUs AND :atUs + ${SHORT_US} AND from_us <= :atUs
    UNION ALL
    SELECT trace FROM lookouts
      WHERE source = :source AND looks_for = :looksFor AND is_long = 1
        AND to_us BETWEEN :atUs AND :atUs + ${LONG_US} AND from_us <= :atUs
    LIMIT :limit`,
  meeting: `SELECT trace, from_us AS fromUs, to_us AS toUs FROM lookouts
      WHERE source = :source AND looks_for = :looksFor AND is_long = 0
        AND to_us BETWEEN :fromUs AND :toUs + ${SHORT_US} AND from_us <= :toUs
    UNION ALL
    SELECT trace, from_us AS fromUs, to_us AS toUs FROM lookouts
      WHERE source = :source AND looks_for = :looksFor AND is_long = 1
        AND to_us BETWEEN :fromUs AND :toUs + ${LONG_US} AND from_us <= :toUs
    LIMIT :limit`,
  anyTied: 'SELECT EXISTS (SELECT 1 FROM told_together WHERE source = ?)',
  anyLooking: 'SELECT EXISTS (SELECT 1 FROM lookouts WHERE source = ?)',
  last: 'SELECT together FROM told_together ORDER BY together DESC LIMIT 1',
} as const

function prepare(database: SqliteDatabase) {
  return {
    together: database.prepare<[Buffer, string], { together: number }>(TIE_QUERIES.together),
    lookoutOf: database.prepare<[Buffer, string]>(TIE_QUERIES.lookoutOf),
    members: database.prepare<[number], { trace: Buffer }>(TIE_QUERIES.members),
    looking: database.prepare<[At], { trace: Buffer }>(TIE_QUERIES.looking),
    meeting: database.prepare<[Meeting], { trace: Buffer } & UsRange>(TIE_QUERIES.meeting),
    anyTied: database.prepare<[string], number>(TIE_QUERIES.anyTied).pluck(),
    anyLooking: database.prepare<[string], number>(TIE_QUERIES.anyLooking).pluck(),
    last: database.prepare<[], { together: number }>(TIE_QUERIES.last),
    tie: database.prepare<[Buffer, string, number]>('INSERT INTO told_together VALUES (?, ?, ?)'),
    untie: database.prepare<[Buffer, string]>(
      'DELETE FROM told_together WHERE trace = ? AND source = ?',
    ),
    look: database.prepare<[LookoutRow]>(
      `INSERT OR IGNORE INTO lookouts
       VALUES (:source, :looksFor, :isLong, :toUs, :fromUs, :trace)`,
    ),
    removeLookouts: database.prepare<[Buffer, string]>(
      'DELETE FROM lookouts WHERE trace = ? AND source = ?',
    ),
    prune: database.prepare<[bigint, number]>(
      `DELETE FROM lookouts WHERE (source, looks_for, is_long, to_us, from_us, trace) IN (
         SELECT source, looks_for, is_long, to_us, from_us, trace FROM lookouts
         WHERE to_us < ? LIMIT ?)`,
    ),
  }
}
