import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'

import { openStore } from '../../../../../analyzer/store/open-store.ts'
import { openForWriting } from '../../../../../analyzer/store/sqlite/open-database.ts'
import { INCIDENT_QUERIES } from '../../../../../analyzer/store/sqlite/verdicts/incident-statements.ts'
import {
  expectedKey,
  REQUEST_BOOK_QUERIES,
} from '../../../../../analyzer/store/sqlite/verdicts/request-book.ts'
import { REQUEST_QUERIES } from '../../../../../analyzer/store/sqlite/verdicts/request-queries.ts'
import { OVERVIEW_QUERIES } from '../../../../../analyzer/store/sqlite/verdicts/rollups.ts'
import { WINDOW_QUERIES } from '../../../../../analyzer/store/sqlite/verdicts/windows/window-counts.ts'
import { TERM_QUERIES } from '../../../../../analyzer/store/sqlite/verdicts/term-index.ts'
import { TIE_QUERIES } from '../../../../../analyzer/store/sqlite/verdicts/trace-ties.ts'
import { openVerdictStore } from '../../../../../analyzer/store/sqlite/verdicts/open-verdict-store.ts'
import { VERDICTS_MIGRATIONS } from '../../../../../analyzer/store/sqlite/verdicts/verdicts-schema.ts'
import type { VerdictStore } from '../../../../../analyzer/store/verdict-store.ts'
import { WIDE_LIMITS } from '../../../../support/open-test-store.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'
import { unpackDataFolder } from '../../../../support/unpack-data-folder.ts'
import { buildVerdict, NO_PROGRESS, putVerdicts } from '../../../../support/verdicts.ts'

const MINUTE_MS = 60_000
const ALL_DAY = { fromMs: 0, toMs: 1440 * MINUTE_MS }

function open(folder = temporaryFolder(), log: (line: string) => void = () => {}): VerdictStore {
  const store = openVerdictStore(join(folder, 'verdicts.db'), { nowMs: 0, log })
  onTestFinished(() => store.close())
  return store
}

/** Figures whose rows a person's screen shows: they must not be walked. */
const LARGE = ['requests', 'postings', 'occurrences', 'further_traces', 'lookouts', 'told_together']

test('no question of a page or of the judge walks all requests, names or occurrences', () => {
  const database = openForWriting(join(temporaryFolder(), 'verdicts.db'), VERDICTS_MIGRATIONS)
  onTestFinished(() => {
    database.close()
  })
  const asked = {
    ...Object.fromEntries(Object.entries(REQUEST_QUERIES)),
    ...Object.fromEntries(Object.entries(INCIDENT_QUERIES).map(([key, sql]) => [`i ${key}`, sql])),
    ...Object.fromEntries(Object.entries(OVERVIEW_QUERIES).map(([key, sql]) => [`o ${key}`, sql])),
    ...Object.fromEntries(Object.entries(WINDOW_QUERIES).map(([key, sql]) => [`w ${key}`, sql])),
    ...Object.fromEntries(Object.entries(TERM_QUERIES).map(([key, sql]) => [`t ${key}`, sql])),
    ...Object.fromEntries(Object.entries(TIE_QUERIES).map(([key, sql]) => [`j ${key}`, sql])),
    ...Object.fromEntries(
      Object.entries(REQUEST_BOOK_QUERIES).map(([key, sql]) => [`b ${key}`, sql]),
    ),
  }
  expect(Object.keys(asked).length).toBeGreaterThan(20)
  const walks = Object.entries(asked).flatMap(([name, sql]) =>
    planOf(database, sql)
      .filter((step) => isWalk(step))
      .map((step) => `${name}: ${step}`),
  )
  // The last group is the end of its index: one step.
  expect(walks).toEqual(['j last: SCAN told_together USING COVERING INDEX told_together_by_group'])
})

test('a plan that walks a table is seen', () => {
  const database = openForWriting(join(temporaryFolder(), 'verdicts.db'), VERDICTS_MIGRATIONS)
  onTestFinished(() => {
    database.close()
  })
  expect(planOf(database, 'SELECT id FROM requests WHERE at_ms > 0').some(isWalk)).toBe(true)
})

function planOf(database: Database.Database, sql: string): readonly string[] {
  const marks = [...sql.matchAll(/\?/gu)].map(() => 1)
  const names = Object.fromEntries([...sql.matchAll(/:(\w+)/gu)].map(([, name]) => [name, 1]))
  const plan = database.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
  return (marks.length > 0 ? plan.all(...marks) : plan.all(names)).map(({ detail }) => detail)
}

function isWalk(step: string): boolean {
  return LARGE.some((table) => step.startsWith(`SCAN ${table}`)) || step === 'SCAN incidents'
}

const OUTCOMES = ['ok', 'rescued', 'failed'] as const

/** One judgement: some traces, and the requests that they are told as now. */
const judgement = fc.record({
  traces: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 3 }),
  told: fc.array(
    fc.record({
      outcome: fc.constantFrom(...OUTCOMES),
      minute: fc.integer({ min: 0, max: 3 }),
      route: fc.constantFrom('a', 'b'),
      found: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
})

test('what is counted equals what is there, whatever is judged again in whatever grouping', () => {
  const folder = temporaryFolder()
  let files = 0
  fc.assert(
    fc.property(fc.array(judgement, { maxLength: 12 }), (judgements) => {
      files += 1
      const file = join(folder, `${files}.db`)
      const store = openVerdictStore(file, { nowMs: 0, log: () => {} })
      for (const { traces, told } of judgements) {
        const traceIds = traces.map((trace) => `trace ${trace}`)
        const verdicts = told.slice(0, traceIds.length).map((one, position) =>
          buildVerdict(`story ${traces[position]}`, {
            traceIds: position === 0 ? traceIds : [traceIds[position] ?? ''],
            atMs: one.minute * MINUTE_MS,
            outcome: one.outcome,
            route: one.route,
            eligible: one.outcome !== 'ok',
            ...(one.found ? {} : { findings: [], occurrence: undefined }),
          }),
        )
        store.replace([{ source: 'litellm', traceIds, verdicts }], NO_PROGRESS)
      }
      const problems = store.verify()
      const { requests } = store.requests({ limit: 100 })
      const { buckets } = store.overview(ALL_DAY, MINUTE_MS)
      store.close()
      expect(problems).toEqual([])
      expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(requests.length)
    }),
    { numRuns: 40 },
  )
})

test('a count that is wrong is found', () => {
  const folder = temporaryFolder()
  const store = open(folder)
  putVerdicts(store, buildVerdict('a'))
  const other = new Database(join(folder, 'verdicts.db'))
  other.exec('UPDATE request_minutes SET count = 2')
  other.exec('UPDATE terms SET requests = 9')
  other.close()
  expect(store.verify().join()).toContain('requests of minute and series 0/1: 2 stored, 1 counted')
  expect(store.verify().join()).toContain('requests of term 1: 9 stored, 1 counted')
})

test('the verdicts of release 0.1.0 are derived again', () => {
  const store = open(unpackDataFolder('0.1.0'))
  expect(store.progress()).toEqual(NO_PROGRESS)
  expect(store.requests({ limit: 10 }).requests).toEqual([])
  putVerdicts(store, buildVerdict('a'))
  expect(store.verify()).toEqual([])
})

test('of another derivation, the figures of what is past stay and nothing is tallied again', () => {
  const folder = temporaryFolder()
  const hour = 60 * MINUTE_MS
  const before = openVerdictStore(join(folder, 'verdicts.db'), { nowMs: 0, log: () => {} })
  putVerdicts(
    before,
    buildVerdict('old', { atMs: MINUTE_MS, occurrence: undefined }),
    buildVerdict('new', { atMs: 9 * hour, occurrence: undefined }),
  )
  while (
    before.prune(
      { requestAgeMsMax: hour, requestsMax: Infinity, incidentAgeMsMax: 99 * hour },
      10 * hour,
    )
  )
    continue
  before.replace([], { judgedUpTo: 77, unrecognised: 5, withoutRequest: 0 })
  before.close()
  const other = new Database(join(folder, 'verdicts.db'))
  other.exec('UPDATE progress SET derivation = 1')
  other.close()
  const store = open(folder)
  expect(store.progress()).toEqual(NO_PROGRESS)
  expect(store.talliedUpTo()).toBe(77)
  expect(store.overview(ALL_DAY, hour).buckets).toEqual([
    { bucket: 0, outcome: 'failed', count: 1 },
  ])
  expect(store.tallies().requests).toMatchObject([{ judged: 2, withdrawn: 0 }])
})

test('under another derivation each minute is counted by one of the two', () => {
  const folder = temporaryFolder()
  const hour = 60 * MINUTE_MS
  const file = join(folder, 'verdicts.db')
  const all = [1, 5, 8, 9].map((at) =>
    buildVerdict(`at ${at}`, { atMs: at * hour, occurrence: undefined }),
  )
  const putAgain = (store: VerdictStore): void =>
    store.replace(
      all.map((verdict) => ({
        source: 'litellm',
        traceIds: verdict.traceIds,
        verdicts: [verdict],
        again: true,
      })),
      NO_PROGRESS,
    )
  const before = openVerdictStore(file, { nowMs: 0, log: () => {} })
  putVerdicts(before, ...all)
  // The first two are hours by now, and no requests any more. Spans are there since the third.
  while (
    before.prune(
      { requestAgeMsMax: 2 * hour, requestsMax: Infinity, incidentAgeMsMax: 99 * hour },
      10 * hour,
    )
  )
    continue
  before.replace([], { judgedUpTo: 77, unrecognised: 5, withoutRequest: 0 })
  before.close()
  const expected = [1, 5, 8, 9].map((bucket) => ({ bucket, outcome: 'failed', count: 1 }))
  for (const spansFromMs of [0, 5 * hour, 9 * hour]) {
    const other = new Database(file)
    other.exec('UPDATE progress SET derivation = 1')
    other.close()
    const store = openVerdictStore(file, {
      nowMs: 0,
      log: () => {},
      spans: { fromMs: () => spansFromMs, upTo: () => 0 },
    })
    putAgain(store)
    expect(store.overview(ALL_DAY, hour).buckets).toEqual(expected)
    expect(store.verify()).toEqual([])
    // What is judged once more, or later, is taken back as it was put.
    putAgain(store)
    putVerdicts(store, ...all)
    expect(store.overview(ALL_DAY, hour).buckets).toEqual(expected)
    // Of what came only now nobody has counted anything.
    putVerdicts(store, buildVerdict('late', { atMs: hour, occurrence: undefined }))
    expect(store.overview(ALL_DAY, hour).buckets[0]).toMatchObject({ count: 2 })
    store.replace([{ source: 'litellm', traceIds: ['trace of late'], verdicts: [] }], NO_PROGRESS)
    store.close()
  }
})

test('an incident that is withdrawn leaves no caller to the next one', () => {
  const store = open()
  putVerdicts(store, buildVerdict('a', { caller: 'team blue' }))
  store.replace([{ source: 'litellm', traceIds: ['trace of a'], verdicts: [] }], NO_PROGRESS)
  putVerdicts(store, buildVerdict('b', { caller: undefined }))
  const [incident] = store.incidents()
  expect(store.callers(incident?.fingerprint.id ?? '', 9)).toEqual([])
})

test('a schema that no release has is damage, and no reason not to start', () => {
  const folder = temporaryFolder()
  open(folder).close()
  const other = new Database(join(folder, 'verdicts.db'))
  other.pragma('user_version = 250')
  other.close()
  const logged: string[] = []
  expect(open(folder, (line) => logged.push(line)).progress()).toEqual(NO_PROGRESS)
  expect(logged.join()).toContain('is derived again from the spans')
})

test('a file that is no database is kept aside and derived again, and that is said', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'verdicts.db'), 'this is no database '.repeat(1000))
  const logged: string[] = []
  const store = open(folder, (line) => logged.push(line))
  putVerdicts(store, buildVerdict('a'))
  expect(store.requests({ limit: 10 }).requests).toHaveLength(1)
  expect(logged.join()).toContain('is derived again from the spans')
  expect(readdirSync(folder).some((name) => name.startsWith('verdicts.db.damaged-'))).toBe(true)
})

const PAGE_BYTES = 4096

test('pages that contradict each other are found at the start, before anything is told by them', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'verdicts.db')
  const before = open(folder)
  for (let number = 0; number < 500; number += 1) {
    putVerdicts(before, buildVerdict(`story ${number}`, { atMs: number, occurrence: undefined }))
  }
  before.replace([], { ...NO_PROGRESS, judgedUpTo: 7 })
  before.close()
  const bytes = readFileSync(file)
  const middle = Math.floor(bytes.length / 2 / PAGE_BYTES) * PAGE_BYTES
  bytes.fill(0xff, middle, middle + 3 * PAGE_BYTES)
  writeFileSync(file, bytes)
  const logged: string[] = []
  expect(open(folder, (line) => logged.push(line)).progress()).toEqual(NO_PROGRESS)
  expect(logged.join()).toContain('is derived again from the spans')
})

/** Verdicts that meet a posting which nobody wrote, after somebody had a hand in their file. */
function sabotaged(...sql: readonly string[]) {
  const path = temporaryFolder()
  const environment = { now: () => 0, log: () => undefined }
  const store = openStore({ path, limits: WIDE_LIMITS }, environment).openVerdicts()
  onTestFinished(() => store.close())
  putVerdicts(store, buildVerdict('a', { atMs: 5 }))
  const other = new Database(join(path, 'verdicts.db'))
  other.unsafeMode()
  const term = other.prepare('SELECT min(term_id) FROM postings').pluck().get()
  other.exec(`INSERT INTO postings VALUES (${String(term)}, ${expectedKey(5, 'b')})`)
  for (const each of sql) other.exec(each)
  other.close()
  expect(() => putVerdicts(store, buildVerdict('b', { atMs: 5 }))).toThrow('UNIQUE')
  return store
}

describe('a row that is there though it cannot be', () => {
  test('is damage where the file contradicts itself elsewhere: all is derived again', () => {
    const store = sabotaged(
      'PRAGMA writable_schema = ON',
      `UPDATE sqlite_schema SET sql = 'CREATE INDEX requests_by_story ON requests (at_ms)'
         WHERE name = 'requests_by_story'`,
    )
    expect(store.renew()).toBe(true)
    putVerdicts(store, buildVerdict('b', { atMs: 5 }))
    expect(store.requests({ limit: 9 }).requests).toHaveLength(1)
  })

  test('is the fault of that one verdict where the file is whole', () => {
    const store = sabotaged()
    expect(store.renew()).toBe(false)
    expect(store.requests({ limit: 9 }).requests).toHaveLength(1)
  })
})
