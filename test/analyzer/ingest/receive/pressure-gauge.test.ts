import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { PressureGauge } from '../../../../analyzer/ingest/receive/pressure-gauge.ts'

/** Invariant I9: what happens at the limit is defined, and does not flicker. */
function gauge() {
  const clock = { nowMs: 1000 }
  const pressure = new PressureGauge(() => clock.nowMs)
  return { clock, pressure }
}

test('pressure begins at 90 % and not before', () => {
  const { pressure } = gauge()
  pressure.measure(0.899)
  expect(pressure.pressedSinceMs).toBeUndefined()
  pressure.measure(0.9)
  expect(pressure.pressedSinceMs).toBe(1000)
})

test('it lasts for ten seconds, and until less than 75 % waits', () => {
  const { clock, pressure } = gauge()
  pressure.measure(1)
  clock.nowMs = 10_999
  pressure.measure(0)
  expect(pressure.pressedSinceMs).toBe(1000)
  clock.nowMs = 11_000
  pressure.measure(0.75)
  expect(pressure.pressedSinceMs).toBe(1000)
  pressure.measure(0.749)
  expect(pressure.pressedSinceMs).toBeUndefined()
})

test('it changes its mind at most once in ten seconds, whatever it measures', () => {
  const steps = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3000)))
  fc.assert(
    fc.property(steps, (measured) => {
      const { clock, pressure } = gauge()
      const endedAfterMs: number[] = []
      for (const [share, laterMs] of measured) {
        clock.nowMs += laterMs
        const before = pressure.pressedSinceMs
        pressure.measure(share)
        const hasEnded = before !== undefined && pressure.pressedSinceMs === undefined
        if (hasEnded) endedAfterMs.push(clock.nowMs - before)
      }
      expect(endedAfterMs.filter((lastedMs) => lastedMs < 10_000)).toEqual([])
    }),
  )
})
