import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import {
  BODIES_MAX,
  GIVES_WAY_AFTER_MS,
  IntakeQueue,
} from '../../../../analyzer/ingest/receive/intake-queue.ts'
import type { HeldBody } from '../../../../analyzer/ingest/receive/receiver.ts'
import { ShedSignal } from '../../../../analyzer/ingest/shed-signal.ts'

/** Invariant I9, of the memory that bodies take. */
function queue() {
  const clock = { nowMs: 0 }
  const shed = new ShedSignal()
  const now = (): number => clock.nowMs
  const intake = new IntakeQueue({ bodyBytesMax: 64, bytesMax: 100, now, shed })
  const gaveWay: string[] = []
  const begin = (name = ''): HeldBody => {
    const body = intake.begin(() => gaveWay.push(name))
    if (body === undefined) throw new Error('there is no room for one more body')
    return body
  }
  /** A whole body of this many bytes. */
  const whole = (byteCount: number): HeldBody => {
    const body = begin()
    expect(body.take(byteCount)).toBe(true)
    body.arrived()
    return body
  }
  return { clock, shed, queue: intake, begin, whole, gaveWay }
}

type Step =
  | { readonly kind: 'begin' }
  | { readonly kind: 'take'; readonly at: number; readonly bytes: number }
  | { readonly kind: 'arrived' | 'release'; readonly at: number }
  | { readonly kind: 'wait'; readonly ms: number }

const at = fc.nat({ max: 5 })
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ kind: 'begin' } as const),
  fc.record({ kind: fc.constant('take' as const), at, bytes: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constantFrom('arrived' as const, 'release' as const), at }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat({ max: 3000 }) }),
)

interface Known {
  readonly body: HeldBody
  bytes: number
  isWhole: boolean
}

test('no more bytes are held than the limit, and exactly those of bodies that still are', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 60 }), (run) => {
      const { queue: intake, clock } = queue()
      const known: Known[] = []
      let wholeGaveWay = 0
      for (const step of run) {
        const body = 'at' in step ? known[step.at] : undefined
        switch (step.kind) {
          case 'begin': {
            const begun = intake.begin(() => {
              const index = known.findIndex((each) => each.body === begun)
              const [gone] = known.splice(index, 1)
              if (gone?.isWhole === true) wholeGaveWay += 1
            })
            if (begun !== undefined) known.push({ body: begun, bytes: 0, isWhole: false })
            break
          }
          case 'take':
            if (body !== undefined && !body.isWhole && body.body.take(step.bytes)) {
              body.bytes += step.bytes
            }
            break
          case 'arrived':
            body?.body.arrived()
            if (body !== undefined) body.isWhole = true
            break
          case 'release':
            body?.body.release()
            body?.body.release()
            if (body !== undefined) known.splice(step.at, 1)
            break
          case 'wait':
            clock.nowMs += step.ms
            break
        }
        expect(intake.level().bytes).toBe(known.reduce((sum, { bytes }) => sum + bytes, 0))
        expect(intake.level().bytes).toBeLessThanOrEqual(100)
      }
      // A body that is all here waits for us.
      expect(wholeGaveWay).toBe(0)
    }),
  )
})

test('under pressure healthy bodies are turned away, but never so many that the writer idles', () => {
  const { clock, shed, queue: intake, whole } = queue()
  const most = whole(65)
  whole(24)
  expect(shed.isSet).toBe(false)
  whole(1)
  expect(shed.isSet).toBe(true)
  expect(intake.level().pressedSinceMs).toBe(0)
  // A quarter of the queue is enough for the writer to do.
  most.release()
  expect(shed.isSet).toBe(false)
  expect(intake.level().pressedSinceMs).toBe(0)
  // What comes within ten seconds is kept to that quarter.
  whole(1)
  expect(shed.isSet).toBe(true)
  clock.nowMs = 10_000
  expect(intake.level().pressedSinceMs).toBeUndefined()
  expect(shed.isSet).toBe(false)
})

test('bodies that their senders hold back turn nobody away for the sake of the writer', () => {
  const { shed, queue: intake, begin, whole } = queue()
  begin().take(90)
  expect(intake.level().pressedSinceMs).toBe(0)
  expect(shed.isSet).toBe(false)
  whole(10)
  expect(shed.isSet).toBe(false)
})

test('a body that finds no room is pressure, though less than 90 % is taken', () => {
  const { shed, queue: intake, whole, begin } = queue()
  whole(60)
  expect(begin().take(50)).toBe(false)
  expect(intake.level()).toEqual({ bytes: 60, bytesMax: 100, pressedSinceMs: 0 })
  expect(shed.isSet).toBe(true)
})

test('whoever has been arriving for long gives way where others need the room, oldest first', () => {
  const { clock, queue: intake, begin, gaveWay } = queue()
  const first = begin('first')
  first.take(40)
  clock.nowMs = 1
  begin('second').take(40)
  clock.nowMs = GIVES_WAY_AFTER_MS - 1
  expect(begin('early').take(30)).toBe(false)
  expect(gaveWay).toEqual([])
  clock.nowMs = GIVES_WAY_AFTER_MS
  expect(begin('late').take(30)).toBe(true)
  expect(gaveWay).toEqual(['first'])
  expect(intake.level().bytes).toBe(70)
  // What it held is gone, and it can have no more.
  expect(first.take(1)).toBe(false)
  first.release()
  expect(intake.level().bytes).toBe(70)
})

test('a whole body never gives way, and none that asks for more gives way to itself', () => {
  const { clock, begin, whole, gaveWay } = queue()
  whole(60)
  const asking = begin('asking')
  asking.take(30)
  clock.nowMs = 60_000
  expect(asking.take(20)).toBe(false)
  expect(begin('new').take(30)).toBe(true)
  expect(gaveWay).toEqual(['asking'])
  expect(begin('newer').take(30)).toBe(false)
})

test('no more bodies are under way than the limit, however empty they are', () => {
  const { clock, queue: intake, begin, gaveWay } = queue()
  for (let count = 0; count < BODIES_MAX; count += 1) begin(String(count))
  expect(intake.begin(() => undefined)).toBeUndefined()
  expect(intake.level().pressedSinceMs).toBe(0)
  clock.nowMs = GIVES_WAY_AFTER_MS
  begin('late')
  expect(gaveWay).toEqual(['0'])
})

test('whoever is sent away is told to come again within one to five seconds, not all at once', () => {
  const { queue: intake } = queue()
  const times = Array.from({ length: 200 }, () => intake.retryAfterMs())
  expect(Math.min(...times)).toBeGreaterThanOrEqual(1000)
  expect(Math.max(...times)).toBeLessThanOrEqual(5000)
  expect(new Set(times).size).toBeGreaterThan(50)
})

test('the signal is seen through its shared memory', () => {
  const { shed, whole } = queue()
  const elsewhere = new ShedSignal(shed.buffer)
  whole(100)
  expect(elsewhere.isSet).toBe(true)
})
