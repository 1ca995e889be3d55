import { join } from 'node:path'

/** What a data folder holds. */
export interface FolderFiles {
  readonly segments: string
  readonly verdicts: string
  /** What people did to incidents. */
  readonly acts: string
  /** Without it a folder is no data folder. */
  readonly salt: string
  /** Locked by the analyzer that works on the folder. */
  readonly lock: string
  /** Which process that is, for people. */
  readonly owner: string
  /** Of no use but its room, for a start on a full disk. */
  readonly reserve: string
  /** All spans of release 0.1.0. */
  readonly oldSpans: string
  /** There for as long as a backup is copied into the folder: what is in it is half a copy. */
  readonly unfinished: string
}

export function filesOf(folder: string): FolderFiles {
  return {
    segments: join(folder, 'segments'),
    verdicts: join(folder, 'verdicts.db'),
    acts: join(folder, 'acts.db'),
    salt: join(folder, 'salt'),
    lock: join(folder, 'lock.db'),
    owner: join(folder, 'owner.pid'),
    reserve: join(folder, 'reserve'),
    oldSpans: join(folder, 'spans.db'),
    unfinished: join(folder, 'backup.unfinished'),
  }
}
