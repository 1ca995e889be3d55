import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { AnalyzerError } from '../../errors.ts'
import { syncFolder } from './files.ts'
import { filesOf } from './folder-files.ts'

/** Marks the folder before anything is copied into it, so that half a copy never looks whole. */
export function beginBackup(target: string): void {
  const { unfinished } = filesOf(target)
  writeFileSync(unfinished, 'A backup is copied into this folder, or was not finished.\n', {
    mode: 0o600,
    flush: true,
  })
  syncFolder(target)
}

/** All that was copied is on disk by now. */
export function finishBackup(target: string): void {
  rmSync(filesOf(target).unfinished)
  syncFolder(target)
  syncFolder(dirname(target))
}

/** An analyzer that were started on half a copy would serve it as though it were all. */
export function refuseUnfinished(path: string): void {
  if (!existsSync(filesOf(path).unfinished)) return
  throw new AnalyzerError('ANALYZER_DATA_NOT_FOUND', {
    message: `${path} is a backup that was not finished`,
    hint: 'Wait for it to end; if it was killed, remove the folder and run "secondwind db backup" again.',
  })
}
