/** One whose spans end further from when they come than any batch, queue or NTP explains. */
export interface SourceClock {
  readonly source: string
  /**
   * How far its newest spans end in the future; less than 0: all that it sent of late ended so long
   * before it came.
   */
  readonly aheadMs: number
}

/** Clocks that are set differ by less. */
const AHEAD_MS_MIN = 60_000
/** Senders that were cut off come with what they kept for some minutes. */
const BEHIND_MS_MIN = 15 * 60_000
/** Looked back on: twice this at the most. */
const SPELL_MS = 5 * 60_000
/** Before that, what comes may be the rest of an outage. */
const WATCHED_MS_MIN = 60_000

interface Spell {
  readonly fromMs: number
  /** Of its newest span. */
  readonly aheadMs: number
}

interface Watched {
  readonly sinceMs: number
  readonly now: Spell
  readonly before: Spell | undefined
}

/**
 * By how much senders' clocks are off: their requests stand at the time that their spans tell, and
 * whoever looks at the last hour misses those of a clock that is behind.
 */
export class SourceClocks {
  readonly #watched = new Map<string, Watched>()

  /** Spans of one source that came together, as when the newest of them ended. */
  note(source: string, { endMs, receivedAtMs }: { endMs: number; receivedAtMs: number }): void {
    const aheadMs = endMs - receivedAtMs
    const known = this.#watched.get(source)
    const elapsedMs = receivedAtMs - (known?.now.fromMs ?? -Infinity)
    const fresh: Spell = { fromMs: receivedAtMs, aheadMs }
    // Also where this machine's clock was put back.
    if (known === undefined || elapsedMs < 0 || elapsedMs > 2 * SPELL_MS) {
      this.#watched.set(source, { sinceMs: receivedAtMs, now: fresh, before: undefined })
    } else if (elapsedMs > SPELL_MS) {
      this.#watched.set(source, { ...known, now: fresh, before: known.now })
    } else if (aheadMs > known.now.aheadMs) {
      this.#watched.set(source, { ...known, now: { ...known.now, aheadMs } })
    }
  }

  /** Those that somebody should look at. */
  off(nowMs: number): readonly SourceClock[] {
    return [...this.#watched].flatMap(([source, { sinceMs, now, before }]) => {
      const aheadMs = Math.max(now.aheadMs, before?.aheadMs ?? -Infinity)
      const isOff = aheadMs > AHEAD_MS_MIN || aheadMs < -BEHIND_MS_MIN
      return isOff && nowMs - sinceMs >= WATCHED_MS_MIN ? [{ source, aheadMs }] : []
    })
  }
}
