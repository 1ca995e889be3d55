import { dirname, join } from 'node:path'

import type { SetAsideFile } from '../../store.ts'
import { namesIn } from '../files.ts'
import { databaseBytes } from './part-files.ts'

/** As `setAside` names them: the time is that of ISO 8601, without the colons that Windows bars. */
const NAME = /\.damaged-(\d{4}-\d\d-\d\dT\d\d)(\d\d)(\d\d\.\d{3}Z)$/u

/** Of the folder of segments, and of the data folder around it; the oldest first. */
export function setAsideFiles(segmentsFolder: string): readonly PlacedFile[] {
  return [...filesIn(segmentsFolder), ...filesIn(dirname(segmentsFolder))].toSorted(
    (left, right) => left.atMs - right.atMs,
  )
}

export interface PlacedFile extends SetAsideFile {
  readonly path: string
}

/** What its own retention limits: acts cannot be made again, and verdicts keep the newest two. */
export function holdsSpans({ name }: SetAsideFile): boolean {
  return !/^(?:acts|verdicts)\.db/u.test(name)
}

export function sumBytes(files: readonly SetAsideFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}

export function toSetAsideFile({ name, bytes, atMs }: PlacedFile): SetAsideFile {
  return { name, bytes, atMs }
}

function filesIn(folder: string): readonly PlacedFile[] {
  return namesIn(folder).flatMap((name) => {
    const [, hour, minute, rest] = NAME.exec(name) ?? []
    if (hour === undefined) return []
    const path = join(folder, name)
    const bytes = databaseBytes(path)
    const atMs = Date.parse(`${hour}:${minute}:${rest}`)
    return bytes === undefined || Number.isNaN(atMs) ? [] : [{ name, path, bytes, atMs }]
  })
}
