import type { Report } from '../report.ts'

/** `plain` writes rows and receives nothing; `naive` receives; both are what anyone would write. */
export const COLUMNS = ['plain', 'naive', 'ours'] as const
export type Column = (typeof COLUMNS)[number]

export const TITLES: Readonly<Record<Column, string>> = {
  plain: 'plain SQLite',
  naive: 'naive receiver',
  ours: 'analyzer',
}

/** What every row of the analyzer's benchmarks is run with. */
export interface BenchContext {
  readonly report: Report<Column>
  /** Everything that is written to disk is in here, and removed with it. */
  readonly workFolder: string
  readonly size: 'tiny' | 'usual' | 'full'
  readonly rounds: number
  readonly warmMs: number
  readonly measureMs: number
  /** Where V8 writes what the analyzer's threads did. */
  readonly profileTo: string | undefined
}
