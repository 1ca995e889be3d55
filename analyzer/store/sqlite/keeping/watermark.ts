import { existsSync } from 'node:fs'

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

  constructor(verdictsFile: string) {
    this.#file = verdictsFile
  }

  judgedUpTo(): number {
    try {
      this.#database ??= existsSync(this.#file) ? openForReading(this.#file) : undefined
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
