import { describe, expect, test } from 'vitest'
import {
  streamLimits,
  timersFor,
  Watchdog,
  type AttemptLimits,
} from '../../../collector/routing/watchdog.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const LIMITS: AttemptLimits = {
  connectMs: 5000,
  firstEventMs: 30_000,
  firstContentMs: 60_000,
  byteIdleMs: 20_000,
  preludeIdleMs: 20_000,
  contentIdleMs: 100_000,
  totalMs: 1_800_000,
}

function watched(limits: Partial<AttemptLimits> = {}) {
  const clock = createFakeClock()
  const expired: { readonly reason: string; readonly atMs: number }[] = []
  const watchdog = new Watchdog(clock, { ...LIMITS, ...limits }, (reason) => {
    expired.push({ reason, atMs: clock.now() })
  })
  return { clock, watchdog, expired }
}

describe('watchdog', () => {
  test('gives up a connection that does not come up', () => {
    const { clock, expired } = watched()
    clock.advance(10_000)
    expect(expired).toEqual([{ reason: 'timeout-connect', atMs: 5000 }])
  })

  test('gives up a target that says nothing', () => {
    const { clock, watchdog, expired } = watched()
    watchdog.connected()
    clock.advance(29_999)
    expect(expired).toEqual([])
    clock.advance(1)
    expect(expired).toEqual([{ reason: 'timeout-first-event', atMs: 30_000 }])
  })

  test('waits longer for content once there was any sign of life', () => {
    const { clock, watchdog, expired } = watched()
    watchdog.connected()
    for (let count = 0; count < 7; count += 1) {
      clock.advance(10_000)
      watchdog.bytes(clock.now())
      watchdog.event()
    }
    expect(expired).toEqual([{ reason: 'timeout-first-content', atMs: 60_000 }])
  })

  test('counts silence from the last byte', () => {
    const { clock, watchdog, expired } = watched()
    watchdog.connected()
    clock.advance(1000)
    watchdog.bytes(1000)
    watchdog.content(1000, false)
    clock.advance(15_000)
    watchdog.bytes(16_000)
    watchdog.content(16_000, false)
    clock.advance(19_999)
    expect(expired).toEqual([])
    clock.advance(1)
    expect(expired).toEqual([{ reason: 'timeout-idle', atMs: 36_000 }])
  })

  test('waits longer in the midst of a tool call, and no longer than for content', () => {
    const { clock, watchdog, expired } = watched()
    watchdog.connected()
    watchdog.bytes(0)
    watchdog.content(0, true)
    clock.advance(99_999)
    expect(expired).toEqual([])
    watchdog.bytes(clock.now())
    watchdog.content(clock.now(), false)
    clock.advance(20_000)
    expect(expired).toEqual([{ reason: 'timeout-idle', atMs: 119_999 }])
  })

  test('lets a model think between its first event and its first content', () => {
    const { clock, watchdog, expired } = watched({ preludeIdleMs: 50_000 })
    watchdog.connected()
    watchdog.bytes(0)
    watchdog.event()
    clock.advance(49_999)
    expect(expired).toEqual([])
    clock.advance(1)
    expect(expired).toEqual([{ reason: 'timeout-idle', atMs: 50_000 }])
  })

  test('does not take bytes without an event for a sign of life', () => {
    const { clock, watchdog, expired } = watched()
    watchdog.connected()
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1000)
      watchdog.bytes(clock.now())
    }
    expect(expired).toEqual([{ reason: 'timeout-first-event', atMs: 30_000 }])
  })

  test('does not take pings and comments for progress', () => {
    const { clock, watchdog, expired } = watched()
    watchdog.connected()
    watchdog.content(0, false)
    for (let count = 0; count < 20; count += 1) {
      clock.advance(10_000)
      watchdog.bytes(clock.now())
      watchdog.event()
    }
    expect(expired).toEqual([{ reason: 'timeout-idle', atMs: 100_000 }])
  })

  test('does not blame a target for a client that reads slowly', () => {
    const { clock, watchdog, expired } = watched()
    watchdog.connected()
    watchdog.content(0, false)
    watchdog.bytes(0)
    watchdog.pause()
    clock.advance(500_000)
    expect(expired).toEqual([])
    watchdog.resume()
    clock.advance(20_000)
    expect(expired).toEqual([{ reason: 'timeout-idle', atMs: 520_000 }])
  })

  test('ends a stream that outlives its limit, however lively', () => {
    const { clock, watchdog, expired } = watched({ totalMs: 45_000 })
    watchdog.connected()
    for (let count = 0; count < 10; count += 1) {
      watchdog.bytes(clock.now())
      watchdog.content(clock.now(), false)
      clock.advance(5000)
    }
    expect(expired).toEqual([{ reason: 'timeout-total', atMs: 45_000 }])
  })

  test('leaves no timer behind', () => {
    const { clock, watchdog, expired } = watched()
    watchdog.connected()
    watchdog.stop()
    clock.advance(10_000_000)
    expect(clock.timers()).toBe(0)
    expect(expired).toEqual([])
  })
})

const TIMERS = {
  connectMs: 5000,
  firstEventMs: 30_000,
  firstContentMs: 60_000,
  firstContentReasoningMs: 300_000,
  byteIdleMs: 60_000,
  thinkingIdleMs: 300_000,
  contentIdleMs: 180_000,
  totalStreamMs: 1_800_000,
  totalMs: 600_000,
}

describe('streamLimits', () => {
  const timers = TIMERS
  const input = {
    timers,
    otherTargetLeft: true,
    thinking: false,
    targetApi: 'chat',
    elapsedMs: 0,
  } as const

  test('waits a third of `timeout` for a first event while another target is left', () => {
    const withTimeout = { ...timers, timeoutMs: 60_000 }
    expect(streamLimits({ ...input, timers: withTimeout }).firstEventMs).toBe(20_000)
    expect(streamLimits({ ...input, timers: { ...timers, timeoutMs: 600_000 } }).firstEventMs).toBe(
      30_000,
    )
  })

  test('waits all of `timeout` where nobody else could answer', () => {
    const withTimeout = { ...timers, timeoutMs: 600_000 }
    const limits = streamLimits({ ...input, timers: withTimeout, otherTargetLeft: false })
    expect(limits.firstEventMs).toBe(600_000)
  })

  test('gives thinking its time, and counts what earlier attempts took', () => {
    const limits = streamLimits({ ...input, thinking: true, elapsedMs: 1_000_000 })
    expect(limits).toMatchObject({
      firstContentMs: 300_000,
      preludeIdleMs: 300_000,
      totalMs: 800_000,
    })
  })

  test.each([
    { timeoutMs: undefined, otherTargetLeft: true, firstEventMs: 300_000 },
    { timeoutMs: 30_000, otherTargetLeft: true, firstEventMs: 30_000 },
    { timeoutMs: 600_000, otherTargetLeft: true, firstEventMs: 200_000 },
    { timeoutMs: 600_000, otherTargetLeft: false, firstEventMs: 600_000 },
  ])(
    'lets a Chat target think in silence, for it has no word to say that it does: $timeoutMs',
    ({ timeoutMs, otherTargetLeft, firstEventMs }) => {
      const given = { ...timers, ...(timeoutMs !== undefined && { timeoutMs }) }
      const limits = streamLimits({ ...input, timers: given, otherTargetLeft, thinking: true })
      expect(limits.firstEventMs).toBe(firstEventMs)
    },
  )

  test.each(['messages', 'responses'] as const)(
    'expects a sign of life from %s, thinking or not',
    (targetApi) => {
      const limits = streamLimits({ ...input, thinking: true, targetApi })
      expect(limits.firstEventMs).toBe(30_000)
    },
  )
})

describe('timersFor', () => {
  const given = { disableFallbacks: false, disableContinuation: false }

  test("takes the client's own words for the configuration's", () => {
    expect(timersFor(TIMERS, { ...given, timeoutMs: 90_000 })).toMatchObject({
      timeoutMs: 90_000,
      totalMs: 90_000,
      byteIdleMs: 90_000,
      thinkingIdleMs: 90_000,
      firstContentMs: 90_000,
      firstContentReasoningMs: 300_000,
    })
    expect(timersFor(TIMERS, { ...given, timeoutMs: 9000, streamTimeoutMs: 4000 })).toMatchObject({
      totalMs: 9000,
      byteIdleMs: 4000,
      firstContentMs: 60_000,
    })
    expect(timersFor(TIMERS, given)).toBe(TIMERS)
  })
})
