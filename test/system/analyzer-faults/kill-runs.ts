import { EventEmitter, once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { createChance } from '../../simulation/chance.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type AnalyzerProcess, startAnalyzerProcess } from './analyzer-process.ts'
import { type Breaches, checkStored, readVerdicts, type Verdicts } from './stored.ts'
import { type Batch, drawBatches } from './traffic.ts'

export interface KillOptions {
  readonly seed: number
  readonly runs: number
  /** Drawn for each run; what a kill leaves unsent goes with the next. */
  readonly batchesPerRun: number
  readonly dist?: string
  readonly section?: readonly string[]
}

export interface KillReport {
  readonly breaches: Breaches
  readonly readyMs: readonly number[]
  readonly ackedSpans: number
  /** Batches whose answer a kill took: both sides of what must be shown were there. */
  readonly unanswered: number
  readonly verdicts: Verdicts
  readonly undisturbed: Verdicts
}

const WRITERS = 8
const LIFE_MS = [50, 300] as const
const RESENT = 0.15
/** Long enough ago that the last request of the longest run is over. */
const BEGAN_BEFORE_MS = 7 * 24 * 3_600_000

/**
 * Kills the analyzer at a random moment while eight senders write, starts it again on the same
 * folder, and looks each time whether all that was acknowledged is there. At the end everything is
 * sent that was not, and what it concludes is compared with what one that nobody disturbed does.
 */
export async function runKills(options: KillOptions): Promise<KillReport> {
  const { seed, runs, batchesPerRun } = options
  const chance = createChance(seed)
  const fromMs = Date.now() - BEGAN_BEFORE_MS
  const all = drawBatches(seed, { batches: runs * batchesPerRun, fromMs })
  const dataDir = saltedFolder()
  const ledger = new Ledger()
  const breaches: string[] = []
  const readyMs: number[] = []
  let waiting: readonly Batch[] = []
  let unanswered = 0
  for (let run = 0; run <= runs; run += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one life after the other
    const analyzer = await startAnalyzerProcess({ ...options, dataDir })
    readyMs.push(analyzer.readyMs)
    // oxlint-disable-next-line no-await-in-loop -- before anything is sent again
    const found = await checkStored(analyzer, {
      acked: ledger.acked,
      unanswered: ledger.unanswered,
    })
    breaches.push(...found.map((breach) => `after kill ${run}: ${breach}`))
    unanswered += ledger.unanswered.length
    if (run === runs || found.length > 0) {
      const rest = [...waiting, ...ledger.unanswered]
      return finish(analyzer, { rest, ledger, breaches, readyMs, unanswered, options, all })
    }
    const mine = [
      ...ledger.begin(),
      ...waiting,
      ...all.slice(run * batchesPerRun, (run + 1) * batchesPerRun),
    ]
    const life = chance.between(...LIFE_MS)
    // oxlint-disable-next-line no-await-in-loop -- until it is dead
    waiting = await writeUntilKilled(analyzer, { batches: mine, lifeMs: life, ledger, chance })
  }
  throw new Error('unreachable: the last run returns')
}

/** What was answered, and what is still owed an answer. */
class Ledger {
  readonly acked: Batch[] = []
  unanswered: Batch[] = []

  /** What was not answered is sent again, as an exporter would. */
  begin(): readonly Batch[] {
    return this.unanswered.splice(0)
  }
}

interface Life {
  readonly batches: readonly Batch[]
  readonly lifeMs: number
  readonly ledger: Ledger
  readonly chance: ReturnType<typeof createChance>
}

/** Returns what nobody came to send. */
async function writeUntilKilled(
  analyzer: AnalyzerProcess,
  { batches, lifeMs, ledger, chance }: Life,
): Promise<readonly Batch[]> {
  const queue = [...batches]
  const life = new AbortController()
  const answers = new EventEmitter()
  const write = async (): Promise<void> => {
    while (!life.signal.aborted) {
      const fresh = chance.happens(RESENT) ? undefined : queue.shift()
      const batch = fresh ?? ledger.acked[chance.between(0, ledger.acked.length - 1)]
      if (batch === undefined) return
      try {
        // oxlint-disable-next-line no-await-in-loop -- a sender waits for its answer
        const { status } = await analyzer.send(batch)
        answers.emit('answer')
        if (status === 200 && fresh !== undefined) ledger.acked.push(fresh)
        else if (fresh !== undefined) queue.push(fresh)
      } catch {
        if (fresh !== undefined) ledger.unanswered.push(fresh)
        return
      }
    }
  }
  const writers = Array.from({ length: WRITERS }, () => write())
  // From the first answer on: before it, a busy machine has not let anything happen.
  await Promise.race([once(answers, 'answer'), Promise.all(writers)])
  await new Promise((resolve) => setTimeout(resolve, lifeMs))
  await analyzer.kill()
  life.abort()
  await Promise.all(writers)
  return queue
}

interface Finish {
  readonly rest: readonly Batch[]
  readonly ledger: Ledger
  readonly breaches: string[]
  readonly readyMs: readonly number[]
  readonly unanswered: number
  readonly options: KillOptions
  readonly all: readonly Batch[]
}

async function finish(analyzer: AnalyzerProcess, life: Finish): Promise<KillReport> {
  const { rest, ledger, breaches, readyMs, unanswered, options, all } = life
  await sendAll(analyzer, rest)
  const whole = await checkStored(analyzer, { acked: [...ledger.acked, ...rest] })
  const verdicts = await readVerdicts(analyzer)
  await analyzer.stop()
  const other = await startAnalyzerProcess({
    section: options.section ?? [],
    dataDir: saltedFolder(),
  })
  await sendAll(other, all)
  const undisturbed = await readVerdicts(other)
  await other.stop()
  const ackedSpans = ledger.acked.reduce((sum, batch) => sum + batch.spans.length, 0)
  return {
    breaches: [...breaches, ...whole],
    readyMs,
    ackedSpans,
    unanswered,
    verdicts,
    undisturbed,
  }
}

/** Four at once; throws for any other answer than 200. */
export async function sendAll(analyzer: AnalyzerProcess, batches: readonly Batch[]): Promise<void> {
  const queue = [...batches]
  const write = async (): Promise<void> => {
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      // oxlint-disable-next-line no-await-in-loop -- a sender waits for its answer
      const { status } = await analyzer.send(batch)
      if (status !== 200) throw new Error(`a batch was answered with ${status}`)
    }
  }
  await Promise.all(Array.from({ length: 4 }, () => write()))
}

/** One salt for all, so that what is concluded of hashed content can be compared. */
export function saltedFolder(): string {
  const dataDir = join(temporaryFolder(), 'data')
  mkdirSync(dataDir, { mode: 0o700 })
  writeFileSync(join(dataDir, 'salt'), Buffer.alloc(32, 7), { mode: 0o600 })
  return dataDir
}

/** The value that this share of the others does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
