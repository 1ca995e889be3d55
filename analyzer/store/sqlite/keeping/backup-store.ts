import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { basename, join, resolve, sep } from 'node:path'

import { AnalyzerError } from '../../../errors.ts'
import { messageOf } from '../../../message-of.ts'
import { namesIn, syncFile, syncFolder } from '../files.ts'
import { filesOf, type FolderFiles } from '../folder-files.ts'
import { isDamage, isStoreTrouble, openForReading, readDatabase } from '../open-database.ts'
import { beginBackup, finishBackup } from '../unfinished-backup.ts'
import {
  removeDatabaseFile,
  SegmentCatalogue,
  type SegmentFile,
} from '../segments/segment-catalogue.ts'
import { readSeal } from '../segments/segment-meta.ts'
import { databaseBytes } from './part-files.ts'
import { findStoreFolder } from './store-folder.ts'

export interface BackupOptions {
  readonly path: string
  /** Empty, or not there yet. */
  readonly target: string
  readonly onProgress?: (progress: BackupProgress) => void
}

export interface BackupProgress {
  readonly file: string
  readonly bytesDone: number
  readonly bytesTotal: number
}

export interface Backup {
  readonly files: number
  readonly bytes: number
  /** Names of files that cannot be read, and were copied as they stand. */
  readonly damaged: readonly string[]
}

/** Copied between two reports of progress: some 8 MiB. */
const PAGES_AT_ONCE = 1000

/**
 * A copy that an analyzer can be started on, taken while one works on the original. Verdicts are
 * copied first and spans after them: whatever came in between is judged when the copy is opened.
 */
export async function backupStore(options: BackupOptions): Promise<Backup> {
  const source = findStoreFolder(options.path)
  const target = prepareTarget(options)
  try {
    return await copyAll(source, target, options)
  } catch (error: unknown) {
    if (error instanceof AnalyzerError || !isStoreTrouble(error)) throw error
    throw new AnalyzerError('ANALYZER_BACKUP_TARGET_UNUSABLE', {
      message: `the copy into ${options.target} broke off: ${messageOf(error)}`,
      hint: 'Make room, or mend what it names; then remove that folder, which holds no backup, and run it again.',
      cause: error,
    })
  }
}

async function copyAll(
  source: FolderFiles,
  target: string,
  options: BackupOptions,
): Promise<Backup> {
  const catalogue = new SegmentCatalogue(options.path)
  const progress = new Progress(options, bytesOf(source, catalogue))
  const { verdicts, acts, segments, salt } = filesOf(target)
  beginBackup(target)
  if (existsSync(source.verdicts)) await progress.copy(source.verdicts, verdicts)
  // After the verdicts, which know how many acts there are at least.
  if (existsSync(source.acts)) await progress.copy(source.acts, acts)
  mkdirSync(segments, { mode: 0o700 })
  await copySegments(catalogue, { segments, progress })
  copyFileSync(source.salt, salt)
  syncFile(salt)
  for (const folder of [segments, target]) syncFolder(folder)
  finishBackup(target)
  return progress.result()
}

/**
 * Asked again after each: a segment may be packed, or begun, while another is copied. Of one that
 * was still written the copy ends where it was, and counts only as the last: what came to it before
 * the next was begun would be missing between the two, so that it is copied once more.
 */
async function copySegments(
  catalogue: SegmentCatalogue,
  { segments, progress }: { readonly segments: string; readonly progress: Progress },
): Promise<void> {
  const copied = new Set<number>()
  let unsealed: SegmentFile | undefined
  for (;;) {
    const files = catalogue.list()
    if (unsealed !== undefined && unsealed.number !== files.at(-1)?.number) {
      removeDatabaseFile(join(segments, basename(unsealed.path)))
      copied.delete(unsealed.number)
      unsealed = undefined
    }
    const next = files.find(({ number }) => !copied.has(number))
    if (next === undefined) return
    const copy = join(segments, basename(next.path))
    // oxlint-disable-next-line no-await-in-loop -- in their order, one at a time
    if (!(await progress.copyIfThere(next.path, copy))) continue
    copied.add(next.number)
    if (!isSealed(copy)) unsealed = next
  }
}

/** Where that cannot be read there is nothing better to be had. */
function isSealed(copy: string): boolean {
  try {
    return readDatabase(copy, readSeal) !== undefined
  } catch (error: unknown) {
    if (isDamage(error)) return true
    throw error
  }
}

function bytesOf({ verdicts, acts }: FolderFiles, catalogue: SegmentCatalogue): number {
  const files = [verdicts, acts, ...catalogue.list().map((file) => file.path)]
  return files.reduce((sum, file) => sum + (databaseBytes(file) ?? 0), 0)
}

class Progress {
  readonly #options: BackupOptions
  readonly #bytesTotal: number
  readonly #damaged: string[] = []
  #files = 0
  #bytes = 0

  constructor(options: BackupOptions, bytesTotal: number) {
    this.#options = options
    this.#bytesTotal = bytesTotal
  }

  result(): Backup {
    return { files: this.#files, bytes: this.#bytes, damaged: this.#damaged }
  }

  async copy(from: string, to: string): Promise<void> {
    const file = basename(from)
    const before = this.#bytes
    try {
      await copyDatabase(from, to, (bytes) => this.#report(file, before + bytes))
    } catch (error: unknown) {
      if (!isDamage(error)) throw error
      // What can still be read of it is for whoever mends it; the others are worth as much.
      copyAsItStands(from, to)
      this.#damaged.push(file)
    }
    this.#files += 1
    this.#bytes = before + (databaseBytes(to) ?? 0)
    this.#report(file, this.#bytes)
  }

  /** False where it was packed or dropped since the folder was listed. */
  async copyIfThere(from: string, to: string): Promise<boolean> {
    try {
      await this.copy(from, to)
      return true
    } catch (error: unknown) {
      removeDatabaseFile(to)
      if (existsSync(from)) throw error
      return false
    }
  }

  #report(file: string, bytesDone: number): void {
    // What grew meanwhile is copied too.
    const bytesTotal = Math.max(this.#bytesTotal, bytesDone)
    this.#options.onProgress?.({ file, bytesDone, bytesTotal })
  }
}

/** As it is at one moment, whatever is written to it meanwhile; on disk when it returns. */
async function copyDatabase(
  from: string,
  to: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const database = openForReading(from)
  try {
    const pageBytes = database.prepare<[], number>('PRAGMA page_size').pluck().get() ?? 0
    // Without a read transaction of its own, a copy begins anew with every commit.
    database.exec('BEGIN')
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    await database.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        onBytes((totalPages - remainingPages) * pageBytes)
        return PAGES_AT_ONCE
      },
    })
    database.exec('COMMIT')
  } finally {
    database.close()
  }
  chmodSync(to, 0o600)
  syncFile(to)
}

/** Byte by byte, with its log. */
function copyAsItStands(from: string, to: string): void {
  removeDatabaseFile(to)
  for (const suffix of ['', '-wal']) {
    if (!existsSync(from + suffix)) continue
    copyFileSync(from + suffix, to + suffix)
    chmodSync(to + suffix, 0o600)
    syncFile(to + suffix)
  }
}

function prepareTarget({ path, target }: BackupOptions): string {
  const folder = resolve(target)
  const refuse = (why: string, cause?: unknown): AnalyzerError =>
    new AnalyzerError('ANALYZER_BACKUP_TARGET_UNUSABLE', {
      message: `${target} ${why}`,
      hint: 'Name an empty folder, or one that is not there yet.',
      cause,
    })
  if (isWithin(folder, resolve(path))) throw refuse('lies in the data folder itself')
  try {
    if (namesIn(folder).length > 0) throw refuse('is not empty: a backup does not overwrite')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    return folder
  } catch (error: unknown) {
    if (error instanceof AnalyzerError) throw error
    throw refuse(`cannot be written: ${messageOf(error)}`, error)
  }
}

function isWithin(folder: string, outer: string): boolean {
  return folder === outer || folder.startsWith(outer + sep)
}
