import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { namesIn } from '../files.ts'
import { UNFINISHED } from '../packing/pack-segment.ts'

const COMPANION = /-(?:wal|shm|journal)$/u
const HOT = /^(\d+)\.hot\.db$/u
const PACKED_UNFINISHED = new RegExp(`^\\d+\\.packed\\.db\\${UNFINISHED}$`, 'u')

/** Databases of the folder that mean nothing any more: of a crash while a segment was packed. */
export function leftoversIn(folder: string): readonly string[] {
  return namesIn(folder).filter((name) => {
    // Its database may just have been made: the folder was listed before, and is asked again.
    const database = name.replace(COMPANION, '')
    if (database !== name) return !existsSync(join(folder, database))
    if (PACKED_UNFINISHED.test(name)) return true
    const [, number] = HOT.exec(name) ?? []
    return number !== undefined && existsSync(join(folder, `${number}.packed.db`))
  })
}
