import type { IntakeFacts } from '../api/intake-facts.ts'
import type { ApiAnswer, ApiQuery } from '../api/query.ts'
import type { Readiness } from '../api/readiness.ts'
import type { ExportBody, IngestAnswer } from '../ingest/ingestor.ts'
import { spreadRetryMs } from '../ingest/spread-retry.ts'
import type { Intake } from '../intake.ts'
import type { RestartedThread } from './restarted-thread.ts'
import {
  startIngest,
  startJudge,
  startKeeper,
  toTransfer,
  type IngestCalls,
  type JudgeCalls,
  type ThreadOptions,
} from './start-threads.ts'

export interface AnalyzerThreadsOptions extends ThreadOptions {
  readonly intake: Intake
  /** Something that the page shows is different now. */
  readonly onChanged: () => void
}

/** A start is a fraction of this; one that takes over an older release is many times as long. */
const START_WAITED_FOR_MS = 2000

/**
 * The threads behind the listeners, which may be there before them: the data of an older release
 * is taken over for minutes, in which senders must be told to come again, and probes that the
 * process lives.
 */
export class AnalyzerThreads {
  readonly #options: AnalyzerThreadsOptions
  readonly #ingest: IngestCalls
  readonly #taking: Promise<boolean>
  #judge: JudgeCalls | undefined
  #keeper: RestartedThread | undefined
  #state: 'starting' | 'running' | 'stopping' = 'starting'
  #isJudging = true

  constructor(options: AnalyzerThreadsOptions) {
    this.#options = options
    this.#ingest = startIngest(options, options.intake)
    this.#taking = this.#ingest.ready().then(
      () => true,
      // Whoever starts us is told why; whoever sends is told to come again.
      () => false,
    )
  }

  /** Rejects with what is wrong with the data. */
  async start(): Promise<void> {
    const { intake, onChanged } = this.#options
    await this.#ingest.ready()
    this.#judge = startJudge(this.#options, (event) => {
      if (event === 'changed') onChanged()
      else this.#isJudging = event === 'resumed'
    })
    await this.#judge.ready()
    // Only now: before, there was little in the folder to be measured.
    await intake.watch()
    this.#keeper = startKeeper({ ...this.#options, onReport: intake.onKeeping })
    this.#state = 'running'
  }

  readonly ingest = async (request: ExportBody): Promise<IngestAnswer> => {
    if (this.#state === 'starting' && !(await this.#takesSoon())) {
      const message = 'the analyzer is starting; come again'
      return { kind: 'unavailable', message, retryAfterMs: spreadRetryMs() }
    }
    return this.#ingest.call(request, toTransfer(request.body))
  }

  ask(query: ApiQuery, intake: IntakeFacts): Promise<ApiAnswer> {
    if (this.#judge === undefined) return Promise.reject(new Error('the analyzer is starting'))
    return this.#judge.call({ query, intake })
  }

  readiness(): Readiness {
    if (this.#state === 'starting') return { kind: 'starting', detail: this.#describeStart() }
    if (this.#state === 'running' && this.#isJudging) return { kind: 'ready' }
    return { kind: 'not-ready' }
  }

  /** From now on nobody is told that all is well. */
  announceStop(): void {
    this.#state = 'stopping'
  }

  async stop(): Promise<void> {
    await this.#keeper?.stop()
    this.#options.intake.stop()
    await this.#judge?.stop()
    await this.#ingest.stop()
  }

  /** A usual start is waited for, so that nobody has to come again for its sake. */
  async #takesSoon(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), START_WAITED_FOR_MS)
    })
    const takes = await Promise.race([this.#taking, late])
    clearTimeout(timer)
    return takes
  }

  #describeStart(): string {
    const { takingOver } = this.#options.intake
    if (takingOver === undefined) return 'The analyzer is starting.'
    const { done, total } = takingOver
    return `The data of an older release is taken over: ${done} of ${total} spans. Senders are asked to come again.`
  }
}
