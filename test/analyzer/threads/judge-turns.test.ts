import { closeSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import { answerIncident } from '../../../analyzer/api/answer-incidents.ts'
import { openStore } from '../../../analyzer/store/open-store.ts'
import { JudgeTurns } from '../../../analyzer/threads/judge-turns.ts'
import type { JudgeEvent } from '../../../analyzer/threads/worker-data.ts'
import { ATTR_OUTCOME, ATTR_ROUTE, ATTR_SCHEMA, SCOPE_NAME } from '../../../collector/vocabulary.ts'
import { arrivalOf } from '../../support/arrivals.ts'
import { WIDE_LIMITS } from '../../support/open-test-store.ts'
import { buildSpan } from '../../support/otlp.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const HOUR_MS = 3_600_000

/** The turns of an analyzer whose folder holds one trace that has settled. */
function judging({ path = temporaryFolder() } = {}) {
  const logged: string[] = []
  const events: JudgeEvent[] = []
  const clock = { nowMs: Date.now() }
  const environment = { now: () => clock.nowMs, log: (line: string) => void logged.push(line) }
  const store = openStore({ path, limits: WIDE_LIMITS }, environment)
  const writer = store.openWriter()
  const reader = store.openReader()
  const verdicts = store.openVerdicts()
  const acts = store.openActs(0)
  onTestFinished(() => {
    for (const part of [writer, reader, verdicts, acts]) part.close()
  })
  const send = (traceId: string, outcome = 'ok', parentSpanId = ''): void => {
    const timeNs = BigInt(clock.nowMs - HOUR_MS) * 1_000_000n
    const receivedAtMs = parentSpanId === '' ? clock.nowMs - HOUR_MS : clock.nowMs
    const span = buildSpan({
      traceId,
      parentSpanId,
      startTimeNs: timeNs,
      endTimeNs: timeNs,
      kind: parentSpanId === '' ? 'server' : 'client',
      scope: { name: SCOPE_NAME, version: '' },
      attributes: { [ATTR_SCHEMA]: 1, [ATTR_OUTCOME]: outcome, [ATTR_ROUTE]: 'a' },
    })
    writer.append([arrivalOf([span], { receivedAtMs })])
  }
  if (verdicts.anewUpTo() === 0) send('1'.repeat(32))
  const turns = new JudgeTurns({
    ...environment,
    reader,
    verdicts,
    acts,
    routerConfigs: new Map(),
    settleMs: 1000,
    limits: {
      requestAgeMsMax: 24 * HOUR_MS,
      requestsMax: Infinity,
      incidentAgeMsMax: 24 * HOUR_MS,
    },
    clock: store.openRetentionClock(),
    isStoreTrouble: (error) => store.isTrouble(error),
    emit: (event) => events.push(event),
  })
  return { path, store, verdicts, acts, turns, send, clock, logged, events }
}

test('what has settled is judged, and the next turn is a tenth of the settling time away', () => {
  const { turns, events } = judging()
  expect(turns.turn()).toBe(100)
  expect(events).toEqual(['changed'])
  expect(turns.loop.countPending()).toBe(0)
})

const INCIDENT = 'inc-0000000000000001'

test('pages are told when a mute ends', () => {
  const { turns, acts, clock, events } = judging()
  turns.turn()
  const untilMs = clock.nowMs + 5000
  acts.append(INCIDENT, { kind: 'mute', atMs: clock.nowMs, by: 'ana', untilMs })
  clock.nowMs = untilMs - 1
  turns.turn()
  expect(events).toEqual(['changed'])
  clock.nowMs = untilMs
  turns.turn()
  turns.turn()
  expect(events).toEqual(['changed', 'changed'])
})

test('acts of incidents that are forgotten go, and verdicts that were made anew know of the rest', () => {
  const { turns, acts, verdicts, clock } = judging()
  acts.append(INCIDENT, { kind: 'resolve', atMs: clock.nowMs - 25 * HOUR_MS, by: 'ana' })
  acts.append(INCIDENT.replace('1', '2'), { kind: 'resolve', atMs: clock.nowMs, by: 'ana' })
  turns.turn()
  for (let minute = 0; minute < 3; minute += 1) {
    clock.nowMs += 61_000
    turns.turn()
  }
  expect(acts.actsOf(INCIDENT)).toEqual([])
  expect(acts.actsOf(INCIDENT.replace('1', '2'))).toHaveLength(1)
  expect(verdicts.actsUpTo()).toBe(2)
})

test('verdicts that were made anew know of acts from the first turn on, and miss their file', () => {
  const { turns, acts, verdicts, clock } = judging()
  acts.append(INCIDENT, { kind: 'resolve', atMs: clock.nowMs, by: 'ana' })
  verdicts.rememberActs(0)
  turns.turn()
  expect(verdicts.actsUpTo()).toBe(1)
})

test('verdicts that were removed are derived anew until all that stood there is judged', () => {
  const before = judging()
  expect(before.turns.isDeriving).toBe(false)
  before.turns.turn()
  before.send('2'.repeat(32), 'failed', 'f'.repeat(16))
  before.turns.turn()
  expect(before.verdicts.requests({ limit: 10 }).requests).toHaveLength(1)
  expect(before.turns.isDeriving).toBe(false)
  before.verdicts.close()
  removeVerdicts(before.path)
  const { turns, verdicts, clock, events, send } = judging(before)
  expect(turns.isDeriving).toBe(true)
  turns.turn()
  expect(verdicts.requests({ limit: 10 }).requests).toHaveLength(1)
  // One whose root has not come may wait for half an hour, and was not judged before either.
  send('3'.repeat(32))
  clock.nowMs += 1999
  turns.turn()
  expect(turns.isDeriving).toBe(true)
  expect(events).toEqual(['changed', 'changed'])
  clock.nowMs += 1
  turns.turn()
  expect(turns.isDeriving).toBe(false)
  expect(turns.loop.countPending()).toBe(1)
  expect(events).toEqual(['changed', 'changed', 'changed'])
})

test('without a trace that waits, verdicts are derived as soon as the last is judged', () => {
  const before = judging()
  before.turns.turn()
  before.verdicts.close()
  removeVerdicts(before.path)
  const { turns } = judging(before)
  expect(turns.isDeriving).toBe(true)
  turns.turn()
  expect(turns.isDeriving).toBe(false)
  // Killed and begun again, it goes on where it was.
  expect(judging(before).turns.isDeriving).toBe(false)
})

test('while verdicts cannot be written it pauses, says so once, and then misses nothing', () => {
  const { path, turns, clock, logged, events } = judging()
  const blocker = new Database(join(path, 'verdicts.db'))
  onTestFinished(() => void blocker.close())
  blocker.exec('BEGIN IMMEDIATE')
  const sinceMs = clock.nowMs
  expect(turns.turn()).toBe(1000)
  clock.nowMs += 1000
  expect(turns.turn()).toBe(1000)
  expect(turns.pausedSinceMs).toBe(sinceMs)
  expect(events).toEqual(['paused'])
  blocker.exec('ROLLBACK')
  expect(turns.turn()).toBe(100)
  expect(turns.pausedSinceMs).toBeUndefined()
  expect(events).toEqual(['paused', 'resumed', 'changed'])
  expect(logged).toEqual(['judging pauses: database is locked', 'judging goes on'])
})

/** Every page but the first is no page any more, and whoever knew them must read them again. */
function damage(path: string): void {
  const file = join(path, 'verdicts.db')
  const other = new Database(file)
  other.exec('UPDATE progress SET unrecognised = unrecognised')
  other.pragma('wal_checkpoint(TRUNCATE)')
  other.close()
  const descriptor = openSync(file, 'r+')
  const pageBytes = 4096
  writeSync(
    descriptor,
    Buffer.alloc(statSync(file).size - pageBytes, 0xab),
    0,
    undefined,
    pageBytes,
  )
  closeSync(descriptor)
}

const asideIn = (path: string): readonly string[] =>
  readdirSync(path).filter((name) => name.startsWith('verdicts.db.damaged-') && name.endsWith('Z'))

test('verdicts that are damaged while it runs are set aside, and all is judged again', () => {
  const { path, store, verdicts, turns, send, clock, logged, events } = judging()
  turns.turn()
  const watermark = store.openWatermark()
  onTestFinished(() => watermark.close())
  const judgedUpTo = watermark.judgedUpTo()
  damage(path)
  send('2'.repeat(32))
  expect(turns.turn()).toBe(1000)
  expect(turns.pausedSinceMs).toBe(clock.nowMs)
  expect(turns.turn()).toBe(100)
  expect(turns.pausedSinceMs).toBeUndefined()
  expect(verdicts.requests({ limit: 10 }).requests).toHaveLength(2)
  expect(verdicts.verify()).toEqual([])
  expect(watermark.judgedUpTo()).toBeGreaterThan(judgedUpTo)
  expect(asideIn(path)).toHaveLength(1)
  expect(events).toEqual(['changed', 'paused', 'resumed', 'changed'])
  expect(logged.join()).toContain('verdicts.db is damaged (')
  const keeper = store.openKeeper()
  onTestFinished(() => keeper.close())
  expect(keeper.stats().damaged).toEqual(asideIn(path))
})

test('what people did is as it was when verdicts are derived again, and none of it is called lost', () => {
  const { path, store, verdicts, acts, turns, send, clock, logged } = judging()
  send('2'.repeat(32), 'failed')
  turns.turn()
  const [seen] = verdicts.incidents()
  if (seen === undefined) throw new Error('there is no incident')
  const { id } = seen.fingerprint
  acts.append(id, { kind: 'acknowledge', atMs: clock.nowMs, by: 'ana' })
  acts.append(id, { kind: 'resolve', atMs: clock.nowMs, by: 'ben', note: 'a new key' })
  const toldMs = clock.nowMs
  const told = () => answerIncident(id, { verdicts, acts, nowMs: toldMs, deriving: false })
  clock.nowMs += 61_000
  turns.turn()
  clock.nowMs += 61_000
  turns.turn()
  expect(verdicts.actsUpTo()).toBe(2)
  const before = told()
  expect(JSON.stringify(before)).toContain('a new key')
  damage(path)
  expect(() => verdicts.requests({ limit: 10 })).toThrow('malformed')
  turns.turn()
  expect(told()).toEqual(before)
  expect(verdicts.actsUpTo()).toBe(2)
  // As a start does it, which trusts what the new verdicts know.
  const again = store.openActs(verdicts.actsUpTo())
  onTestFinished(() => again.close())
  expect([acts, again].flatMap((each) => each.health().losses)).toEqual([])
  expect(logged.join()).not.toMatch(/acts/u)
})

test('damage that a question meets is mended before the next trace is judged', () => {
  const { path, verdicts, turns, send } = judging()
  turns.turn()
  damage(path)
  expect(() => verdicts.requests({ limit: 10 })).toThrow('malformed')
  expect(turns.turn()).toBe(100)
  send('2'.repeat(32))
  turns.turn()
  expect(verdicts.requests({ limit: 10 }).requests).toHaveLength(2)
})

test('a disk that damages each file does not have all judged again without end, nor keeps all', () => {
  const { path, verdicts, turns, clock } = judging()
  turns.turn()
  const minutesUntilMended = (): number => {
    const before = asideIn(path).join()
    damage(path)
    expect(() => verdicts.requests({ limit: 10 })).toThrow('malformed')
    for (let minutes = 0; ; minutes += 1) {
      turns.turn()
      if (asideIn(path).join() !== before) return minutes
      clock.nowMs += 60_000
    }
  }
  expect([minutesUntilMended(), minutesUntilMended(), minutesUntilMended()]).toEqual([0, 10, 10])
  expect(asideIn(path)).toHaveLength(2)
})

test('a clock that jumped a year ahead forgets no request', () => {
  const { turns, verdicts, send, clock } = judging()
  const judged = (): number => verdicts.requests({ limit: 10 }).requests.length
  turns.turn()
  expect(judged()).toBe(1)
  clock.nowMs += 365 * 24 * HOUR_MS
  send('2'.repeat(32))
  turns.turn()
  turns.turn()
  expect(judged()).toBe(2)
})

function removeVerdicts(path: string): void {
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(path, `verdicts.db${suffix}`), { force: true })
}
