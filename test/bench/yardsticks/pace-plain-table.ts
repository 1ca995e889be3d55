import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { percentile } from '../report.ts'
import { PlainTable } from './plain-table.ts'

/** A thread of its own that commits at a pace, and does not wait for its disk to be quick. */
export interface PacedRun {
  readonly workFolder: string
  readonly rowsPerS: number
  readonly warmMs: number
  readonly measureMs: number
}

/** From when a commit was due to when it was on disk. */
export interface PacedResult {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** As our own groups of spans. */
const COMMIT_EVERY_MS = 5
/** What keeps it quickest at a pace: an fsync has little of the log before it. */
const CHECKPOINT_PAGES = 250

const port = parentPort
if (port !== null) {
  const { workFolder, rowsPerS, warmMs, measureMs }: PacedRun = workerData
  const folder = mkdtempSync(join(workFolder, 'paced-'))
  const table = new PlainTable(join(folder, 'plain.db'), CHECKPOINT_PAGES)
  const rows = (rowsPerS * COMMIT_EVERY_MS) / 1000
  const startedMs = performance.now()
  const commitMs: number[] = []
  for (let dueMs = 0; dueMs < warmMs + measureMs; dueMs += COMMIT_EVERY_MS) {
    const earlyMs = startedMs + dueMs - performance.now()
    // oxlint-disable-next-line no-await-in-loop -- one commit after the other
    if (earlyMs > 0) await sleep(earlyMs)
    const nowUs = Date.now() * 1000
    table.append(rows, nowUs - 1_000_000, nowUs)
    if (dueMs >= warmMs) commitMs.push(performance.now() - startedMs - dueMs)
  }
  table.close()
  rmSync(folder, { recursive: true })
  const result: PacedResult = {
    p50: percentile(commitMs, 0.5),
    p99: percentile(commitMs, 0.99),
    max: percentile(commitMs, 1),
  }
  port.postMessage(result)
}
