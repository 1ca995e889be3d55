import { statSync } from 'node:fs'

import type { Act } from '../../../incidents/act.ts'
import type { ConfigReading } from '../../../incidents/markers.ts'
import type { WriteLog } from '../../../log.ts'
import { messageOf } from '../../../message-of.ts'
import type {
  ActAnswer,
  ActHealth,
  ActLoss,
  Appended,
  ActStore,
  KeyedAnswer,
} from '../../act-store.ts'
import { isMissing } from '../files.ts'
import { isDamage, type SqliteDatabase } from '../open-database.ts'
import { insertAct, insertAnswer, prepareActs, toAct } from './act-statements.ts'
import { isNewer, lastIdOf, lossesOf, openActs } from './open-acts.ts'

export interface ActStoreOptions {
  readonly file: string
  /** See `Appended.lastId`. */
  readonly knownUpTo: number
  readonly now: () => number
  readonly log: WriteLog
}

/** While it cannot be opened, readers do not try it again before. */
const REOPEN_MS = 5000

/** Of one source: changes of a busy half year. */
const READINGS_MAX = 200
const READINGS_READ_MAX = 5000

/** Incidents whose acts are forgotten in one step. */
const FORGET_INCIDENTS = 100

/**
 * Throws only where the file is a newer release's. Any other trouble is told by `health` and by
 * `append`, and tried again: whoever takes and judges spans must not wait for it.
 */
export function openActStore(options: ActStoreOptions): ActStore {
  return new SqliteActStore(options)
}

interface Opened {
  readonly database: SqliteDatabase
  readonly inode: number
  readonly statements: ReturnType<typeof prepareActs>
}

class SqliteActStore implements ActStore {
  readonly #options: ActStoreOptions
  #opened: Opened | undefined
  #trouble: { readonly sinceMs: number; readonly why: string } | undefined
  #triedMs = -Infinity
  #lastId: number
  #losses: readonly ActLoss[] = []

  constructor(options: ActStoreOptions) {
    this.#options = options
    this.#lastId = options.knownUpTo
    this.#open()
  }

  actsOf(incidentId: string): readonly Act[] {
    return this.#read(({ statements }) => statements.of.all(incidentId).map(toAct)) ?? []
  }

  incidents(): readonly string[] {
    return this.#read(({ statements }) => statements.actedOn.all()) ?? []
  }

  hasMuteEndIn(afterMs: number, toMs: number): boolean {
    return this.#read(({ statements }) => statements.muteEndIn.get(afterMs, toMs)) === 1
  }

  answerTo(key: string): ActAnswer | undefined {
    return this.#read(({ statements }) => {
      const row = statements.answerTo.get(key)
      if (row === undefined) return undefined
      return { digest: row.digest, ...(row.refused !== null && { refused: row.refused }) }
    })
  }

  append(incidentId: string, act: Act, answer?: KeyedAnswer): Appended {
    return this.#write(({ statements }) => {
      const appended = insertAct(statements, incidentId, act)
      if (appended.kind === 'kept' && answer !== undefined) {
        insertAnswer(statements, answer, act.atMs)
      }
      return appended
    })
  }

  keepAnswer(answer: KeyedAnswer, atMs: number): Appended {
    return this.#write(({ statements }) => {
      insertAnswer(statements, answer, atMs)
      return { kind: 'kept', lastId: this.#lastId }
    })
  }

  forget(beforeMs: number, isForgotten: (incidentId: string) => boolean): boolean {
    const forgotten = this.#read(({ statements }) => {
      const quiet = statements.quietSince.all(beforeMs)
      const gone = quiet.filter(isForgotten).slice(0, FORGET_INCIDENTS)
      for (const incident of gone) statements.remove.run(incident)
      return gone.length
    })
    return forgotten === FORGET_INCIDENTS
  }

  lastId(): number {
    return this.#lastId
  }

  noteConfig({ source, hash, atMs }: ConfigReading): void {
    this.#read(({ database, statements }) =>
      database
        .transaction(() => {
          if (statements.lastReading.get(source) === hash) return
          statements.addReading.run(source, atMs, hash)
          statements.dropReadings.run(source, source, READINGS_MAX)
        })
        .immediate(),
    )
  }

  configReadings(): readonly ConfigReading[] {
    return this.#read(({ statements }) => statements.readings.all(READINGS_READ_MAX)) ?? []
  }

  health(): ActHealth {
    return { trouble: this.#trouble, losses: this.#losses }
  }

  close(): void {
    this.#opened?.database.close()
    this.#opened = undefined
  }

  #open(): Opened | undefined {
    const { file, now, log } = this.#options
    this.#triedMs = now()
    try {
      const { database, inode } = openActs({
        file,
        knownUpTo: this.#lastId,
        nowMs: now(),
        log,
      })
      this.#opened = { database, inode, statements: prepareActs(database) }
      this.#losses = lossesOf(database)
      this.#lastId = Math.max(this.#lastId, lastIdOf(database))
      this.#trouble = undefined
      return this.#opened
    } catch (error: unknown) {
      if (isNewer(error)) throw error
      this.#fail(error)
      return undefined
    }
  }

  /** On disk when it returns `kept`, all of it or nothing. */
  #write(change: (opened: Opened) => Appended): Appended {
    try {
      this.#reopenIfReplaced()
      const opened = this.#opened ?? this.#open()
      if (opened === undefined) return { kind: 'failed', why: this.#trouble?.why ?? 'not open' }
      const appended = opened.database.transaction(() => change(opened)).immediate()
      this.#trouble = undefined
      if (appended.kind === 'kept') this.#lastId = appended.lastId
      return appended
    } catch (error: unknown) {
      return { kind: 'failed', why: this.#fail(error) }
    }
  }

  /** Who reads goes without: acts that cannot be read are told by `health`. */
  #read<T>(ask: (opened: Opened) => T): T | undefined {
    const isTimeToTry = Math.abs(this.#options.now() - this.#triedMs) >= REOPEN_MS
    const opened = this.#opened ?? (isTimeToTry ? this.#open() : undefined)
    if (opened === undefined) return undefined
    try {
      return ask(opened)
    } catch (error: unknown) {
      this.#fail(error)
      return undefined
    }
  }

  /** What is written to a file that was removed is on no disk that anyone will read. */
  #reopenIfReplaced(): void {
    if (this.#opened === undefined || inodeOf(this.#options.file) === this.#opened.inode) return
    this.close()
  }

  #fail(error: unknown): string {
    const why = messageOf(error)
    const { file, log, now } = this.#options
    // Opened again, it is looked through, and what can be read of it is taken over.
    if (isDamage(error)) this.close()
    if (this.#trouble?.why !== why) log(`${file} cannot be used: ${why}`, 'error')
    this.#trouble = { sinceMs: this.#trouble?.sinceMs ?? now(), why }
    return why
  }
}

function inodeOf(file: string): number | undefined {
  try {
    return statSync(file).ino
  } catch (error: unknown) {
    if (isMissing(error)) return undefined
    throw error
  }
}
