import { describe, expect, test } from 'vitest'
import { streamLimits, Watchdog, type AttemptLimits } from '../../../collector/routing/watchdog.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const LIMITS: AttemptLimits = {
  connectMs: 5000,
  firstEventMs: 30_000,
  firstContentMs: 60_000,
  byteIdleMs: 20_000,
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
    watchdog.content(1000)
    clock.advance(15_000)
    watchdog.bytes(16_000)
    watchdog.content(16_000)
    clock.advance(19_999)
    expect(expired).toEqual([])
    clock.advance(1)
    expect(expired).toEqual([{ reason: 'timeout-idle', atMs: 36_000 }])
  })

  test('does not take pings and comments for progress', () => {
    const { clock, watchdog, expired } = watched()
    watchdog.connected()
    watchdog.content(0)
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
    watchdog.content(0)
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
      watchdog.content(clock.now())
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

describe('streamLimits', () => {
  const timers = {
    connectMs: 5000,
    firstEventMs: 30_000,
    firstContentMs: 60_000,
    firstContentReasoningMs: 300_000,
    byteIdleMs: 60_000,
    contentIdleMs: 180_000,
    totalStreamMs: 1_800_000,
    totalMs: 600_000,
  }
  const input = { timers, otherTargetLeft: true, thinking: false, elapsedMs: 0 }

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
    expect(limits).toMatchObject({ firstContentMs: 300_000, totalMs: 800_000 })
  })
})
