import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'

import type { Act } from '../../../../../analyzer/incidents/act.ts'
import {
  ACTS_MAX,
  ACTS_OF_INCIDENT_MAX,
  ANSWERS_MAX,
  type ActStore,
} from '../../../../../analyzer/store/act-store.ts'
import { openActStore } from '../../../../../analyzer/store/sqlite/acts/act-store.ts'
import { ACTS_MIGRATIONS } from '../../../../../analyzer/store/sqlite/acts/acts-schema.ts'
import { openForWriting } from '../../../../../analyzer/store/sqlite/open-database.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'

// What people did cannot be derived from anything: a lost act would be silent, for an incident that
// nobody has acknowledged looks as right as any other.

const INCIDENT = 'inc-0000000000000001'
const OTHER = 'inc-0000000000000002'

function act(atMs: number, rest: Partial<Act> = {}): Act {
  return { kind: 'acknowledge', atMs, by: 'ana', ...rest }
}

interface Opened {
  readonly store: ActStore
  readonly logged: readonly string[]
  readonly clock: { nowMs: number }
}

function open(folder: string, knownUpTo = 0): Opened {
  const logged: string[] = []
  const clock = { nowMs: 1_760_000_000_000 }
  const store = openActStore({
    file: join(folder, 'acts.db'),
    knownUpTo,
    now: () => clock.nowMs,
    log: (line) => logged.push(line),
  })
  onTestFinished(() => store.close())
  return { store, logged, clock }
}

function filled(folder: string, acts: number): void {
  const { store } = open(folder)
  for (let atMs = 1; atMs <= acts; atMs += 1) {
    expect(store.append(atMs % 2 === 0 ? OTHER : INCIDENT, act(atMs)).kind).toBe('kept')
  }
  store.close()
}

describe('acts', () => {
  test('are written by a connection that waits for the disk', () => {
    const database = openForWriting(join(temporaryFolder(), 'acts.db'), ACTS_MIGRATIONS)
    expect(database.pragma('synchronous', { simple: true })).toBe(2)
    database.close()
  })

  test('are never changed, not even by a statement that wants to', () => {
    const folder = temporaryFolder()
    filled(folder, 1)
    const database = new Database(join(folder, 'acts.db'))
    expect(() => database.exec(`UPDATE acts SET by = 'somebody else'`)).toThrow(/never changed/)
    database.close()
  })

  test('are bounded for each incident, and all together, and that is said', () => {
    const folder = temporaryFolder()
    filled(folder, 1)
    const database = new Database(join(folder, 'acts.db'))
    const many = (incident: string, count: number): void => {
      database
        .prepare(
          `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
           INSERT INTO acts (incident, at_ms, kind, by) SELECT ?, 5, 'acknowledge', 'ana' FROM n`,
        )
        .run(count, incident)
    }
    many(INCIDENT, ACTS_OF_INCIDENT_MAX - 1)
    const { store } = open(folder)
    expect(store.append(INCIDENT, act(10))).toEqual({
      kind: 'full',
      of: 'incident',
      limit: ACTS_OF_INCIDENT_MAX,
    })
    expect(store.append(OTHER, act(10)).kind).toBe('kept')
    many('inc-0000000000000003', ACTS_MAX)
    expect(store.append(OTHER, act(10))).toEqual({ kind: 'full', of: 'store', limit: ACTS_MAX })
    database.close()
  })
})

describe('answers under a key', () => {
  const done = { key: 'k', digest: 'd' }

  test('are there with their act after a restart, or neither is', () => {
    const folder = temporaryFolder()
    const before = open(folder).store
    expect(before.answerTo('k')).toBeUndefined()
    expect(before.append(INCIDENT, act(10), done)).toEqual({ kind: 'kept', lastId: 1 })
    expect(before.keepAnswer({ key: 'no', digest: 'e', refused: 'why' }, 11)).toEqual({
      kind: 'kept',
      lastId: 1,
    })
    before.close()
    const { store, logged } = open(folder, 1)
    expect(store.answerTo('k')).toEqual({ digest: 'd' })
    expect(store.answerTo('no')).toEqual({ digest: 'e', refused: 'why' })
    // Whoever did not ask before cannot do it twice either.
    expect(store.append(INCIDENT, act(12), done).kind).toBe('failed')
    expect(store.actsOf(INCIDENT)).toHaveLength(1)
    expect(logged.join()).toContain('UNIQUE')
    expect(store.append(INCIDENT, act(13)).kind).toBe('kept')
    expect(store.health().trouble).toBeUndefined()
  })

  test('that are too many go, the oldest first', () => {
    const folder = temporaryFolder()
    const { store } = open(folder)
    store.keepAnswer(done, 5)
    const database = new Database(join(folder, 'acts.db'))
    database
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO answers (key, at_ms, digest) SELECT 'n' || i, 5, 'd' FROM n`,
      )
      .run(ANSWERS_MAX - 1)
    expect(store.answerTo('k')).toBeDefined()
    store.keepAnswer({ key: 'one more', digest: 'd' }, 5)
    expect(store.answerTo('k')).toBeUndefined()
    const count = database.prepare('SELECT count(*) FROM answers').pluck().get()
    expect(count).toBe(ANSWERS_MAX)
    database.close()
  })

  test('of an act for which there is no room are not kept', () => {
    const folder = temporaryFolder()
    const { store } = open(folder)
    const database = new Database(join(folder, 'acts.db'))
    database
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO acts (incident, at_ms, kind, by) SELECT ?, 5, 'acknowledge', 'ana' FROM n`,
      )
      .run(ACTS_OF_INCIDENT_MAX, INCIDENT)
    database.close()
    expect(store.append(INCIDENT, act(9), done).kind).toBe('full')
    expect(store.answerTo('k')).toBeUndefined()
  })
})

describe('a file of acts that is not what it was', () => {
  test('is missed where there were acts, and not where there were none', () => {
    const folder = temporaryFolder()
    expect(open(folder).store.health().losses).toEqual([])
    const gone = temporaryFolder()
    const { store, logged, clock } = open(gone, 17)
    expect(store.health().losses).toEqual([{ atMs: clock.nowMs, how: 'missing', saved: 0 }])
    expect(logged.join()).toContain('was removed: there were up to 17 acts')
    expect(store.append(INCIDENT, act(1))).toEqual({ kind: 'kept', lastId: 18 })
    store.close()
    // It was found once; it is told on, and not found again.
    const again = open(gone, 18)
    expect(again.store.health().losses).toHaveLength(1)
    expect(again.logged).toEqual([])
  })

  test('is missed where an older one was put in its place', () => {
    const folder = temporaryFolder()
    filled(folder, 3)
    const { store, logged } = open(folder, 5)
    expect(store.health().losses).toMatchObject([{ how: 'older', saved: 3 }])
    expect(logged.join()).toContain('is an older one')
    expect(store.actsOf(INCIDENT)).toHaveLength(2)
    expect(store.append(INCIDENT, act(9))).toEqual({ kind: 'kept', lastId: 6 })
    store.close()
    expect(open(folder, 6).logged).toEqual([])
  })

  test('that is no database is set aside, and that is said', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'acts.db'), 'this is no database '.repeat(1000))
    const { store, logged } = open(folder, 4)
    expect(store.health().losses).toMatchObject([{ how: 'damaged', saved: 0 }])
    expect(logged.join()).toContain('was damaged')
    expect(readdirSync(folder).some((name) => name.startsWith('acts.db.damaged-'))).toBe(true)
    expect(store.append(INCIDENT, act(1))).toEqual({ kind: 'kept', lastId: 5 })
  })

  test('with a damaged page gives what can still be read of it', () => {
    const folder = temporaryFolder()
    const acts = 2000
    fillPages(folder, acts)
    const file = join(folder, 'acts.db')
    const bytes = readFileSync(file)
    bytes.fill(0xee, 4096 * 20, 4096 * 21)
    writeFileSync(file, bytes)
    const { store } = open(folder, acts)
    const [loss] = store.health().losses
    expect(loss?.how).toBe('damaged')
    expect(loss?.saved).toBeGreaterThan(acts / 2)
    expect(loss?.saved).toBeLessThanOrEqual(acts)
    // The first and the last of them, from both sides of the damage.
    const all = Array.from({ length: 100 }, (_, index) => store.actsOf(idOf(index))).flat()
    expect(all).toHaveLength(loss?.saved ?? 0)
    expect(all.map(({ atMs }) => atMs)).toEqual(expect.arrayContaining([1, acts]))
  })

  test('gives back no row that says what nobody can have done', () => {
    const folder = temporaryFolder()
    filled(folder, 2)
    const file = join(folder, 'acts.db')
    const other = new Database(file)
    other.pragma('ignore_check_constraints = ON')
    other.exec(
      `INSERT INTO acts (incident, at_ms, kind, by) VALUES ('${INCIDENT}', 9, 'knowledge', 'x')`,
    )
    other.close()
    const { store } = open(folder, 3)
    expect(store.health().losses).toMatchObject([{ how: 'damaged', saved: 2 }])
    expect(store.actsOf(INCIDENT).map(({ kind }) => kind)).toEqual(['acknowledge'])
  })

  test('that was being salvaged when it was killed is there once more', () => {
    const damaged = temporaryFolder()
    fillPages(damaged, 500)
    const file = join(damaged, 'acts.db')
    const half = join(damaged, 'acts.db.salvaged')
    writeFileSync(half, 'half of what could be read')
    writeFileSync(file, readFileSync(file).fill(0xee, 4096 * 20, 4096 * 21))
    const saved = open(damaged, 500).store.health().losses[0]?.saved
    expect(saved).toBeGreaterThan(100)
    expect(existsSync(half)).toBe(false)
    // Or between the two renames: then it is whole, and its place is empty.
    const moved = temporaryFolder()
    fillPages(moved, 10)
    renameSync(join(moved, 'acts.db'), join(moved, 'acts.db.salvaged'))
    const { store, logged } = open(moved, 10)
    expect([store.lastId(), logged]).toEqual([10, []])
  })

  test('that is damaged while it is open is looked through when it is met, and goes on', () => {
    const folder = temporaryFolder()
    fillPages(folder, 2000)
    const { store, clock, logged } = open(folder, 2000)
    const file = join(folder, 'acts.db')
    // What another connection commits makes this one read its pages again.
    const other = new Database(file)
    other.exec(`INSERT INTO losses VALUES (1, 'missing', 0)`)
    writeFileSync(file, readFileSync(file).fill(0xee, 4096 * 2))
    other.close()
    const met = Array.from({ length: 100 }, (_, index) => store.actsOf(idOf(index)))
    expect(met.some((acts) => acts.length === 0)).toBe(true)
    expect(store.health().trouble).toBeDefined()
    clock.nowMs += 10_000
    store.actsOf(INCIDENT)
    expect(store.health()).toMatchObject({ trouble: undefined, losses: [{ how: 'damaged' }, {}] })
    expect(logged.join()).toContain('cannot be used')
    expect(store.append(INCIDENT, act(1))).toEqual({ kind: 'kept', lastId: 2001 })
  })

  test('that was removed while it was open is not written to', () => {
    const folder = temporaryFolder()
    const { store, logged } = open(folder)
    store.append(INCIDENT, act(1))
    rmSync(join(folder, 'acts.db'))
    expect(store.append(INCIDENT, act(2))).toEqual({ kind: 'kept', lastId: 2 })
    expect(store.health().losses).toMatchObject([{ how: 'missing', saved: 0 }])
    expect(logged.join()).toContain('was removed')
    store.close()
    expect(open(folder, 2).store.actsOf(INCIDENT)).toEqual([act(2)])
  })

  test('that another program locks keeps nothing and says so, until it lets go', () => {
    const folder = temporaryFolder()
    const { store, logged, clock } = open(folder)
    const other = new Database(join(folder, 'acts.db'))
    other.exec('BEGIN IMMEDIATE')
    const failed = { kind: 'failed', why: 'database is locked' }
    expect(store.append(INCIDENT, act(1))).toEqual(failed)
    expect(store.append(INCIDENT, act(1))).toEqual(failed)
    expect(store.health().trouble).toEqual({ sinceMs: clock.nowMs, why: 'database is locked' })
    expect(logged).toHaveLength(1)
    other.exec('ROLLBACK')
    other.close()
    expect(store.append(INCIDENT, act(1)).kind).toBe('kept')
    expect(store.health().trouble).toBeUndefined()
  })

  test('that cannot be made is trouble and no end, and is made when it can be', () => {
    const folder = join(temporaryFolder(), 'gone')
    const { store, logged } = open(folder)
    expect(store.actsOf(INCIDENT)).toEqual([])
    expect(store.append(INCIDENT, act(1)).kind).toBe('failed')
    expect(store.health().trouble?.why).toContain('does not exist')
    expect(logged).toHaveLength(1)
    mkdirSync(folder)
    expect(store.append(INCIDENT, act(1)).kind).toBe('kept')
    expect(store.health()).toEqual({ trouble: undefined, losses: [] })
  })

  test('of a newer release is refused and left alone', () => {
    const folder = temporaryFolder()
    filled(folder, 2)
    const file = join(folder, 'acts.db')
    const newer = new Database(file)
    newer.pragma('user_version = 99')
    newer.close()
    chmodSync(file, 0o600)
    const before = readFileSync(file)
    expect(() => open(folder)).toThrow(/newer release/)
    expect(readFileSync(file)).toEqual(before)
  })
})

function idOf(index: number): string {
  return `inc-${index.toString(16).padStart(16, '0')}`
}

/** Enough of them to stand on many pages. */
function fillPages(folder: string, acts: number): void {
  const database = openForWriting(join(folder, 'acts.db'), ACTS_MIGRATIONS)
  const insert = database.prepare<[string, number, string]>(
    `INSERT INTO acts (incident, at_ms, kind, by, note) VALUES (?, ?, 'note', 'ana', ?)`,
  )
  database.transaction(() => {
    for (let atMs = 1; atMs <= acts; atMs += 1) insert.run(idOf(atMs % 100), atMs, 'n'.repeat(200))
  })()
  database.close()
}
