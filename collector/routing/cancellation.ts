/** Why a request was given up from outside the chain. */
export type CancelCause = 'client-gone' | 'shutdown'

/**
 * Ends whatever a request is waiting for, at once: an attempt, a backoff. The first cause stays.
 * An `AbortSignal` would do; it costs an event object per listener on the hot path.
 */
export class Cancellation {
  #cause: CancelCause | undefined
  #listener: ((cause: CancelCause) => void) | undefined

  get cause(): CancelCause | undefined {
    return this.#cause
  }

  cancel(cause: CancelCause): void {
    if (this.#cause !== undefined) return
    this.#cause = cause
    const listener = this.#listener
    this.#listener = undefined
    listener?.(cause)
  }

  /**
   * One waits at a time: a request does one thing after another. `undefined` waits no more. Who
   * comes too late is told at once.
   */
  listen(listener: ((cause: CancelCause) => void) | undefined): void {
    if (this.#cause === undefined) this.#listener = listener
    else listener?.(this.#cause)
  }
}
