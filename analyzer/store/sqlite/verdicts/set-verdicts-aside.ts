import { basename, dirname, join } from 'node:path'

import { namesIn } from '../files.ts'
import { removeDatabaseFile, setAside } from '../segments/segment-catalogue.ts'

/** Kept for a look; each may be as large as all verdicts, and a bad disk may damage one a day. */
const KEPT_MAX = 2

/** Out of the way, to be made again from the spans. Returns its new name; older ones go. */
export function setVerdictsAside(file: string, nowMs: number): string {
  const aside = setAside(file, nowMs)
  const begin = `${basename(file)}.damaged-`
  const names = namesIn(dirname(file)).filter(
    (name) => name.startsWith(begin) && name.endsWith('Z') && name !== basename(aside),
  )
  // Their names end in their times.
  for (const name of names.toSorted().slice(0, Math.max(0, names.length + 1 - KEPT_MAX))) {
    removeDatabaseFile(join(dirname(file), name))
  }
  return aside
}
