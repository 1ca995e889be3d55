import type { Cancellation } from '../routing/cancellation.ts'
import type { Clock } from '../routing/clock.ts'

/** The requests that run now, so that the process can end without ending them early. */
export class RunningRequests {
  readonly #clock: Clock
  readonly #cancellations = new Set<Cancellation>()
  #isDraining = false
  #hurried = false
  #wake: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  add(cancellation: Cancellation): void {
    this.#cancellations.add(cancellation)
    if (this.#hurried) cancellation.cancel('shutdown')
  }

  delete(cancellation: Cancellation): void {
    this.#cancellations.delete(cancellation)
    if (this.#cancellations.size === 0) this.#wake?.()
  }

  /** Waits until none is left, and for at most so long; then ends what is left. */
  async drain(limitMs: number): Promise<void> {
    this.#isDraining = true
    const cancelTimer = this.#clock.setTimer(limitMs, () => this.hurry())
    if (this.#hurried) this.hurry()
    if (this.#cancellations.size > 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    cancelTimer()
  }

  /** Ends all of them now, each with the error that its client can read. */
  hurry(): void {
    this.#hurried = true
    for (const cancellation of this.#cancellations) cancellation.cancel('shutdown')
  }
}
