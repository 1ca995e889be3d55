import type { SqliteDatabase } from '../open-database.ts'

/** SQLite's own look at every page and index; what it finds, or undefined. */
export function checkPages(database: SqliteDatabase): string | undefined {
  const rows = database.prepare<[], string>('PRAGMA quick_check(5)').pluck().all()
  return rows[0] === 'ok' ? undefined : rows.join('; ').slice(0, DETAIL_CHARS_MAX)
}

/** One line of a terminal is enough to search for. */
const DETAIL_CHARS_MAX = 400
