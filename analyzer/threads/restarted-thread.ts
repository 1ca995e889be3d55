import { messageOf } from '../message-of.ts'

/** As much of a thread as is needed to keep one running. */
export interface RunningThread {
  /** Rejects where it could not start. */
  ready(): Promise<void>
  stop(): Promise<void>
}

export interface RestartedThreadOptions {
  readonly start: (onDeath: (reason: string) => void) => RunningThread
  /** Each time: it is started again, after a while. */
  readonly onDeath: (reason: string) => void
  readonly now?: () => number
}

/** Doubled with each death, up to the last of them; a thread that lived for so long begins anew. */
const BACKOFF_MS = 1000
const BACKOFF_MS_MAX = 60_000

/** A thread that may die without the process: it is started again, ever more slowly. */
export class RestartedThread {
  readonly #options: RestartedThreadOptions
  readonly #now: () => number
  #thread: RunningThread | undefined
  #timer: NodeJS.Timeout | undefined
  #backoffMs = BACKOFF_MS
  #startedAtMs = 0
  #stopped = false

  constructor(options: RestartedThreadOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#start()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#thread?.stop()
  }

  #start(): void {
    this.#startedAtMs = this.#now()
    // A thread that cannot start may say so twice: that it was refused, and that it is gone.
    let isOver = false
    const onEnd = (reason: string): void => {
      if (isOver || this.#stopped) return
      isOver = true
      this.#options.onDeath(reason)
      this.#startLater()
    }
    const thread = this.#options.start(onEnd)
    this.#thread = thread
    thread.ready().catch((error: unknown) => {
      onEnd(messageOf(error))
    })
  }

  #startLater(): void {
    const livedMs = this.#now() - this.#startedAtMs
    if (livedMs > BACKOFF_MS_MAX) this.#backoffMs = BACKOFF_MS
    this.#timer = setTimeout(() => this.#start(), this.#backoffMs)
    this.#timer.unref()
    this.#backoffMs = Math.min(2 * this.#backoffMs, BACKOFF_MS_MAX)
  }
}
