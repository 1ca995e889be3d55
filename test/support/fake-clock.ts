import type { Clock } from '../../collector/routing/clock.ts'

export interface FakeClock extends Clock {
  /** Moves time on, and fires what falls due, in order. */
  advance(byMs: number): void
  /** Moves time on to the next timer, and fires it; false where none is set. */
  fireNext(): boolean
  readonly timers: () => number
}

/** Time that a test moves by hand, and chance that it chooses. */
export function createFakeClock(chance: number | (() => number) = 0.5): FakeClock {
  let nowMs = 0
  let ids = 0
  const timers = new Map<number, { readonly atMs: number; readonly callback: () => void }>()
  const nextUntil = (endMs: number) =>
    [...timers]
      .filter(([, timer]) => timer.atMs <= endMs)
      .toSorted((a, b) => a[1].atMs - b[1].atMs || a[0] - b[0])[0]
  const fire = ([id, timer]: NonNullable<ReturnType<typeof nextUntil>>): void => {
    timers.delete(id)
    nowMs = Math.max(nowMs, timer.atMs)
    timer.callback()
  }
  return {
    now: () => nowMs,
    wallNow: () => Date.UTC(2026, 10, 21) + nowMs,
    random: typeof chance === 'number' ? () => chance : chance,
    timers: () => timers.size,
    setTimer(delayMs, callback) {
      const id = (ids += 1)
      timers.set(id, { atMs: nowMs + delayMs, callback })
      return () => timers.delete(id)
    },
    fireNext() {
      const due = nextUntil(Number.POSITIVE_INFINITY)
      if (due !== undefined) fire(due)
      return due !== undefined
    },
    advance(byMs) {
      const endMs = nowMs + byMs
      for (;;) {
        const due = nextUntil(endMs)
        if (due === undefined) break
        fire(due)
      }
      nowMs = endMs
    },
  }
}
