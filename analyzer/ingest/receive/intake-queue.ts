import type { BodyQueue } from './receiver.ts'
import { PressureGauge } from './pressure-gauge.ts'
import type { ShedSignal } from '../shed-signal.ts'
import { spreadRetryMs } from '../spread-retry.ts'

export interface IntakeQueueOptions {
  readonly bodyBytesMax: number
  readonly bytesMax: number
  readonly now: () => number
  /** Read by the thread that works the queue off. */
  readonly shed: ShedSignal
}

export interface IntakeLevel {
  readonly bytes: number
  readonly bytesMax: number
  /** Since when healthy bodies are asked to come again. */
  readonly pressedSinceMs: number | undefined
}

/**
 * Under pressure the room above this share of the queue is kept for bodies with failures. What is
 * below it is enough to keep the writer busy: a thread that turned everything away would stand idle
 * until the pressure is over.
 */
const HEALTHY_SHARE = 0.25

/**
 * The one bounded queue before the store (invariant I9): the bytes of bodies from their first byte
 * to their answer, of both protocols, compressed as they came. What a body unfolds to is not in
 * it, for they are unfolded one at a time.
 */
export class IntakeQueue implements BodyQueue {
  readonly bodyBytesMax: number
  readonly #options: IntakeQueueOptions
  readonly #gauge: PressureGauge
  #bytes = 0

  constructor(options: IntakeQueueOptions) {
    this.bodyBytesMax = options.bodyBytesMax
    this.#options = options
    this.#gauge = new PressureGauge(options.now)
  }

  take(byteCount: number): boolean {
    const { bytesMax } = this.#options
    if (this.#bytes + byteCount > bytesMax) {
      // What is refused is pressure as well, however the bytes happen to add up.
      this.#measure(1)
      return false
    }
    this.#bytes += byteCount
    this.#measure(this.#bytes / bytesMax)
    return true
  }

  release(byteCount: number): void {
    this.#bytes -= byteCount
    this.#measure(this.#bytes / this.#options.bytesMax)
  }

  retryAfterMs(): number {
    return spreadRetryMs()
  }

  level(): IntakeLevel {
    const { bytesMax } = this.#options
    this.#measure(this.#bytes / bytesMax)
    return { bytes: this.#bytes, bytesMax, pressedSinceMs: this.#gauge.pressedSinceMs }
  }

  #measure(share: number): void {
    this.#gauge.measure(share)
    const isPressed = this.#gauge.pressedSinceMs !== undefined
    this.#options.shed.set(isPressed && this.#bytes > HEALTHY_SHARE * this.#options.bytesMax)
  }
}
