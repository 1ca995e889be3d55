import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { IntakeQueue } from '../../../../analyzer/ingest/receive/intake-queue.ts'
import { ShedSignal } from '../../../../analyzer/ingest/shed-signal.ts'

/** Invariant I9, of the memory that bodies take. */
function queue() {
  const clock = { nowMs: 0 }
  const shed = new ShedSignal()
  const now = (): number => clock.nowMs
  return { clock, shed, queue: new IntakeQueue({ bodyBytesMax: 64, bytesMax: 100, now, shed }) }
}

test('no more bytes are taken than the limit, however they come and go', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -40, max: 60 })), (steps) => {
      const { queue: intake } = queue()
      const held: number[] = []
      for (const step of steps) {
        if (step > 0 && intake.take(step)) held.push(step)
        if (step < 0) intake.release(held.shift() ?? 0)
        const bytes = held.reduce((sum, each) => sum + each, 0)
        expect(intake.level().bytes).toBe(bytes)
        expect(bytes).toBeLessThanOrEqual(100)
      }
    }),
  )
})

test('under pressure healthy bodies are turned away, but never so many that the writer idles', () => {
  const { clock, shed, queue: intake } = queue()
  expect(intake.take(89)).toBe(true)
  expect(shed.isSet).toBe(false)
  expect(intake.take(1)).toBe(true)
  expect(shed.isSet).toBe(true)
  expect(intake.level().pressedSinceMs).toBe(0)
  // A quarter of the queue is enough for the writer to do.
  intake.release(65)
  expect(shed.isSet).toBe(false)
  expect(intake.level().pressedSinceMs).toBe(0)
  // What comes within ten seconds is kept to that quarter.
  intake.take(1)
  expect(shed.isSet).toBe(true)
  clock.nowMs = 10_000
  expect(intake.level().pressedSinceMs).toBeUndefined()
  expect(shed.isSet).toBe(false)
})

test('a body that finds no room is pressure, though less than 90 % is taken', () => {
  const { shed, queue: intake } = queue()
  intake.take(60)
  expect(intake.take(50)).toBe(false)
  expect(intake.level()).toEqual({ bytes: 60, bytesMax: 100, pressedSinceMs: 0 })
  expect(shed.isSet).toBe(true)
})

test('whoever is sent away is told to come again within one to five seconds, not all at once', () => {
  const { queue: intake } = queue()
  const times = Array.from({ length: 200 }, () => intake.retryAfterMs())
  expect(Math.min(...times)).toBeGreaterThanOrEqual(1000)
  expect(Math.max(...times)).toBeLessThanOrEqual(5000)
  expect(new Set(times).size).toBeGreaterThan(50)
})

test('the signal is seen through its shared memory', () => {
  const { shed, queue: intake } = queue()
  const elsewhere = new ShedSignal(shed.buffer)
  intake.take(100)
  expect(elsewhere.isSet).toBe(true)
})
