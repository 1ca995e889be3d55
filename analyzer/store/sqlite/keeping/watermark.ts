import { statSync } from 'node:fs'

import type { Watermark } from '../../store.ts'
import { openForReading, type SqliteDatabase } from '../open-database.ts'
import { DERIVATION } from '../verdicts/verdicts-schema.ts'

/**
 * How far spans are judged, read from where it stands: nothing that was said between threads can be
 * older than that, or newer than what is committed.
 */
export class VerdictsWatermark implements Watermark {
  readonly #file: string
  #database: SqliteDatabase | undefined
  #inode: number | undefined

  constructor(verdictsFile: string) {
    this.#file = verdictsFile
  }

  judgedUpTo(): number {
    try {
      const inode = statSync(this.#file, { throwIfNoEntry: false })?.ino
      // Set aside and begun anew by whoever judges: the old one says how far the old one had come.
      if (inode !== this.#inode) this.close()
      this.#database ??= inode === undefined ? undefined : openForReading(this.#file)
      this.#inode = inode
      const progress = this.#database
        ?.prepare<[], { judged_up_to: number; derivation: number }>(
          'SELECT judged_up_to, derivation FROM progress',
        )
        .get()
      return progress?.derivation === DERIVATION ? progress.judged_up_to : 0
    } catch {
      // Damaged, set aside, not made yet: with 0 nothing is packed before it is judged again.
      this.close()
      return 0
    }
  }

  close(): void {
    this.#database?.close()
    this.#database = undefined
  }
}
