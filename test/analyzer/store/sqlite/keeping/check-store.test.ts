import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, test } from 'vitest'

import { openStore } from '../../../../../analyzer/store/open-store.ts'
import { checkStore } from '../../../../../analyzer/store/sqlite/keeping/check-store.ts'
import {
  meansDamage,
  type StoreProblem,
} from '../../../../../analyzer/store/sqlite/keeping/store-problem.ts'
import { arrivalOf } from '../../../../support/arrivals.ts'
import { WIDE_LIMITS } from '../../../../support/open-test-store.ts'
import { buildSpan } from '../../../../support/otlp.ts'
import { storeDays } from '../../../../support/stored-days.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'

const MS = 1_760_000_000_000

function check(dataDir: string, between = (): void => undefined) {
  const steps = checkStore(dataDir)
  const files: string[] = []
  for (;;) {
    const step = steps.next()
    if (step.done === true) return { ...step.value, looked: files }
    files.push(step.value.file)
    between()
  }
}

const kinds = (problems: readonly StoreProblem[]): readonly string[] =>
  problems.map(({ kind, file }) => `${kind} ${file}`)

/** Three days, the first two packed. */
function stored(packs = true) {
  const { dataDir } = storeDays({ days: 3, lastMs: MS, packs })
  const segment = (name: string): string => join(dataDir, 'segments', name)
  const change = (name: string, sql: string): void => {
    const database = new Database(segment(name))
    database.exec(sql)
    database.close()
  }
  return { dataDir, segment, change }
}

test('finds nothing wrong with a store that is whole, and looks at every file of it', () => {
  const { dataDir } = stored()
  expect(check(dataDir)).toEqual({
    files: 4,
    spans: 12,
    problems: [],
    looked: ['000001.packed.db', '000002.packed.db', '000003.hot.db', 'verdicts.db'],
  })
})

test('finds nothing wrong while spans are appended between its steps', () => {
  const { dataDir } = stored()
  const place = { path: dataDir, limits: WIDE_LIMITS }
  const store = openStore(place, { now: () => MS, log: () => undefined })
  const writer = store.openWriter()
  const verdicts = store.openVerdicts()
  const reader = store.openReader()
  let number = 100
  const { problems } = check(dataDir, () => {
    number += 1
    const span = buildSpan({ spanId: number.toString(16).padStart(16, '0') })
    writer.append([arrivalOf([span], { source: 'eu', receivedAtMs: MS })])
    const judgedUpTo = reader.readAfter(0, 1000).at(-1)?.position ?? 0
    verdicts.replace([], { ...verdicts.progress(), judgedUpTo })
  })
  expect(problems).toEqual([])
  expect(number).toBeGreaterThan(103)
  reader.close()
  verdicts.close()
  writer.close()
})

test('tells a damaged block, and how many spans were in it', () => {
  const { dataDir, change } = stored()
  change('000001.packed.db', 'UPDATE blocks SET bytes = zeroblob(length(bytes))')
  const { problems, spans } = check(dataDir)
  expect(problems).toEqual([
    {
      kind: 'block-damaged',
      file: '000001.packed.db',
      detail: 'block 1 is of an unknown format',
      spans: 4,
    },
  ])
  expect(spans).toBe(8)
})

test('tells a block that is gone', () => {
  const { dataDir, change } = stored()
  change('000001.packed.db', 'DELETE FROM blocks')
  expect(check(dataDir).problems).toMatchObject([{ kind: 'block-damaged', spans: 4 }])
})

test.each([
  ['hot', '000001.hot.db', false],
  ['packed', '000001.packed.db', true],
])('tells resources that are gone, of a %s file', (_, name, packs) => {
  const { dataDir, change } = stored(packs)
  change(name, 'DELETE FROM contexts')
  expect(check(dataDir).problems).toMatchObject([
    { kind: 'context-missing', file: name, chunks: 4 },
  ])
})

test('tells spans that are not what was written, and totals that do not fit', () => {
  const { dataDir, change } = stored(false)
  change('000001.hot.db', `UPDATE chunks SET bytes = x'ffff'`)
  change('000002.hot.db', `UPDATE counters SET value = value + 7 WHERE name = 'stored'`)
  expect(kinds(check(dataDir).problems)).toEqual([
    'spans-damaged 000001.hot.db',
    'counts-differ 000002.hot.db',
    'counts-differ 000003.hot.db',
  ])
})

test('tells rows that are missing by the count of the seal', () => {
  const { dataDir, change } = stored(false)
  change('000001.hot.db', 'DELETE FROM chunks')
  expect(check(dataDir).problems).toContainEqual({
    kind: 'counts-differ',
    file: '000001.hot.db',
    expected: 4,
    found: 0,
  })
})

test('tells damaged pages, and a file that is none', () => {
  const { dataDir, segment } = stored()
  const bytes = readFileSync(segment('000001.packed.db'))
  bytes.fill(0xee, 4096 * 2, 4096 * 6)
  writeFileSync(segment('000001.packed.db'), bytes)
  writeFileSync(segment('000002.packed.db'), 'no database')
  const { problems } = check(dataDir)
  const files = problems.map(({ file }) => file)
  expect(new Set(files)).toEqual(new Set(['000001.packed.db', '000002.packed.db']))
  expect(problems.every(meansDamage)).toBe(true)
})

test('finds any one damaged page of a packed file, or is not harmed by it', () => {
  const { dataDir, segment } = stored()
  const whole = readFileSync(segment('000001.packed.db'))
  let found = 0
  // A hundred places, and the header of the file byte by byte.
  const step = Math.floor(whole.length / 100)
  for (let at = 0; at < whole.length; at += at < 24 ? 1 : step) {
    const damaged = Buffer.from(whole)
    damaged[at] = (damaged[at] ?? 0) ^ 0xff
    writeFileSync(segment('000001.packed.db'), damaged)
    const { problems, spans } = check(dataDir)
    // What it does not find are bytes that mean nothing.
    const isFound = problems.length > 0
    expect(isFound || spans === 12, `byte ${at}`).toBe(true)
    if (isFound) found += 1
  }
  expect(found).toBeGreaterThan(10)
}, 60_000)

test('tells what a crash left, and what was set aside, without calling it damage', () => {
  const { dataDir, segment } = stored()
  writeFileSync(segment('000002.packed.db.tmp'), 'half')
  writeFileSync(segment('000009.hot.db.damaged-2026-09-01T120000.000Z'), 'x')
  const { problems } = check(dataDir)
  expect(kinds(problems)).toEqual([
    'leftover 000002.packed.db.tmp',
    'set-aside 000009.hot.db.damaged-2026-09-01T120000.000Z',
  ])
  expect(problems.some(meansDamage)).toBe(false)
})

test('tells verdicts that know of spans which are not there', () => {
  const { dataDir, segment } = stored()
  const store = openStore(
    { path: dataDir, limits: WIDE_LIMITS },
    { now: () => MS, log: () => undefined },
  )
  const reader = store.openReader()
  const judgedUpTo = reader.readAfter(0, 1000).at(-1)?.position ?? 0
  reader.close()
  const verdicts = store.openVerdicts()
  verdicts.replace([], { ...verdicts.progress(), judgedUpTo })
  verdicts.close()
  expect(check(dataDir).problems).toEqual([])
  for (const name of readdirSync(join(dataDir, 'segments'))) {
    if (name.startsWith('000003')) rmSync(segment(name))
  }
  expect(kinds(check(dataDir).problems)).toEqual(['judged-ahead verdicts.db'])
})

test('tells verdicts that cannot be read', () => {
  const { dataDir } = stored()
  writeFileSync(join(dataDir, 'verdicts.db'), 'no database')
  expect(kinds(check(dataDir).problems)).toEqual(['verdicts-unreadable verdicts.db'])
})

/** Acts of people, of which the verdicts know. */
function withActs(dataDir: string, count: number): void {
  const store = openStore(
    { path: dataDir, limits: WIDE_LIMITS },
    { now: () => MS, log: () => undefined },
  )
  const verdicts = store.openVerdicts()
  const acts = store.openActs(0)
  for (let atMs = 1; atMs <= count; atMs += 1) {
    acts.append('inc-0000000000000001', { kind: 'acknowledge', atMs, by: 'ana' })
  }
  verdicts.rememberActs(count)
  acts.close()
  verdicts.close()
}

test('looks at what people did, and tells where it is damaged, gone or an older file', () => {
  const { dataDir } = stored()
  withActs(dataDir, 3)
  const whole = check(dataDir)
  expect([whole.problems, whole.files]).toEqual([[], 5])
  expect(whole.looked.at(-1)).toBe('acts.db')
  const file = join(dataDir, 'acts.db')
  const bytes = readFileSync(file)
  writeFileSync(file, 'no database')
  expect(kinds(check(dataDir).problems)).toEqual(['acts-damaged acts.db'])
  rmSync(file)
  expect(check(dataDir).problems).toEqual([{ kind: 'acts-missing', file: 'acts.db', acts: 3 }])
  expect(check(dataDir).problems.every(meansDamage)).toBe(true)
  writeFileSync(file, bytes)
  const older = new Database(file)
  older.exec(`UPDATE sqlite_sequence SET seq = 1; INSERT INTO losses VALUES (7, 'missing', 1)`)
  older.close()
  const { problems } = check(dataDir)
  expect(problems).toEqual([
    { kind: 'acts-missing', file: 'acts.db', acts: 2 },
    { kind: 'acts-lost', file: 'acts.db', atMs: 7, how: 'missing', saved: 1 },
  ])
  expect(problems.map(meansDamage)).toEqual([true, false])
})

test('refuses a folder that is none of an analyzer, or of an older release', () => {
  const folder = temporaryFolder()
  expect(() => check(join(folder, 'none'))).toThrow(/there is no folder/)
  expect(() => check(folder)).toThrow(/is no data folder/)
  writeFileSync(join(folder, 'salt'), '')
  writeFileSync(join(folder, 'spans.db'), '')
  expect(() => check(folder)).toThrow(/0\.1\.0/)
  mkdirSync(join(folder, 'segments'))
  expect(check(folder)).toMatchObject({ spans: 0, problems: [] })
})
