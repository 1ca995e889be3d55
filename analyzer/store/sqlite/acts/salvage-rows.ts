import { openForReading, type SqliteDatabase } from '../open-database.ts'

/** Values of one row, by column. */
type Row = Readonly<Record<string, unknown>>

/**
 * Copies into `to` what can be read of each of its tables from the damaged file; how many rows that
 * were, of the table that is named. A page that cannot be read ends a walk: the rows behind it are
 * reached from the other end.
 */
export function salvageRows(damagedFile: string, to: SqliteDatabase, counted: string): number {
  let from: SqliteDatabase
  try {
    from = openForReading(damagedFile)
  } catch {
    // Not even its header can be read.
    return 0
  }
  try {
    let saved = 0
    for (const table of tablesOf(to)) {
      const rows = readableRows(from, table, sharedColumns(from, to, table))
      to.transaction(() => {
        for (const row of rows) if (insertRow(to, table, row) && table === counted) saved += 1
      }).immediate()
    }
    return saved
  } finally {
    from.close()
  }
}

function tablesOf(database: SqliteDatabase): readonly string[] {
  return database
    .prepare<[], string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    )
    .pluck()
    .all()
}

/** By the names of our own schema alone: those of a damaged one may be anything. */
function sharedColumns(from: SqliteDatabase, to: SqliteDatabase, table: string): readonly string[] {
  try {
    const theirs = new Set(columnsOf(from, table))
    return columnsOf(to, table).filter((name) => theirs.has(name))
  } catch {
    return []
  }
}

function columnsOf(database: SqliteDatabase, table: string): readonly string[] {
  return database
    .prepare<[string], string>('SELECT name FROM pragma_table_info(?)')
    .pluck()
    .all(table)
}

/** In their order, each once. */
function readableRows(
  database: SqliteDatabase,
  table: string,
  columns: readonly string[],
): readonly Row[] {
  const found = new Map<unknown, Row>()
  for (const order of ['ASC', 'DESC'] as const) {
    try {
      const rows = database.prepare<[], Row & { readonly at: unknown }>(
        `SELECT rowid AS at, ${columns.join(', ')} FROM ${table} ORDER BY rowid ${order}`,
      )
      for (const { at, ...row } of rows.iterate()) found.set(at, row)
      break
    } catch {
      // Damaged here: what was read up to here counts, and the walk from the other end goes on.
    }
  }
  return [...found]
    .toSorted(([left], [right]) => Number(left) - Number(right))
    .map(([, row]) => row)
}

/** False for a row that is none of ours any more: a damaged byte may be in a value. */
function insertRow(database: SqliteDatabase, table: string, row: Row): boolean {
  const columns = Object.keys(row)
  try {
    database
      .prepare(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      )
      .run(...Object.values(row))
    return true
  } catch {
    return false
  }
}
