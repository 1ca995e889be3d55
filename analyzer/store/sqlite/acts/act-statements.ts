import type { Act, ActKind } from '../../../incidents/act.ts'
import type { ConfigReading } from '../../../incidents/markers.ts'
import {
  ACTS_MAX,
  ACTS_OF_INCIDENT_MAX,
  ANSWER_MS,
  ANSWERS_MAX,
  type Appended,
  type KeyedAnswer,
} from '../../act-store.ts'
import type { SqliteDatabase } from '../open-database.ts'

type ActStatements = ReturnType<typeof prepareActs>

/** Inside a transaction: whether there is room for it is asked first. */
export function insertAct(
  statements: ActStatements,
  incidentId: string,
  { kind, atMs, by, note, untilMs }: Act,
): Appended {
  if ((statements.count.get(incidentId) ?? 0) >= ACTS_OF_INCIDENT_MAX) {
    return { kind: 'full', of: 'incident', limit: ACTS_OF_INCIDENT_MAX }
  }
  if ((statements.countAll.get() ?? 0) >= ACTS_MAX) {
    return { kind: 'full', of: 'store', limit: ACTS_MAX }
  }
  const { lastInsertRowid } = statements.insert.run(
    incidentId,
    atMs,
    kind,
    by,
    note ?? null,
    untilMs ?? null,
  )
  return { kind: 'kept', lastId: Number(lastInsertRowid) }
}

/** Throws where the key is there already: nothing may be done twice under one. */
export function insertAnswer(
  statements: ActStatements,
  { key, digest, refused }: KeyedAnswer,
  atMs: number,
): void {
  statements.insertAnswer.run(key, atMs, digest, refused ?? null)
  statements.dropAnswers.run(atMs - ANSWER_MS, ANSWERS_MAX)
}

interface ActRow {
  readonly at_ms: number
  readonly kind: ActKind
  readonly by: string
  readonly note: string | null
  readonly until_ms: number | null
}

interface AnswerRow {
  readonly digest: string
  readonly refused: string | null
}

export function toAct({ at_ms: atMs, kind, by, note, until_ms: untilMs }: ActRow): Act {
  return {
    kind,
    atMs,
    by,
    ...(note !== null && { note }),
    ...(untilMs !== null && { untilMs }),
  }
}

/** All that is asked of the file, and written to it. */
export function prepareActs(database: SqliteDatabase) {
  return {
    of: database.prepare<[string], ActRow>(
      'SELECT at_ms, kind, by, note, until_ms FROM acts WHERE incident = ? ORDER BY id',
    ),
    actedOn: database
      .prepare<[], string>('SELECT incident FROM acts GROUP BY incident ORDER BY max(id) DESC')
      .pluck(),
    muteEndIn: database
      .prepare<[number, number], number>(
        'SELECT 1 FROM acts WHERE until_ms > ? AND until_ms <= ? LIMIT 1',
      )
      .pluck(),
    count: database
      .prepare<[string], number>('SELECT count(*) FROM acts WHERE incident = ?')
      .pluck(),
    countAll: database.prepare<[], number>('SELECT count(*) FROM acts').pluck(),
    insert: database.prepare<[string, number, ActKind, string, string | null, number | null]>(
      'INSERT INTO acts (incident, at_ms, kind, by, note, until_ms) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    answerTo: database.prepare<[string], AnswerRow>(
      'SELECT digest, refused FROM answers WHERE key = ?',
    ),
    insertAnswer: database.prepare<[string, number, string, string | null]>(
      'INSERT INTO answers (key, at_ms, digest, refused) VALUES (?, ?, ?, ?)',
    ),
    dropAnswers: database.prepare<[number, number]>(
      `DELETE FROM answers WHERE at_ms < ? OR id <= (SELECT max(id) FROM answers) - ?`,
    ),
    quietSince: database
      .prepare<[number], string>(
        'SELECT incident FROM acts GROUP BY incident HAVING max(at_ms) < ?',
      )
      .pluck(),
    remove: database.prepare<[string]>('DELETE FROM acts WHERE incident = ?'),
    lastReading: database
      .prepare<[string], string>(
        'SELECT hash FROM config_readings WHERE source = ? ORDER BY at_ms DESC, rowid DESC LIMIT 1',
      )
      .pluck(),
    addReading: database.prepare<[string, number, string]>(
      'INSERT INTO config_readings (source, at_ms, hash) VALUES (?, ?, ?)',
    ),
    dropReadings: database.prepare<[string, string, number]>(
      `DELETE FROM config_readings WHERE source = ? AND rowid NOT IN
         (SELECT rowid FROM config_readings WHERE source = ? ORDER BY at_ms DESC, rowid DESC LIMIT ?)`,
    ),
    readings: database.prepare<[number], ConfigReading>(
      `SELECT source, hash, at_ms AS atMs FROM config_readings
       ORDER BY at_ms DESC, rowid DESC LIMIT ?`,
    ),
  }
}
