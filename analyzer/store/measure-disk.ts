import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'

/** What the data folder takes, and what is left around it. */
export interface DiskUse {
  readonly bytes: number
  /** For this process: what the system keeps for itself is not free. */
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Below either of them somebody should make room: hours before nothing can be stored. */
const FREE_SHARE_MIN = 0.1
const FREE_BYTES_MIN = 1024 ** 3

export function isDiskLow({ freeBytes, totalBytes }: DiskUse): boolean {
  return freeBytes < FREE_BYTES_MIN || freeBytes < FREE_SHARE_MIN * totalBytes
}

export async function measureDisk(folder: string): Promise<DiskUse> {
  const [{ bavail, blocks, bsize }, bytes] = await Promise.all([statfs(folder), sizeOf(folder)])
  return { bytes, freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => sizeOfFile(join(parentPath, name))),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function sizeOfFile(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    // Removed since the folder was listed: retention does that.
    return 0
  }
}
