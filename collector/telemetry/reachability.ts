import type { Log } from './log.ts'

const RETRY_MIN_MS = 250
/** A receiver that is back must not wait longer than this for what it missed. */
const RETRY_MAX_MS = 5_000
/** However long a `Retry-After` a receiver sends: it may be back in a minute. */
const RETRY_AFTER_MAX_MS = 30_000
/** Routers that lost one receiver at one moment must not all come back to it at one moment. */
const JITTER = 0.25

export interface ReachabilityOptions {
  readonly log: Log
  readonly destination: string
  /** Where spans wait meanwhile, for the log. */
  readonly waitIn: string
}

/** Whether the receiver takes spans now, and when to try again where it does not. */
export class Reachability {
  readonly #options: ReachabilityOptions
  #isReachable = true
  #retryMs = RETRY_MIN_MS
  #retryAfterMs = 0

  constructor(options: ReachabilityOptions) {
    this.#options = options
  }

  get isReachable(): boolean {
    return this.#isReachable
  }

  /** How long to wait before the next try. */
  get retryMs(): number {
    const jittered = this.#retryMs * (1 - JITTER + Math.random() * JITTER)
    return Math.max(jittered, this.#retryAfterMs)
  }

  noteFailure(detail: string, retryAfterMs = 0): void {
    this.#retryAfterMs = Math.min(retryAfterMs, RETRY_AFTER_MAX_MS)
    if (!this.#isReachable) {
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
      return
    }
    this.#isReachable = false
    const { log, destination, waitIn } = this.#options
    log.warn('spans cannot be delivered; they wait', {
      destination,
      waitIn,
      detail,
      hint: 'traffic is not affected; is the analyzer up, and are OTEL_EXPORTER_OTLP_ENDPOINT and _HEADERS right?',
    })
  }

  noteSuccess(droppedMeanwhile: number): void {
    if (this.#isReachable) return
    this.#isReachable = true
    this.#retryMs = RETRY_MIN_MS
    this.#retryAfterMs = 0
    const { log, destination } = this.#options
    log.info('spans are delivered again', { destination, droppedMeanwhile })
  }
}
