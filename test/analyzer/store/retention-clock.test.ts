import { expect, test } from 'vitest'

import { RetentionClock, type ReceivedSpell } from '../../../analyzer/store/retention-clock.ts'

const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS
const START_MS = 2 * YEAR_MS

/** A clock over a machine whose clock and whose time go as the test says. */
function machine(received: readonly ReceivedSpell[] = [], startMs = START_MS) {
  let wallMs = startMs
  let steadyMs = 77
  const clock = new RetentionClock({ received, now: () => wallMs, elapsedMs: () => steadyMs })
  return {
    clock,
    jump: (ms: number): number => {
      wallMs += ms
      return clock.nowMs()
    },
    pass: (ms: number): number => {
      for (let left = ms; left > 0; left -= HOUR_MS) {
        wallMs += Math.min(left, HOUR_MS)
        steadyMs += Math.min(left, HOUR_MS)
        clock.nowMs()
      }
      return clock.nowMs()
    },
  }
}

test('it is what the clock says, while that goes on as time does', () => {
  const { clock, pass } = machine()
  expect(clock.nowMs()).toBe(START_MS)
  expect(pass(100 * HOUR_MS)).toBe(START_MS + 100 * HOUR_MS)
  expect(clock.disbelief()).toBeUndefined()
})

test('a jump ahead is not believed for six hours, in which time goes on', () => {
  const { clock, jump, pass } = machine()
  expect(jump(YEAR_MS)).toBe(START_MS)
  expect(clock.disbelief()).toEqual({ aheadMs: YEAR_MS, forMs: 6 * HOUR_MS })
  expect(pass(5 * HOUR_MS)).toBe(START_MS + 5 * HOUR_MS)
  expect(clock.disbelief()).toEqual({ aheadMs: YEAR_MS, forMs: HOUR_MS })
  expect(pass(HOUR_MS)).toBe(START_MS + YEAR_MS + 6 * HOUR_MS)
  expect(clock.disbelief()).toBeUndefined()
})

test('a jump that is mended in time was none, and the next has its own six hours', () => {
  const { clock, jump, pass } = machine()
  jump(YEAR_MS)
  pass(5 * HOUR_MS)
  expect(jump(-YEAR_MS)).toBe(START_MS + 5 * HOUR_MS)
  expect(clock.disbelief()).toBeUndefined()
  expect(jump(YEAR_MS)).toBe(START_MS + 5 * HOUR_MS)
  expect(pass(5 * HOUR_MS)).toBe(START_MS + 10 * HOUR_MS)
})

test('a clock that is put back, or set right by a little, is believed at once', () => {
  const { jump } = machine()
  expect(jump(-YEAR_MS)).toBe(START_MS - YEAR_MS)
  expect(jump(HOUR_MS)).toBe(START_MS - YEAR_MS + HOUR_MS)
})

/** Spells of one hour that end so long before the start. */
const ended = (...beforeMs: readonly number[]): readonly ReceivedSpell[] =>
  beforeMs.map((ms) => ({ fromMs: START_MS - ms - HOUR_MS, toMs: START_MS - ms }))

test.each<[string, readonly ReceivedSpell[], number]>([
  ['where nothing was received yet, it is believed', [], 0],
  [
    'something was received a moment ago, and hours before',
    ended(8 * HOUR_MS, 7 * HOUR_MS, 60_000),
    0,
  ],
  ['nothing was received for a year', ended(YEAR_MS), YEAR_MS],
  [
    'after a year something was received again, an hour ago',
    ended(YEAR_MS, 60_000),
    YEAR_MS - HOUR_MS - 60_000,
  ],
  [
    'after a year something was received again, for seven hours',
    ended(YEAR_MS, ...[6, 5, 4, 3, 2, 1, 0].map((hours) => hours * HOUR_MS)),
    0,
  ],
  ['something has a time that has not come yet', ended(60_000, -YEAR_MS), 0],
  ['nothing was received for a night and a day', ended(24 * HOUR_MS), 0],
  ['nothing was received for two days', ended(48 * HOUR_MS), 48 * HOUR_MS],
])('at the start: %s', (_, received, behindMs) => {
  const { clock } = machine(received)
  expect(START_MS - clock.nowMs()).toBe(behindMs)
})

test('what was away for a year is believed after six hours, however often it is started', () => {
  const { pass } = machine(ended(YEAR_MS))
  expect(pass(6 * HOUR_MS)).toBe(START_MS + 6 * HOUR_MS)
})
