import { expect, test } from 'vitest'

import { KeepLoop } from '../../../analyzer/threads/keep-loop.ts'
import type { SpanKeeper, TidyNow, TidyReport } from '../../../analyzer/store/store.ts'
import type { KeepingReport } from '../../../analyzer/store/keeping-report.ts'
import { RetentionClock } from '../../../analyzer/store/retention-clock.ts'
import { WIDE_LIMITS } from '../../support/open-test-store.ts'

const NOTHING: TidyReport = { more: false, done: [], failed: [] }

/** A keeper that does as it is told, turn by turn. */
function loopOver(turns: (TidyReport | Error)[], damaged: () => readonly string[] = () => []) {
  const asked: TidyNow[] = []
  const logged: string[] = []
  const reports: KeepingReport[] = []
  let nowMs = 0
  let aheadMs = 0
  const keeper: SpanKeeper = {
    tidy: (_, now) => {
      asked.push(now)
      const next = turns.shift() ?? NOTHING
      if (next instanceof Error) throw next
      return next
    },
    stats: () => ({
      bytes: 0,
      spans: 0,
      parts: [],
      damaged: damaged(),
      setAside: [],
      freeBytes: 0,
    }),
    close: () => undefined,
  }
  const loop = new KeepLoop({
    keeper,
    watermark: { judgedUpTo: () => 7, close: () => undefined },
    limits: WIDE_LIMITS,
    clock: new RetentionClock({ received: [], now: () => nowMs, elapsedMs: () => nowMs - aheadMs }),
    now: () => nowMs,
    log: (line) => logged.push(line),
    report: (report) => reports.push(report),
  })
  const turn = (passedMs = 0): number => {
    nowMs += passedMs
    return loop.turn()
  }
  const jump = (ms: number): void => {
    nowMs += ms
    aheadMs += ms
  }
  return { turn, jump, asked, logged, reports }
}

test('goes on soon while there is more, and rests when there is not', () => {
  const { turn, asked } = loopOver([{ ...NOTHING, more: true }, NOTHING])
  expect(turn()).toBeLessThan(10)
  expect(turn()).toBeGreaterThan(1000)
  expect(asked[0]).toEqual({ nowMs: 0, judgedUpTo: 7 })
})

const NO_PARTS = (['open', 'sealed', 'packed'] as const).map((kind) => ({
  kind,
  count: 0,
  bytes: 0,
  spans: 0,
}))

test('reports what it could not do, once, until something else was done', () => {
  const failed = { ...NOTHING, failed: ['1 was not packed: no room'] }
  const done = { ...NOTHING, done: ['1 was packed'] }
  const { turn, logged, reports } = loopOver([failed, NOTHING, done, NOTHING])
  for (let times = 0; times < 4; times += 1) turn()
  expect(logged).toEqual(['1 was not packed: no room', '1 was packed'])
  expect(reports).toEqual([
    { trouble: '1 was not packed: no room', damaged: [], setAsideBytes: 0, parts: NO_PARTS },
    { trouble: undefined, damaged: [], setAsideBytes: 0, parts: NO_PARTS },
  ])
})

test('lives through trouble with the disk, says it once, and takes its time', () => {
  const full = new Error('database or disk is full')
  const { turn, logged, reports } = loopOver([full, full, NOTHING])
  expect(turn()).toBeGreaterThan(5000)
  turn()
  turn()
  expect(logged).toEqual(['old spans are neither packed nor dropped: database or disk is full'])
  expect(reports.map(({ trouble }) => trouble)).toEqual(['database or disk is full', undefined])
})

test('looks every minute for what cannot be read', () => {
  let damaged: readonly string[] = []
  const { turn, reports } = loopOver([], () => damaged)
  turn()
  damaged = ['000001.packed.db']
  turn(59_000)
  expect(reports).toEqual([{ trouble: undefined, damaged: [], setAsideBytes: 0, parts: NO_PARTS }])
  turn(1000)
  expect(reports.at(-1)).toMatchObject({ trouble: undefined, damaged: ['000001.packed.db'] })
})

test('a clock that jumped a year ahead drops nothing for its age, and that is said', () => {
  const { turn, jump, asked, logged, reports } = loopOver([])
  const hourMs = 3_600_000
  turn()
  jump(3 * 24 * hourMs)
  turn()
  expect(logged).toEqual([])
  jump(362 * 24 * hourMs)
  turn(hourMs)
  turn(hourMs)
  expect(asked.map(({ nowMs }) => nowMs)).toEqual([0, 0, hourMs, 2 * hourMs])
  expect(logged).toEqual([
    'the clock is 8760 h ahead of what was received: nothing is dropped for that before it said so for 6 hours (5 h are left)',
  ])
  expect(reports.at(-1)?.trouble).toContain('the clock is 8760 h ahead')
  jump(-365 * 24 * hourMs)
  turn()
  expect(reports.at(-1)?.trouble).toBeUndefined()
})
