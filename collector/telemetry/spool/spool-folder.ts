import { readdir, rename, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  claimFolder,
  giveSignOfLife,
  isAbandoned,
  isFolderName,
  releaseFolder,
} from './spool-owner.ts'

/** Which of the two a file holds stands in its name: failures and rescues, or the others. */
export type Kind = 'important' | 'ordinary'

export interface SpoolFile {
  readonly path: string
  readonly kind: Kind
}

/** This process's folder under the spool's, made when it is first needed. */
export class SpoolFolder {
  readonly #dir: string
  #own: string | undefined
  #nextNumber = 0

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Where the next file of a kind goes; names sort by age. */
  async newPath(kind: Kind): Promise<string> {
    this.#own ??= await claimFolder(this.#dir)
    this.#nextNumber += 1
    return join(this.#own, `${String(this.#nextNumber).padStart(8, '0')}-${kind}.spool`)
  }

  /** False where a sidecar elsewhere took the folder for abandoned: it is no longer ours. */
  async keep(): Promise<boolean> {
    if (this.#own === undefined || (await giveSignOfLife(this.#own))) return true
    this.#own = undefined
    return false
  }

  /** Moves here what sidecars that are no more have left. */
  async takeOver(): Promise<readonly SpoolFile[]> {
    // No folder yet: nobody ever spooled.
    const names = await readdir(this.#dir).catch(() => [])
    const taken: SpoolFile[] = []
    for (const name of names.filter(isFolderName)) {
      const theirs = join(this.#dir, name)
      if (theirs === this.#own) continue
      // oxlint-disable-next-line no-await-in-loop -- one folder after the other
      if (await isAbandoned(theirs)) taken.push(...(await this.#empty(theirs)))
    }
    return taken
  }

  /** From now on others may have what is left in it. */
  async release(): Promise<void> {
    if (this.#own !== undefined) await leave(this.#own)
  }

  /** Renames decide: of two sidecars that see a left folder, each file goes to one. */
  async #empty(theirs: string): Promise<readonly SpoolFile[]> {
    const taken: SpoolFile[] = []
    const names = await readdir(theirs).catch(() => [])
    for (const name of names.toSorted((a, b) => (a < b ? -1 : 1))) {
      const kind = kindOf(name)
      if (kind === undefined) continue
      // oxlint-disable-next-line no-await-in-loop -- the oldest first
      const path = await this.newPath(kind)
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (await moves(join(theirs, name), path)) taken.push({ path, kind })
    }
    await leave(theirs)
    return taken
  }
}

/** Stays where something is left in it. */
async function leave(folder: string): Promise<void> {
  try {
    await releaseFolder(folder)
    await rmdir(folder)
  } catch {
    // Whoever looks next finds it as it is.
  }
}

async function moves(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch {
    return false
  }
}

function kindOf(name: string): Kind | undefined {
  const kind = /^\d{8}-(important|ordinary)\.spool$/.exec(name)?.[1]
  return kind === 'important' || kind === 'ordinary' ? kind : undefined
}
