import { existsSync } from 'node:fs'
import { basename } from 'node:path'

import { SegmentCatalogue } from '../segments/segment-catalogue.ts'
import { checkActs } from './check-acts.ts'
import { checkCounters } from './check-counters.ts'
import { checkSegment } from './check-segment.ts'
import { checkVerdicts } from './check-verdicts.ts'
import { leftoversIn } from './leftovers.ts'
import { PartFiles } from './part-files.ts'
import { setAsideFiles } from './set-aside-files.ts'
import type { StoreProblem } from './store-problem.ts'
import { findStoreFolder } from './store-folder.ts'

export interface CheckStep {
  /** What is looked at now. */
  readonly file: string
  readonly filesDone: number
  readonly filesTotal: number
}

export interface StoreCheck {
  readonly files: number
  readonly spans: number
  readonly problems: readonly StoreProblem[]
}

/** Reads all that is stored, also beside an analyzer at work. Yields before each file. */
export function* checkStore(path: string): Generator<CheckStep, StoreCheck> {
  const folder = findStoreFolder(path)
  const { verdicts, acts } = folder
  const catalogue = new SegmentCatalogue(path)
  const files = new PartFiles(catalogue)
  const parts = files.list({ countsLast: true })
  const hasActs = existsSync(acts)
  const filesTotal = parts.length + (hasActs ? 2 : 1)
  const problems: StoreProblem[] = [
    ...leftoversIn(catalogue.folder).map((file) => ({ kind: 'leftover', file }) as const),
    ...setAsideFiles(catalogue.folder).map(
      ({ name: file }) => ({ kind: 'set-aside', file }) as const,
    ),
  ]
  let spans = 0
  for (const [filesDone, part] of parts.entries()) {
    yield { file: part.name, filesDone, filesTotal }
    const checked = checkSegment(part)
    problems.push(...checked.problems)
    spans += checked.spans
  }
  problems.push(...checkCounters(parts))
  yield { file: basename(verdicts), filesDone: parts.length, filesTotal }
  problems.push(...checkVerdicts(verdicts, () => files.list({ countsLast: true })))
  if (hasActs) yield { file: basename(acts), filesDone: parts.length + 1, filesTotal }
  problems.push(...checkActs(folder))
  return { files: filesTotal, spans, problems }
}
