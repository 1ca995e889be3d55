import type { Sender } from '../../../story/sender.ts'
import type { SourceSender, Verdict } from '../../verdict-store.ts'
import type { SqliteDatabase } from '../open-database.ts'

/**
 * Of one source. A router has a handful (its release, three APIs); who has more sends hostile
 * scopes, and the oldest go.
 */
const SENDERS_MAX = 64

/** Written again after this: not for every request. */
const REFRESH_MS = 60 * 60_000

/** Beyond it, what was written is forgotten and looked up anew. */
const REMEMBERED_MAX = 10_000

/** What each source was seen to send, and when last: bounded, and derived like the verdicts. */
export class SenderBook {
  readonly #statements: ReturnType<typeof prepare>
  /** When each was last written; it may know less than the file, never more. */
  readonly #written = new Map<string, number>()

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
  }

  put(verdicts: readonly Verdict[]): void {
    for (const { source, sender, atMs } of verdicts) {
      const row = toRow(source, sender)
      const key = JSON.stringify(Object.values(row))
      if (atMs < (this.#written.get(key) ?? -Infinity) + REFRESH_MS) continue
      this.#statements.put.run({ ...row, lastMs: Math.floor(atMs) })
      this.#statements.limit.run({ source, limit: SENDERS_MAX })
      if (this.#written.size >= REMEMBERED_MAX) this.#written.clear()
      this.#written.set(key, atMs)
    }
  }

  all(): readonly SourceSender[] {
    return this.#statements.all
      .all()
      .map(({ source, dialect, library, release, minor, mode, api }) => ({
        source,
        sender: {
          dialect,
          api,
          ...(library === '' ? {} : { library }),
          ...(release === '' ? {} : { release }),
          ...(minor === 0 ? {} : { minor }),
          ...(mode === '' ? {} : { mode }),
        },
      }))
  }

  prune(beforeMs: number): void {
    if (this.#statements.prune.run(Math.floor(beforeMs)).changes > 0) this.#written.clear()
  }

  /** What was remembered may not be in the file: the transaction did not come about. */
  reload(): void {
    this.#written.clear()
  }
}

interface Row {
  readonly source: string
  readonly dialect: string
  readonly library: string
  readonly release: string
  readonly minor: number
  readonly mode: string
  readonly api: string
}

function toRow(source: string, sender: Sender): Row {
  const { dialect, library = '', release = '', minor = 0, mode = '', api } = sender
  return { source, dialect, library, release, minor, mode, api }
}

function prepare(database: SqliteDatabase) {
  return {
    put: database.prepare<[Row & { readonly lastMs: number }]>(
      `INSERT INTO senders
       VALUES (:source, :dialect, :library, :release, :minor, :mode, :api, :lastMs)
       ON CONFLICT DO UPDATE SET last_ms = max(last_ms, excluded.last_ms)`,
    ),
    limit: database.prepare<[{ readonly source: string; readonly limit: number }]>(
      `DELETE FROM senders WHERE (source, dialect, library, release, minor, mode, api) IN (
         SELECT source, dialect, library, release, minor, mode, api FROM senders
         WHERE source = :source ORDER BY last_ms DESC LIMIT -1 OFFSET :limit)`,
    ),
    all: database.prepare<[], Row>(
      `SELECT source, dialect, library, release, minor, mode, api FROM senders
       ORDER BY source, dialect, library, minor, release, mode, api`,
    ),
    prune: database.prepare<[number]>('DELETE FROM senders WHERE last_ms < ?'),
  }
}
