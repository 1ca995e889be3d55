import { Backlog } from './backlog.ts'
import type { SpanGroup } from './encode-export.ts'
import type { Entry } from './lane.ts'
import type { Log } from './log.ts'
import type { Reachability } from './reachability.ts'
import type { Spool } from './spool/spool.ts'
import type { SendOutcome, TraceSender } from './trace-sender.ts'
import { within } from './within.ts'

/** Why spans were not delivered. */
export const DROP_REASONS = [
  /** Memory was full; the oldest ordinary requests go first, failures and rescues last. */
  'queue_full',
  /** So was the disk, in the same order. */
  'spool_full',
  /** They were on disk and can no longer be read. */
  'spool_damaged',
  /** The receiver will never take them, for it takes others. */
  'rejected',
  /** The process stopped, and no disk would have them. */
  'shutdown',
] as const
export type DropReason = (typeof DROP_REASONS)[number]

/** `ended + recovered = sent + waiting + spooled + the sum of dropped`, at every moment. */
export interface ExportCounts {
  /** Spans that were offered here. */
  readonly ended: number
  /** Spans that an earlier process left on disk. */
  readonly recovered: number
  readonly sent: number
  readonly waiting: number
  readonly spooled: number
  readonly dropped: Readonly<Record<DropReason, number>>
}

export interface ExportQueueOptions {
  readonly sender: TraceSender
  /** Absent: what cannot be sent waits in memory only. */
  readonly spool?: Spool
  readonly spansMax: number
  readonly batchSpansMax: number
  readonly batchDelayMs: number
  readonly log: Log
  readonly reachability: Reachability
}

/** A receiver's own limit is on bytes: the analyzer's is 64 MiB, a Collector's 20 MiB. */
const BATCH_BYTES_MAX = 4 * 1024 ** 2
/** A group has a span at least, so this is no limit of its own. */
const BATCH_GROUPS_MAX = 2 ** 20
/** Spans differ in size and memory does not; a usual one has 1 KiB. */
const BYTES_PER_SPAN_MAX = 4096
/** One write to disk: large enough to be worth it, small enough to be soon over. */
const WRITE_BYTES_MAX = 1024 ** 2
/** Of the time to stop in, what is kept for the disk. */
const SPOOL_SHARE = 0.25
/** How often what other sidecars left is looked for. */
const ADOPT_EVERY_MS = 60_000

/**
 * Bounded memory between requests and the receiver, with a disk behind it. Never throws, never
 * makes a request wait: what does not fit is dropped and counted (I6, I9). While the receiver is
 * away, whole requests go to disk; failures and rescues go first, are sent first and dropped last.
 */
export class ExportQueue {
  readonly #options: ExportQueueOptions
  readonly #backlog = new Backlog()
  readonly #dropped: Record<DropReason, number> = {
    queue_full: 0,
    spool_full: 0,
    spool_damaged: 0,
    rejected: 0,
    shutdown: 0,
  }
  #ended = 0
  #recovered = 0
  #sent = 0
  #spooled = 0
  /** Batches that the receiver took. */
  #taken = 0
  #inFlight: readonly Entry[] = []
  #writing: readonly Entry[] = []
  /** Groups in one batch; fewer while a batch is refused that may hold a single bad one. */
  #batchGroupsMax = BATCH_GROUPS_MAX
  #sending: Promise<void> | undefined
  #spilling: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #adoptTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: ExportQueueOptions) {
    this.#options = options
    if (options.spool === undefined) return
    void this.#adopt(options.spool)
  }

  offer(group: SpanGroup): void {
    this.#ended += group.spans
    if (this.#closed) {
      this.#dropped.shutdown += group.spans
      return
    }
    this.#backlog.add(group)
    this.#makeRoom()
    if (this.#mustSpill) this.#spill()
    const isBatch = this.#backlog.memorySpans >= this.#options.batchSpansMax
    if (isBatch && this.#options.reachability.isReachable) this.#start()
    else this.#startIn(this.#options.batchDelayMs)
  }

  counts(): ExportCounts {
    const inFlight = this.#inFlight.filter(({ where }) => where === 'memory')
    return {
      ended: this.#ended,
      recovered: this.#recovered,
      sent: this.#sent,
      waiting: this.#backlog.memorySpans + spansOf(inFlight) + spansOf(this.#writing),
      spooled: this.#spooled,
      dropped: { ...this.#dropped },
    }
  }

  /** Sends what waits, for at most `deadlineMs`; true where nothing is left. */
  async flush(deadlineMs: number): Promise<boolean> {
    this.#start()
    await within(deadlineMs, this.#sending)
    const { waiting, spooled } = this.counts()
    return waiting + spooled === 0
  }

  /** Sends what it can, puts the rest on disk, and drops what no disk would have. */
  async close(deadlineMs: number): Promise<void> {
    const { spool, sender, reachability } = this.#options
    const endMs = performance.now() + deadlineMs
    if (spool === undefined) await this.flush(deadlineMs)
    else if (reachability.isReachable) await this.flush(deadlineMs * (1 - SPOOL_SHARE))
    this.#closed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#adoptTimer)
    sender.abort()
    // Whether the receiver has them cannot be known; twice is harmless, never is not.
    this.#backlog.putBack(this.#inFlight)
    this.#inFlight = []
    await within(endMs - performance.now(), this.#spillRest())
    this.#dropped.shutdown += this.#backlog.makeRoom(0, 0) + spansOf(this.#writing)
    this.#writing = []
    await within(endMs - performance.now(), spool?.close())
  }

  /** The receiver is away, or slower than the traffic. */
  get #mustSpill(): boolean {
    const { reachability, spansMax } = this.#options
    return !reachability.isReachable || this.#backlog.memorySpans > spansMax / 2
  }

  #makeRoom(): void {
    const { spansMax } = this.#options
    this.#dropped.queue_full += this.#backlog.makeRoom(spansMax, spansMax * BYTES_PER_SPAN_MAX)
  }

  #startIn(delayMs: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined) return
    this.#timer = setTimeout(() => this.#start(), delayMs)
    // A process that has nothing else to do must be able to end.
    this.#timer.unref()
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#sending !== undefined || !this.#hasWork || this.#closed) return
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined
      if (this.#hasWork && !this.#closed) this.#startIn(this.#options.reachability.retryMs)
    })
  }

  get #hasWork(): boolean {
    // What is being written is soon spooled, and nobody else would wake us for it.
    return this.#spooled > 0 || this.#writing.length > 0 || !this.#backlog.isEmpty
  }

  /** One batch at a time, until nothing waits or the receiver does not take them now. */
  async #sendAll(): Promise<void> {
    while (!this.#closed) {
      // oxlint-disable-next-line no-await-in-loop -- one batch at a time keeps order and limit
      await this.#readBack()
      const batch = this.#backlog.take({
        spans: this.#options.batchSpansMax,
        bytes: BATCH_BYTES_MAX,
        groups: this.#batchGroupsMax,
      })
      if (batch.length === 0) return
      this.#inFlight = batch
      // oxlint-disable-next-line no-await-in-loop -- see above
      const outcome = await this.#options.sender.send(batch.map(({ group }) => group))
      if (this.#closed) return
      this.#inFlight = []
      if (!this.#settle(batch, outcome)) {
        this.#makeRoom()
        this.#spill()
        return
      }
    }
  }

  /** Accounts for a batch; false where the receiver should not be asked again at once. */
  #settle(batch: readonly Entry[], outcome: SendOutcome): boolean {
    const { reachability, log } = this.#options
    switch (outcome.kind) {
      case 'sent': {
        this.#taken += 1
        this.#batchGroupsMax = Math.min(this.#batchGroupsMax * 2, BATCH_GROUPS_MAX)
        reachability.noteSuccess(this.#dropped.queue_full + this.#dropped.spool_full)
        const refused = Math.min(outcome.refusedSpans, spansOf(batch))
        this.#sent += spansOf(batch) - refused
        this.#dropped.rejected += refused
        this.#forget(batch)
        if (refused > 0) {
          log.warn('the receiver refused some spans of a batch', {
            spans: refused,
            detail: outcome.detail ?? '',
          })
        }
        return true
      }
      case 'refused':
        return this.#settleRefused(batch, outcome.detail)
      case 'later':
        this.#backlog.putBack(batch)
        reachability.noteFailure(outcome.detail, outcome.retryAfterMs)
        return false
      default:
        return outcome satisfies never
    }
  }

  /**
   * A receiver that refuses everything is as good as away: what it refused is kept. One that takes
   * others and refuses a group twice will never take it, and it must not hold up the rest.
   */
  #settleRefused(batch: readonly Entry[], detail: string): boolean {
    const [entry] = batch
    if (entry === undefined) return true
    if (batch.length > 1) {
      this.#batchGroupsMax = Math.ceil(batch.length / 2)
      this.#backlog.putBack(batch)
      return true
    }
    if (entry.refusedAt !== undefined && entry.refusedAt < this.#taken) {
      this.#dropped.rejected += entry.group.spans
      this.#forget(batch)
      this.#options.log.warn('spans were refused for good and are dropped', {
        spans: entry.group.spans,
        detail,
      })
      return true
    }
    entry.refusedAt = this.#taken
    this.#backlog.defer(entry)
    this.#options.reachability.noteFailure(detail)
    return false
  }

  /** The groups are sent or dropped: what is left of them on disk may go. */
  #forget(batch: readonly Entry[]): void {
    for (const entry of batch) {
      if (entry.where === 'memory') continue
      this.#spooled -= entry.group.spans
      this.#options.spool?.settle(entry.group)
    }
  }

  /** Failures of the disk always; the others where there is room for them in a batch. */
  async #readBack(): Promise<void> {
    const { spool, batchSpansMax } = this.#options
    if (spool === undefined || this.#spooled === 0) return
    for (const kind of ['important', 'ordinary'] as const) {
      if (!this.#backlog.wants(kind, batchSpansMax)) continue
      // oxlint-disable-next-line no-await-in-loop -- the others are read only if these are few
      const read = await spool.read(kind === 'important')
      if (read === undefined) continue
      this.#backlog.addRead(read.groups)
      this.#spooled -= read.lostSpans
      this.#dropped.spool_damaged += read.lostSpans
    }
  }

  /** Moves what waits in memory to disk, beside everything else that happens. */
  #spill(): void {
    const { spool } = this.#options
    if (spool === undefined || this.#spilling !== undefined) return
    this.#spilling = this.#spillAll(spool).finally(() => {
      this.#spilling = undefined
    })
  }

  async #spillRest(): Promise<void> {
    await this.#spilling
    this.#spill()
    await this.#spilling
  }

  async #spillAll(spool: Spool): Promise<void> {
    for (;;) {
      const entries = this.#backlog.takeForDisk(WRITE_BYTES_MAX, (important) =>
        spool.hasRoomFor(important),
      )
      if (entries.length === 0) return
      this.#writing = entries
      // oxlint-disable-next-line no-await-in-loop -- one write at a time keeps order and limit
      const { written, droppedSpans } = await spool.append(entries.map(({ group }) => group))
      // The process stops, and what was being written is counted as dropped.
      if (this.#writing !== entries) return
      this.#writing = []
      this.#spooled += spansOf(entries.slice(0, written)) - droppedSpans
      this.#dropped.spool_full += droppedSpans
      this.#backlog.putBack(entries.slice(written))
      this.#makeRoom()
      if (written < entries.length) return
    }
  }

  async #adopt(spool: Spool): Promise<void> {
    const spans = await spool.adopt()
    this.#recovered += spans
    this.#spooled += spans
    if (this.#closed) return
    if (spans > 0) this.#startIn(0)
    this.#adoptTimer = setTimeout(() => void this.#adopt(spool), ADOPT_EVERY_MS)
    this.#adoptTimer.unref()
  }
}

function spansOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { group }) => sum + group.spans, 0)
}
