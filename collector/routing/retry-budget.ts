import type { RetryConfig } from '../config/config.ts'

/** The window of the budget, in buckets of one second. */
const WINDOW_SECONDS = 10

/**
 * How many retries of the *same target* all requests together may still make: a fifth of the
 * requests of the last ten seconds, and a floor for quiet times. It keeps a dead provider from
 * being asked three times as often as a living one. Going to another target needs no budget.
 */
export interface RetryBudget {
  countRequest(nowMs: number): void
  /** Takes one retry, if there is one. */
  tryTake(nowMs: number): boolean
  /** Whether there is one, without taking it. */
  has(nowMs: number): boolean
}

export function createRetryBudget(config: RetryConfig): RetryBudget {
  const requests = new SlidingCount()
  const retries = new SlidingCount()
  const has = (nowMs: number): boolean => {
    const allowed = Math.max(
      config.budgetRatio * requests.total(nowMs),
      config.budgetPerSecondMin * WINDOW_SECONDS,
    )
    return retries.total(nowMs) + 1 <= allowed
  }
  return {
    countRequest: (nowMs) => requests.add(nowMs),
    has,
    tryTake(nowMs) {
      if (!has(nowMs)) return false
      retries.add(nowMs)
      return true
    },
  }
}

/** Events of the last `WINDOW_SECONDS`, in as many counters. */
class SlidingCount {
  readonly #counts = Array.from({ length: WINDOW_SECONDS }, () => 0)
  #second = 0
  #total = 0

  add(nowMs: number): void {
    this.#advance(nowMs)
    const slot = this.#second % WINDOW_SECONDS
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
    this.#total += 1
  }

  total(nowMs: number): number {
    this.#advance(nowMs)
    return this.#total
  }

  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    const steps = Math.min(second - this.#second, WINDOW_SECONDS)
    for (let step = 1; step <= steps; step += 1) {
      const slot = (this.#second + step) % WINDOW_SECONDS
      this.#total -= this.#counts[slot] ?? 0
      this.#counts[slot] = 0
    }
    if (second > this.#second) this.#second = second
  }
}
