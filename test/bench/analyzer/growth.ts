import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { atLeast, atMost, type Goal } from '../goal.ts'
import { buildFolder, rateBetween } from './build-folder.ts'
import type { BenchContext, Column } from './context.ts'
import { packFolder } from './pack-folder.ts'

/** Whether the last million is written as fast as the first, and what is left of it on disk. */
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
  const row = (name: string, unit: string, figure: Figure): void => {
    const { value, goals = [] } = figure
    const values = new Map<Column, number>(value === undefined ? [] : [['ours', value]])
    report.row({ name, unit, digits: 0, goals }, values)
  }
  const rateAt = (count: number) => rateBetween(marks, count - first * WINDOW_SHARE, count)
  const early = rateAt(first)
  row(nameAt(first), 'spans/s', { value: early })
  if (spans > first) {
    const late = rateAt(spans)
    const share = early === undefined || late === undefined ? undefined : late / early
    const goals = [atLeast<Column>(0.9, '× the rate at 1,000,000', () => share)]
    row(nameAt(spans), 'spans/s', { value: late, goals })
  }
  const packed = packFolder(dataDir)
  const perSpan = (bytes: number): number | undefined =>
    packed.spans === 0 ? undefined : bytes / packed.spans
  row('  on disk as written', 'bytes/span', { value: perSpan(packed.bytesBefore) })
  row('  on disk once packed', 'bytes/span', {
    value: perSpan(packed.bytes),
    goals: [atMost<Column>(400, 'bytes/span', (values) => values.get('ours'))],
  })
  const packedPerS = packed.spans === 0 ? undefined : packed.spans / packed.seconds
  row('  packing', 'spans/s', { value: packedPerS })
}

function nameAt(count: number): string {
  return `${GROWTH}, at ${count.toLocaleString('en-US')}`
}

interface Figure {
  readonly value: number | undefined
  readonly goals?: readonly Goal<Column>[]
}
