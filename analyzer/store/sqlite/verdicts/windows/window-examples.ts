import type { SqliteDatabase } from '../../open-database.ts'
import { MINUTE_MS } from '../rollups.ts'

/** Of an answer that goes on after its first target failed: longer ones show nothing more. */
const MINUTES_LATER_MAX = 5

export interface ShownBy {
  readonly routeId: number
  readonly minute: number
  /** Of the target. */
  readonly number: number
}

/** Requests that show what was found: the newest that the target failed in that minute. */
export class WindowExamples {
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
  }

  /** A request that ended later says of its minute that it lies before its own. */
  find({ routeId, minute, number }: ShownBy): number | undefined {
    for (const kind of ['f', 'm']) {
      for (let later = 0; later <= MINUTES_LATER_MAX; later += 1) {
        const id = this.#statements.newestIn.get({
          routeId,
          from: toKey(minute + later),
          before: toKey(minute + later + 1),
          cell: `"${-later}:${number}${kind}"`,
        })
        if (id !== undefined) return id
      }
    }
    return undefined
  }
}

/** As requests are numbered: by the millisecond, with 1024 places in each. */
function toKey(minute: number): number {
  return minute * MINUTE_MS * 1024
}

interface Asked {
  readonly routeId: number
  readonly from: number
  readonly before: number
  readonly cell: string
}

function prepare(database: SqliteDatabase) {
  return {
    newestIn: database
      .prepare<[Asked], number>(
        `SELECT id FROM requests WHERE id >= :from AND id < :before
           AND window_route = :routeId AND instr(cells, :cell) > 0
         ORDER BY id DESC LIMIT 1`,
      )
      .pluck(),
  }
}
