import { existsSync } from 'node:fs'
import { basename } from 'node:path'

import { messageOf } from '../../../message-of.ts'
import { lastIdOf, lossesOf } from '../acts/open-acts.ts'
import type { FolderFiles } from '../folder-files.ts'
import { readDatabase, type SqliteDatabase } from '../open-database.ts'
import { checkPages } from './check-pages.ts'
import type { StoreProblem } from './store-problem.ts'

/** What people did to incidents: whether all that was ever seen of it is there. */
export function checkActs({ acts, verdicts }: FolderFiles): readonly StoreProblem[] {
  const file = basename(acts)
  // Asked first: an act is on disk before the verdicts know of it.
  const seen = actsSeen(verdicts)
  if (!existsSync(acts)) return seen === 0 ? [] : [{ kind: 'acts-missing', file, acts: seen }]
  try {
    return readDatabase(acts, (database) => {
      const damage = checkPages(database)
      if (damage !== undefined) return [{ kind: 'acts-damaged', file, detail: damage }]
      const last = lastIdOf(database)
      return [
        ...(last < seen ? [{ kind: 'acts-missing', file, acts: seen - last } as const] : []),
        ...lossesOf(database).map(({ atMs, how, saved }) => {
          return { kind: 'acts-lost', file, atMs, how, saved } as const
        }),
      ]
    })
  } catch (error: unknown) {
    return [{ kind: 'acts-damaged', file, detail: messageOf(error) }]
  }
}

/** 0 where the verdicts cannot tell: they are checked for themselves. */
function actsSeen(verdicts: string): number {
  if (!existsSync(verdicts)) return 0
  try {
    return (
      readDatabase(verdicts, (database: SqliteDatabase) =>
        database.prepare<[], number>('SELECT acts_up_to FROM progress').pluck().get(),
      ) ?? 0
    )
  } catch {
    return 0
  }
}
