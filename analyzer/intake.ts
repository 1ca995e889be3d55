import type { IntakeFacts, KeepingFacts } from './api/intake-facts.ts'
import { DEFAULT_SOURCE, type AnalyzerConfig } from './config/config.ts'
import { EMPTY_REPORT, type IngestReport } from './ingest/ingest-report.ts'
import { IntakeQueue } from './ingest/receive/intake-queue.ts'
import type { RefusedRequest } from './ingest/receive/receiver.ts'
import { RefusedSenders } from './ingest/receive/refused-senders.ts'
import { ShedSignal } from './ingest/shed-signal.ts'
import type { KeepingReport } from './store/keeping-report.ts'
import { measureDisk, type DiskUse } from './store/measure-disk.ts'

export interface IntakeOptions {
  readonly config: AnalyzerConfig
  readonly dataDir: string
  readonly now: () => number
}

/** Often enough to warn before a disk is full, and nothing to it. */
const MEASURE_INTERVAL_MS = 10_000

/** What the main thread holds and knows of the way in: the queue, who was refused, the disk. */
export class Intake {
  readonly shed = new ShedSignal()
  readonly queue: IntakeQueue
  readonly #options: IntakeOptions
  readonly #refused: RefusedSenders
  #report = EMPTY_REPORT
  #disk: DiskUse | undefined
  #keeping: KeepingFacts = { trouble: undefined, damaged: [], setAsideBytes: 0, parts: undefined }
  #measuring: NodeJS.Timeout | undefined

  constructor(options: IntakeOptions) {
    const { config, now } = options
    this.#options = options
    this.#refused = new RefusedSenders(now)
    const { bodyBytesMax, queueBytesMax } = config.ingest
    this.queue = new IntakeQueue({ bodyBytesMax, bytesMax: queueBytesMax, now, shed: this.shed })
  }

  /** Measures the disk now and from now on. */
  async watch(): Promise<void> {
    await this.#measure()
    this.#measuring = setInterval(() => void this.#measure(), MEASURE_INTERVAL_MS)
    this.#measuring.unref()
  }

  stop(): void {
    clearInterval(this.#measuring)
  }

  readonly onReport = (report: IngestReport): void => {
    this.#report = report
  }

  /** Undefined where nothing of an older release is, or was, there. */
  get takingOver(): IngestReport['takingOver'] {
    return this.#report.takingOver
  }

  readonly onKeeping = ({ trouble, ...rest }: KeepingReport): void => {
    const sinceMs = this.#keeping.trouble?.sinceMs ?? this.#options.now()
    this.#keeping = {
      ...rest,
      trouble: trouble === undefined ? undefined : { why: trouble, sinceMs },
    }
  }

  readonly onRefused = (refusal: RefusedRequest): void => {
    this.#refused.note(refusal)
  }

  facts(listeners: Pick<IntakeFacts, 'otlpHttpUrl' | 'connections'>): IntakeFacts {
    const { config } = this.#options
    return {
      ...listeners,
      queue: this.queue.level(),
      report: this.#report,
      refused: this.#refused.senders(),
      refusedTotals: this.#refused.totals(),
      // What takes all that matches no other is nobody's to set up.
      sources: config.sources.flatMap(({ name, tokenFile, match }) =>
        name === DEFAULT_SOURCE && tokenFile === undefined && match.size === 0 ? [] : [name],
      ),
      disk: this.#disk,
      diskBytesMax: config.retention.spanBytesMax,
      keeping: this.#keeping,
    }
  }

  async #measure(): Promise<void> {
    try {
      this.#disk = await measureDisk(this.#options.dataDir)
    } catch {
      // Shown as unknown: a folder that cannot be read says so where it is written.
      this.#disk = undefined
    }
  }
}
