/** Time and chance as arguments, so that tests can choose both. */
export interface Clock {
  /** Milliseconds that only grow; for durations and deadlines. */
  now(): number
  /** Milliseconds since the epoch; for dates in headers and envelopes. */
  wallNow(): number
  /** Calls back once, after at least so long; returns the way to cancel it. */
  setTimer(delayMs: number, callback: () => void): () => void
  /** In [0, 1). */
  random(): number
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
