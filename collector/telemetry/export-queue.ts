import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Log } from './log.ts'
import type { SpanGroup } from './request-processor.ts'

/** Why spans were not delivered. */
type DropReason =
  /** The queue was full; the oldest ordinary requests go first, failures and rescues last. */
  | 'queue_full'
  /** The receiver will never take them: sending them again would only block the others. */
  | 'rejected'
  /** The process stopped before they could be sent. */
  | 'shutdown'

/** `ended = sent + waiting + the sum of dropped`, at every moment. */
export interface ExportCounts {
  readonly ended: number
  readonly sent: number
  readonly waiting: number
  readonly dropped: Readonly<Record<DropReason, number>>
}

export interface ExportQueueOptions {
  readonly exporter: SpanExporter
  readonly spansMax: number
  readonly batchSpansMax: number
  readonly batchDelayMs: number
  /** Longest time that one batch may take, the exporter's own retries included. */
  readonly exportTimeoutMs: number
  /** Ends whatever connection the exporter has. */
  readonly abort: () => void
  readonly log: Log
  /** Where the spans go, for the log. */
  readonly destination: string
}

const RETRY_MIN_MS = 250
/** An analyzer that is back must not wait longer than this for what it missed. */
const RETRY_MAX_MS = 5_000

/** HTTP statuses that say that this batch, not the moment, is the trouble. */
const NEVER_ACCEPTED: ReadonlySet<number> = new Set([400, 413, 415, 422])

type ExportOutcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'retry' | 'rejected'; readonly detail: string }

/**
 * Bounded memory between requests and the analyzer. Never throws, never makes a request wait: what
 * does not fit is dropped and counted (I6, I9). While the analyzer is away, whole requests wait
 * here, and failures and rescues are the last to be dropped and the first to be sent.
 */
export class ExportQueue {
  readonly #options: ExportQueueOptions
  readonly #important: SpanGroup[] = []
  readonly #ordinary: SpanGroup[] = []
  readonly #dropped = { queue_full: 0, rejected: 0, shutdown: 0 }
  #ended = 0
  #sent = 0
  #queued = 0
  #inFlight = 0
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #retryMs = RETRY_MIN_MS
  #reachable = true
  #closed = false

  constructor(options: ExportQueueOptions) {
    this.#options = options
  }

  offer(group: SpanGroup): void {
    this.#ended += group.spans.length
    if (this.#closed) {
      this.#dropped.shutdown += group.spans.length
      return
    }
    this.#laneOf(group).push(group)
    this.#queued += group.spans.length
    this.#makeRoom()
    if (this.#queued >= this.#options.batchSpansMax && this.#reachable) this.#start()
    else this.#startIn(this.#options.batchDelayMs)
  }

  counts(): ExportCounts {
    return {
      ended: this.#ended,
      sent: this.#sent,
      waiting: this.#queued + this.#inFlight,
      dropped: { ...this.#dropped },
    }
  }

  /** Sends what waits, for at most `deadlineMs`; true where nothing is left. */
  async flush(deadlineMs: number): Promise<boolean> {
    this.#start()
    let deadline: NodeJS.Timeout | undefined
    const expired = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, deadlineMs)
    })
    await Promise.race([this.#running ?? Promise.resolve(), expired])
    clearTimeout(deadline)
    return this.#queued + this.#inFlight === 0
  }

  /** Flushes, then drops what is left, counted. */
  async close(deadlineMs: number): Promise<void> {
    await this.flush(deadlineMs)
    this.#closed = true
    clearTimeout(this.#timer)
    this.#dropped.shutdown += this.#queued + this.#inFlight
    this.#queued = 0
    this.#inFlight = 0
    this.#important.length = 0
    this.#ordinary.length = 0
  }

  #laneOf(group: SpanGroup): SpanGroup[] {
    return group.important ? this.#important : this.#ordinary
  }

  #makeRoom(): void {
    while (this.#queued > this.#options.spansMax) {
      // The oldest goes: the newest tell what is happening now.
      const group = this.#ordinary.shift() ?? this.#important.shift()
      if (group === undefined) return
      this.#queued -= group.spans.length
      this.#dropped.queue_full += group.spans.length
    }
  }

  #startIn(delayMs: number): void {
    if (this.#timer !== undefined || this.#running !== undefined) return
    this.#timer = setTimeout(() => this.#start(), delayMs)
    // A process that has nothing else to do must be able to end.
    this.#timer.unref()
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#running !== undefined || this.#queued === 0 || this.#closed) return
    this.#running = this.#sendAll().finally(() => {
      this.#running = undefined
      if (this.#queued > 0 && !this.#closed) this.#startIn(this.#retryMs)
    })
  }

  /** One batch at a time, until nothing waits or the receiver does not take them now. */
  async #sendAll(): Promise<void> {
    while (this.#queued > 0 && !this.#closed) {
      const batch = this.#takeBatch()
      const spans = batch.flatMap((group) => group.spans)
      this.#inFlight = spans.length
      // oxlint-disable-next-line no-await-in-loop -- one batch at a time keeps order and limit
      const outcome = await this.#export(spans)
      if (this.#closed) return
      this.#inFlight = 0
      if (outcome.kind === 'retry') {
        this.#putBack(batch)
        this.#noteUnreachable(outcome.detail)
        return
      }
      this.#noteReachable()
      if (outcome.kind === 'sent') {
        this.#sent += spans.length
      } else {
        this.#dropped.rejected += spans.length
        this.#options.log.warn('spans were refused for good and are dropped', {
          spans: spans.length,
          destination: this.#options.destination,
          detail: outcome.detail,
        })
      }
    }
  }

  #takeBatch(): readonly SpanGroup[] {
    const batch: SpanGroup[] = []
    let spans = 0
    for (const lane of [this.#important, this.#ordinary]) {
      for (let next = lane[0]; next !== undefined; next = lane[0]) {
        if (batch.length > 0 && spans + next.spans.length > this.#options.batchSpansMax) break
        lane.shift()
        batch.push(next)
        spans += next.spans.length
      }
    }
    this.#queued -= spans
    return batch
  }

  #putBack(batch: readonly SpanGroup[]): void {
    for (const group of batch.toReversed()) {
      this.#laneOf(group).unshift(group)
      this.#queued += group.spans.length
    }
    this.#makeRoom()
  }

  #export(spans: ReadableSpan[]): Promise<ExportOutcome> {
    const { exporter, exportTimeoutMs, abort } = this.#options
    return new Promise((resolve) => {
      // The exporter's own limit is on silence: an answer of one byte per second would hold it, and
      // the queue behind it, for ever.
      const watchdog = setTimeout(abort, exportTimeoutMs)
      watchdog.unref()
      try {
        exporter.export(spans, (result) => {
          clearTimeout(watchdog)
          const code: number = result.code
          resolve(toOutcome(code === EXPORT_SUCCESS, result.error))
        })
      } catch (error) {
        clearTimeout(watchdog)
        resolve({ kind: 'rejected', detail: String(error) })
      }
    })
  }

  #noteUnreachable(detail: string): void {
    if (this.#reachable) {
      this.#options.log.warn('spans cannot be delivered; they wait in memory', {
        destination: this.#options.destination,
        detail,
        hint: 'traffic is not affected; is the analyzer up, and are OTEL_EXPORTER_OTLP_ENDPOINT and _HEADERS right?',
      })
    } else {
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
    }
    this.#reachable = false
  }

  #noteReachable(): void {
    if (this.#reachable) return
    this.#reachable = true
    this.#retryMs = RETRY_MIN_MS
    this.#options.log.info('spans are delivered again', {
      destination: this.#options.destination,
      droppedMeanwhile: this.#dropped.queue_full,
    })
  }
}

/** `ExportResultCode.SUCCESS` of `@opentelemetry/core`. */
const EXPORT_SUCCESS = 0

function toOutcome(success: boolean, error: Error | undefined): ExportOutcome {
  if (success) return { kind: 'sent' }
  const status: unknown = error !== undefined && 'code' in error ? error.code : undefined
  const detail = error === undefined || error.message === '' ? 'unknown error' : error.message
  return typeof status === 'number' && NEVER_ACCEPTED.has(status)
    ? { kind: 'rejected', detail: `HTTP ${status} ${detail}` }
    : { kind: 'retry', detail: typeof status === 'number' ? `HTTP ${status} ${detail}` : detail }
}
