import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { atLeast, type Goal } from '../goal.ts'
import { buildFolder, rateBetween } from './build-folder.ts'
import type { BenchContext, Column } from './context.ts'

/** Whether the last million is written as fast as the first. */
export const GROWTH = 'decode to commit on one thread'

const MILLION = 1_000_000
const SPANS = { tiny: 5000, usual: MILLION, full: 10 * MILLION } as const
/** Of the first million: long enough for checkpoints, and for the compiler to have seen it all. */
const WINDOW_SHARE = 0.5

export async function runGrowth({ report, workFolder, size }: BenchContext): Promise<void> {
  const spans = SPANS[size]
  const first = Math.min(spans, MILLION)
  const dataDir = mkdtempSync(join(workFolder, 'growth-'))
  const { marks } = await buildFolder(dataDir, spans)
  const rateAt = (count: number) => rateBetween(marks, count - first * WINDOW_SHARE, count)
  const row = (count: number, goals: readonly Goal<Column>[]): void => {
    const rate = rateAt(count)
    const name = `${GROWTH}, at ${count.toLocaleString('en-US')}`
    const values = new Map<Column, number>(rate === undefined ? [] : [['ours', rate]])
    report.row({ name, unit: 'spans/s', digits: 0, goals }, values)
  }
  row(first, [])
  if (spans === first) return
  const early = rateAt(first)
  row(spans, [
    atLeast(0.9, '× the rate at 1 M', (values) => {
      const late = values.get('ours')
      return late === undefined || early === undefined ? undefined : late / early
    }),
  ])
}
