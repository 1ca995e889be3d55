import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import { openStore } from '../../../analyzer/store/open-store.ts'
import { JudgeTurns } from '../../../analyzer/threads/judge-turns.ts'
import type { JudgeEvent } from '../../../analyzer/threads/worker-data.ts'
import { arrivalOf } from '../../support/arrivals.ts'
import { WIDE_LIMITS } from '../../support/open-test-store.ts'
import { buildSpan } from '../../support/otlp.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const HOUR_MS = 3_600_000

/** The turns of an analyzer whose folder holds one trace that has settled. */
function judging() {
  const path = temporaryFolder()
  const logged: string[] = []
  const events: JudgeEvent[] = []
  const clock = { nowMs: Date.now() }
  const environment = { now: () => clock.nowMs, log: (line: string) => void logged.push(line) }
  const store = openStore({ path, limits: WIDE_LIMITS }, environment)
  const writer = store.openWriter()
  const reader = store.openReader()
  const verdicts = store.openVerdicts()
  onTestFinished(() => {
    for (const part of [writer, reader, verdicts]) part.close()
  })
  const span = buildSpan({ scope: { name: 'litellm', version: '1.109.1' } })
  writer.append([arrivalOf([span], { receivedAtMs: clock.nowMs - HOUR_MS })])
  const turns = new JudgeTurns({
    ...environment,
    reader,
    verdicts,
    routerConfigs: new Map(),
    settleMs: 1000,
    limits: { requestAgeMsMax: 24 * HOUR_MS, incidentAgeMsMax: 24 * HOUR_MS },
    isStoreTrouble: (error) => store.isTrouble(error),
    emit: (event) => events.push(event),
  })
  return { path, turns, clock, logged, events }
}

test('what has settled is judged, and the next turn is a tenth of the settling time away', () => {
  const { turns, events } = judging()
  expect(turns.turn()).toBe(100)
  expect(events).toEqual(['changed'])
  expect(turns.loop.countPending()).toBe(0)
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
