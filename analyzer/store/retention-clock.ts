/** The clock is believed where it is no further ahead of what time it should be. */
const STEP_MS = 3_600_000

/** A clock that is further ahead is believed when it has said so for so long. */
const BELIEVED_AFTER_MS = 6 * 3_600_000

/** Between two times at which something was received: a quiet day is none that jumped. */
const GAP_MS = 24 * 3_600_000

/** When something was received, first and last. */
export interface ReceivedSpell {
  readonly fromMs: number
  readonly toMs: number
}

export interface RetentionClockOptions {
  /** What was received before, as the clock had it then. */
  readonly received: readonly ReceivedSpell[]
  readonly now: () => number
  /** Goes on whatever becomes of the clock. */
  readonly elapsedMs: () => number
}

/**
 * What time it is for what is kept only for so long: a clock that jumps a year ahead must not have
 * all deleted, for nothing brings that back. Time goes on as the steady clock has it, and from the
 * last time at which something was received; a clock that is far ahead of that is wrong, or the
 * analyzer was away. Which of the two shows when it stays: until then, nothing ages faster than it
 * is watched. Put back, it is believed at once, for nothing is lost by that.
 */
export class RetentionClock {
  readonly #now: () => number
  readonly #elapsedMs: () => number
  /** It was `knownMs` when the steady clock said `atMs`. */
  #known: { readonly knownMs: number; readonly atMs: number }
  #aheadSinceMs: number | undefined

  constructor({ received, now, elapsedMs }: RetentionClockOptions) {
    this.#now = now
    this.#elapsedMs = elapsedMs
    this.#known = { knownMs: beforeJump(received, now()), atMs: elapsedMs() }
    this.nowMs()
  }

  nowMs(): number {
    const nowMs = this.#now()
    const atMs = this.#elapsedMs()
    const expectedMs = this.#known.knownMs + atMs - this.#known.atMs
    if (nowMs > expectedMs + STEP_MS) {
      this.#aheadSinceMs ??= atMs
      if (atMs - this.#aheadSinceMs < BELIEVED_AFTER_MS) return expectedMs
    }
    this.#aheadSinceMs = undefined
    this.#known = { knownMs: nowMs, atMs }
    return nowMs
  }

  /** How far the clock is ahead of what is believed, where it is; it is believed after `forMs`. */
  disbelief(): { readonly aheadMs: number; readonly forMs: number } | undefined {
    const aheadMs = this.#now() - this.nowMs()
    if (this.#aheadSinceMs === undefined) return undefined
    return { aheadMs, forMs: this.#aheadSinceMs + BELIEVED_AFTER_MS - this.#elapsedMs() }
  }
}

/**
 * The last time that can be believed. What was received just now was received by the clock that is
 * asked: only a gap before it shows that the clock jumped, or that nobody was there, a moment ago.
 */
function beforeJump(received: readonly ReceivedSpell[], nowMs: number): number {
  let laterMs = nowMs
  for (const { fromMs, toMs } of received.toReversed()) {
    // Of a time that has not come: the clock was ahead then, and is not now.
    if (toMs > nowMs) continue
    if (laterMs - toMs > GAP_MS) return nowMs - laterMs + toMs
    laterMs = Math.min(laterMs, fromMs)
    if (nowMs - laterMs >= BELIEVED_AFTER_MS) return nowMs
  }
  return nowMs
}
