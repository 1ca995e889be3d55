/** From this share of the queue on, senders of healthy requests are asked to wait. */
const PRESSED_SHARE = 0.9
/** … until it has shrunk below this share: between the two, nothing changes its mind. */
const RELAXED_SHARE = 0.75
/** … and for so long at least: a burst comes in waves. */
const PRESSED_MS_MIN = 10_000

/** Whether a queue is under pressure, with hysteresis. */
export class PressureGauge {
  readonly #now: () => number
  #pressedSinceMs: number | undefined

  constructor(now: () => number) {
    this.#now = now
  }

  get pressedSinceMs(): number | undefined {
    return this.#pressedSinceMs
  }

  measure(share: number): void {
    if (this.#pressedSinceMs === undefined) {
      if (share >= PRESSED_SHARE) this.#pressedSinceMs = this.#now()
      return
    }
    const lastedMs = this.#now() - this.#pressedSinceMs
    if (share < RELAXED_SHARE && lastedMs >= PRESSED_MS_MIN) this.#pressedSinceMs = undefined
  }
}
