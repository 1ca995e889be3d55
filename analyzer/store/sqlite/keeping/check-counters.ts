import { readDatabase } from '../open-database.ts'
import { COUNTERS } from '../segments/counters.ts'
import type { SegmentFile } from '../segments/segment-catalogue.ts'
import { readContent } from './part-content.ts'
import type { Part } from './part-files.ts'
import type { StoreProblem } from './store-problem.ts'

interface Totals {
  readonly spans: number
  readonly stored: number
  readonly duplicates: number
}

/**
 * Each segment begins with the totals of the one before it: what they grew by is what it holds. A
 * later version of a span is stored beside the first, and counted as a duplicate.
 */
export function checkCounters(parts: readonly Part[]): readonly StoreProblem[] {
  const problems: StoreProblem[] = []
  let before: (Totals & { readonly number: number }) | undefined
  for (const { file, name, isReadable } of parts) {
    const totals = isReadable ? readTotals(file) : undefined
    if (totals === undefined) {
      before = undefined
      continue
    }
    // Where the one before it was dropped or lost, nothing can be told.
    if (before !== undefined && before.number === file.number - 1) {
      const stored = totals.stored - before.stored
      const duplicates = totals.duplicates - before.duplicates
      const { spans } = totals
      if (spans < stored || spans > stored + duplicates) {
        problems.push({ kind: 'counts-differ', file: name, expected: stored, found: spans })
      }
    }
    before = { ...totals, number: file.number }
  }
  return problems
}

function readTotals({ path, kind }: SegmentFile): Totals | undefined {
  try {
    return readDatabase(path, (database) => {
      // Both of one moment, for spans may come between.
      database.exec('BEGIN')
      const { spans } = readContent(database, kind, undefined)
      const sum = database
        .prepare<[string], number>('SELECT coalesce(sum(value), 0) FROM counters WHERE name = ?')
        .pluck()
      return {
        spans,
        stored: sum.get(COUNTERS.stored) ?? 0,
        duplicates: sum.get(COUNTERS.duplicates) ?? 0,
      }
    })
  } catch {
    // Said already, of the file itself.
    return undefined
  }
}
