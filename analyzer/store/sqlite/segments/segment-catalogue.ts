import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { isMissing, syncFolder } from '../files.ts'
import { filesOf } from '../folder-files.ts'

/** One file of the folder `segments`. */
export interface SegmentFile {
  readonly number: number
  /** Hot ones are written by row; packed ones were rewritten once and are never changed. */
  readonly kind: 'hot' | 'packed'
  readonly path: string
}

const NAME = /^(\d{6,15})\.(hot|packed)\.db$/u
/** Files that were set aside keep their number: it is not given again. */
const SET_ASIDE = /^(\d{6,15})\.(?:hot|packed)\.db\.damaged-/u

/**
 * A list is trusted only where the folder had been at rest for this long before: two changes
 * within one tick of the file system's clock look like one.
 */
const FOLDER_TICK_MS = 100

/**
 * Knows the segments by their files alone, so that every thread sees what another did without being
 * told: one that was begun, packed or dropped.
 */
export class SegmentCatalogue {
  readonly folder: string
  readonly #numberTaken: number
  #listed: Listed | undefined

  /** Numbers up to `numberTaken` are not given, whatever the folder says. */
  constructor(dataFolder: string, numberTaken = 0) {
    this.folder = filesOf(dataFolder).segments
    this.#numberTaken = numberTaken
  }

  /** For the one thread that writes; makes the folder. */
  prepare(): void {
    if (!existsSync(this.folder)) mkdirSync(this.folder, { mode: 0o700 })
    syncFolder(join(this.folder, '..'))
  }

  /** As they are now, each number once and the oldest first. A packed file counts before a hot. */
  list(): readonly SegmentFile[] {
    const changedMs = this.#changedMs()
    if (changedMs === undefined) return []
    if (this.#listed?.changedMs === changedMs && this.#listed.atRest) return this.#listed.files
    const nowMs = Date.now()
    const files = toFiles(this.folder, readdirSync(this.folder))
    this.#listed = { files, changedMs, atRest: Math.abs(nowMs - changedMs) > FOLDER_TICK_MS }
    return files
  }

  /** Above all that ever were. */
  nextNumber(): number {
    let last = this.#numberTaken
    for (const name of readdirSync(this.folder)) {
      const [, number] = NAME.exec(name) ?? SET_ASIDE.exec(name) ?? []
      last = Math.max(last, Number(number ?? 0))
    }
    return last + 1
  }

  hotPath(number: number): string {
    return join(this.folder, `${toName(number)}.hot.db`)
  }

  packedPath(number: number): string {
    return join(this.folder, `${toName(number)}.packed.db`)
  }

  #changedMs(): number | undefined {
    try {
      return statSync(this.folder).mtimeMs
    } catch (error: unknown) {
      // Nothing was ever written.
      if (isMissing(error)) return undefined
      throw error
    }
  }
}

interface Listed {
  readonly files: readonly SegmentFile[]
  readonly changedMs: number
  readonly atRest: boolean
}

function toFiles(folder: string, names: readonly string[]): readonly SegmentFile[] {
  const byNumber = new Map<number, SegmentFile>()
  for (const name of names) {
    const [, digits, kind] = NAME.exec(name) ?? []
    if (digits === undefined) continue
    const file = {
      number: Number(digits),
      kind: kind === 'packed' ? 'packed' : 'hot',
      path: join(folder, name),
    } as const
    if (file.kind === 'packed' || !byNumber.has(file.number)) byNumber.set(file.number, file)
  }
  return [...byNumber.values()].toSorted((left, right) => left.number - right.number)
}

function toName(number: number): string {
  return String(number).padStart(6, '0')
}

/** What SQLite keeps beside a database while it is open, or leaves after a crash. */
const COMPANIONS = ['-wal', '-shm', '-journal'] as const

/** The database first: its log alone is nothing, but a database without its log may be less. */
export function removeDatabaseFile(path: string): void {
  for (const suffix of ['', ...COMPANIONS]) rmSync(path + suffix, { force: true })
}

/** Keeps a file that cannot be read for whoever can, and out of the way. Returns its new name. */
export function setAside(path: string, nowMs: number): string {
  const to = `${path}.damaged-${new Date(nowMs).toISOString().replaceAll(':', '')}`
  for (const suffix of ['', ...COMPANIONS]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, to + suffix)
  }
  syncFolder(join(path, '..'))
  return to
}
