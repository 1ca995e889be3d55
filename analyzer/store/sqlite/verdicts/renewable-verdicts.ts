import type { WriteLog } from '../../../log.ts'
import { messageOf } from '../../../message-of.ts'
import type { RenewableVerdicts, VerdictStore } from '../../verdict-store.ts'
import { isDamage, readDatabase, sqliteCode, type SqliteDatabase } from '../open-database.ts'
import { setVerdictsAside } from './set-verdicts-aside.ts'

/** Between two renewals: a disk that damages each file must not have all derived without end. */
const RENEWAL_MS_MIN = 10 * 60_000

export interface RenewalOptions {
  readonly file: string
  readonly open: () => VerdictStore
  readonly now: () => number
  readonly log: WriteLog
}

/**
 * The verdicts, whichever file they are in: whoever holds this goes on with the new one. Every call
 * is watched for damage, whoever made it; what is done about it waits until the judge asks, for
 * what it has read of the log belongs to the old file.
 */
export function openRenewableVerdicts(options: RenewalOptions): RenewableVerdicts {
  const renewal = new Renewal(options)
  const called = Object.assign(options.open(), { renew: () => renewal.renew() })
  renewal.begin(called)
  return new Proxy(called, {
    get: (first, name) => {
      const member: unknown = Reflect.get(first, name)
      if (typeof member !== 'function' || name === 'renew') return member
      return (...given: readonly unknown[]) => renewal.call(name, given)
    },
  })
}

class Renewal {
  readonly #options: RenewalOptions
  /** Undefined where the new one could not be opened: the disk is full, say. */
  #store: VerdictStore | undefined
  #damage: unknown
  #renewedAtMs = -Infinity
  #lookedAtMs = -Infinity

  constructor(options: RenewalOptions) {
    this.#options = options
  }

  begin(store: VerdictStore): void {
    this.#store = store
  }

  call(name: string | symbol, given: readonly unknown[]): unknown {
    this.#store ??= this.#options.open()
    const method: unknown = Reflect.get(this.#store, name)
    if (typeof method !== 'function') return method
    try {
      return Reflect.apply(method, this.#store, given)
    } catch (error: unknown) {
      if (isDamage(error) || this.#isSymptom(error)) this.#damage = error
      throw error
    }
  }

  /**
   * A row that is there already, though it was taken back before: what SQLite reads of a damaged
   * page it believes. Looked into seldom, for a defect of ours would look the same and stay.
   */
  #isSymptom(error: unknown): boolean {
    if (!/^SQLITE_(?:CONSTRAINT|MISMATCH)/u.test(sqliteCode(error))) return false
    const { file, now } = this.#options
    const nowMs = now()
    if (Math.abs(nowMs - this.#lookedAtMs) < RENEWAL_MS_MIN) return false
    this.#lookedAtMs = nowMs
    try {
      return readDatabase(file, contradicts)
    } catch (cause: unknown) {
      return isDamage(cause)
    }
  }

  renew(): boolean {
    const { file, open, now, log } = this.#options
    const nowMs = now()
    // Also where the clock was put back.
    if (this.#damage === undefined || Math.abs(nowMs - this.#renewedAtMs) < RENEWAL_MS_MIN) {
      return false
    }
    const why = messageOf(this.#damage)
    this.#store?.close()
    this.#store = undefined
    const aside = setVerdictsAside(file, nowMs)
    this.#damage = undefined
    this.#renewedAtMs = nowMs
    const what = `is damaged (${why}), and is derived again from the spans`
    log(`${file} ${what}; it was kept as ${aside}, and may be removed`, 'error')
    this.#store = open()
    return true
  }
}

/** Also of what an index says of its table, which a look at the pages alone does not tell. */
function contradicts(database: SqliteDatabase): boolean {
  return database.prepare<[], string>('PRAGMA integrity_check(1)').pluck().get() !== 'ok'
}
