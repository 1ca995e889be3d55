import { closeSync, fsyncSync, openSync } from 'node:fs'

/** What was created, renamed or removed in it is so after a power cut as well. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
