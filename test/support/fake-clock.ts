import type { Clock } from '../../collector/routing/clock.ts'

export interface FakeClock extends Clock {
  /** Moves time on, and fires what falls due, in order. */
  advance(byMs: number): void
  readonly timers: () => number
}

/** Time that a test moves by hand. */
export function createFakeClock(randomValue = 0.5): FakeClock {
  let nowMs = 0
  let ids = 0
  const timers = new Map<number, { readonly atMs: number; readonly callback: () => void }>()
  return {
    now: () => nowMs,
    wallNow: () => Date.UTC(2026, 10, 21) + nowMs,
    random: () => randomValue,
    timers: () => timers.size,
    setTimer(delayMs, callback) {
      const id = (ids += 1)
      timers.set(id, { atMs: nowMs + delayMs, callback })
      return () => timers.delete(id)
    },
    advance(byMs) {
      const endMs = nowMs + byMs
      for (;;) {
        const [due] = [...timers]
          .filter(([, timer]) => timer.atMs <= endMs)
          .toSorted((a, b) => a[1].atMs - b[1].atMs || a[0] - b[0])
        if (due === undefined) break
        timers.delete(due[0])
        nowMs = Math.max(nowMs, due[1].atMs)
        due[1].callback()
      }
      nowMs = endMs
    },
  }
}
