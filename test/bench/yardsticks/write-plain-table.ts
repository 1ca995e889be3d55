import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { PlainTable } from './plain-table.ts'

/** A thread of its own, as ours has one: commits as fast as it can and says how many rows. */
export interface PlainRun {
  readonly workFolder: string
  readonly warmMs: number
  readonly measureMs: number
}

export interface PlainResult {
  readonly rows: number
  readonly seconds: number
}

const ROWS_PER_COMMIT = 1000

const port = parentPort
if (port !== null) {
  const { workFolder, warmMs, measureMs }: PlainRun = workerData
  const folder = mkdtempSync(join(workFolder, 'plain-'))
  const table = new PlainTable(join(folder, 'plain.db'))
  const write = (durationMs: number): PlainResult => {
    const startedMs = performance.now()
    let rows = 0
    while (performance.now() - startedMs < durationMs) {
      const nowUs = Date.now() * 1000
      table.append(ROWS_PER_COMMIT, nowUs - 1_000_000, nowUs)
      rows += ROWS_PER_COMMIT
    }
    return { rows, seconds: (performance.now() - startedMs) / 1000 }
  }
  write(warmMs)
  const result = write(measureMs)
  table.close()
  rmSync(folder, { recursive: true })
  port.postMessage(result)
}
