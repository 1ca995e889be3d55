import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs'

/** What was created, renamed or removed in it is so after a power cut as well. */
export function syncFolder(path: string): void {
  syncFile(path)
}

export function syncFile(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** None where there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error: unknown) {
    if (isMissing(error)) return []
    throw error
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
