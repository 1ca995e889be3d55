import { randomBytes } from 'node:crypto'
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs'

import { filesOf } from './folder-files.ts'

/**
 * What a start makes anew before it can read: the memory that SQLite shares between threads (32 KiB
 * for each open database), headers of logs, a journal. Of some hundred files, and no more: spans
 * that come next take what is left of it.
 */
export const RESERVE_BYTES = 4 * 1024 * 1024

/** Made, and made again, where there is as much room beside it. */
const ROOM_BYTES = 4 * RESERVE_BYTES

/** Room that is kept for the next start: on a disk that is full it could open nothing. */
export function keepReserve(folder: string): void {
  const { reserve } = filesOf(folder)
  try {
    if (existsSync(reserve) || freeBytesOf(folder) < ROOM_BYTES) return
    // Nothing that a file system could store in less.
    writeFileSync(reserve, randomBytes(RESERVE_BYTES), { mode: 0o600, flush: true })
  } catch {
    // The disk filled up meanwhile, or the folder is gone: without it a start is as it was before.
    giveUpReserve(folder)
  }
}

/** Before anything is opened: where there is less room than it takes, its own is given. */
export function useReserve(folder: string): void {
  try {
    if (freeBytesOf(folder) < RESERVE_BYTES) giveUpReserve(folder)
  } catch {
    // A file system that does not tell: whoever opens the folder next says what is wrong with it.
  }
}

function giveUpReserve(folder: string): void {
  rmSync(filesOf(folder).reserve, { force: true })
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
