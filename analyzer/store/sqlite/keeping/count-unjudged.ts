import { readDatabase } from '../open-database.ts'
import { toPlace, toPosition } from '../segments/position.ts'
import { countSpansAfter } from './part-content.ts'
import type { Part } from './part-files.ts'

export function isJudged({ file, rowMax }: Part, judgedUpTo: number): boolean {
  return judgedUpTo >= toPosition({ segment: file.number, row: rowMax })
}

/** Spans of a part that nobody has judged: where it goes, they are lost to every count. */
export function countUnjudged(part: Part, judgedUpTo: number): number {
  if (isJudged(part, judgedUpTo)) return 0
  const { file, spans } = part
  const { segment, row } = toPlace(judgedUpTo)
  try {
    return readDatabase(file.path, (database) =>
      countSpansAfter(database, file.kind, segment === file.number ? row : 0),
    )
  } catch {
    // It goes because it cannot be read, perhaps; what is known of it is what was counted.
    return spans
  }
}
