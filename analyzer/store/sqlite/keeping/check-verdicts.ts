import { existsSync } from 'node:fs'
import { basename } from 'node:path'

import { messageOf } from '../../../message-of.ts'
import { checkCounts } from '../verdicts/check-counts.ts'
import { readDatabase } from '../open-database.ts'
import { toPosition } from '../segments/position.ts'
import { checkPages } from './check-pages.ts'
import type { Part } from './part-files.ts'
import type { StoreProblem } from './store-problem.ts'

/**
 * What is derived, and how it fits to the spans that it is derived from. These are listed after it
 * was read: spans come before their verdicts.
 */
export function checkVerdicts(path: string, list: () => readonly Part[]): readonly StoreProblem[] {
  if (!existsSync(path)) return []
  const file = basename(path)
  try {
    return readDatabase(path, (database) => {
      const damage = checkPages(database)
      if (damage !== undefined) return [{ kind: 'verdicts-unreadable', file, detail: damage }]
      const judgedUpTo = database
        .prepare<[], number>('SELECT judged_up_to FROM progress')
        .pluck()
        .get()
      const problems: StoreProblem[] = checkCounts(database).map((detail) => {
        return { kind: 'verdicts-disagree', file, detail }
      })
      return (judgedUpTo ?? 0) > lastPosition(list())
        ? [...problems, { kind: 'judged-ahead', file }]
        : problems
    })
  } catch (error: unknown) {
    const detail = messageOf(error)
    return [{ kind: 'verdicts-unreadable', file, detail }]
  }
}

/** Where the newest segment cannot be read, anything in it may have been judged. */
function lastPosition(parts: readonly Part[]): number {
  const newest = parts.at(-1)
  if (newest === undefined) return 0
  return newest.isReadable
    ? toPosition({ segment: newest.file.number, row: newest.rowMax })
    : Infinity
}
