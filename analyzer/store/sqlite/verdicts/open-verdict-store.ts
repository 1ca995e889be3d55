import { statSync } from 'node:fs'

import { AnalyzerError } from '../../../errors.ts'
import type { WriteLog } from '../../../log.ts'
import { judgeWindow as judgeRouteWindow } from '../../../rules/window/judge-window.ts'
import type { VerdictStore } from '../../verdict-store.ts'
import { checkPages } from '../keeping/check-pages.ts'
import { isDamage, openForWriting, type SqliteDatabase } from '../open-database.ts'
import { dropOutdated, type LoggedSpans } from './drop-outdated.ts'
import { setVerdictsAside } from './set-verdicts-aside.ts'
import { SqliteVerdictStore } from './verdict-store.ts'
import { VERDICTS_MIGRATIONS } from './verdicts-schema.ts'
import type { JudgeWindow } from './windows/window-book.ts'

/**
 * What cannot be read is kept aside, and all of it is derived again from the spans: an analyzer
 * that does not start for the sake of its verdicts takes no spans either.
 */
export function openVerdictStore(file: string, options: OpenOptions): VerdictStore {
  const { nowMs, log } = options
  try {
    return open(file, options)
  } catch (error: unknown) {
    if (!isDamage(error)) throw error
    const aside = setVerdictsAside(file, nowMs)
    const what = 'cannot be read, and is derived again from the spans'
    log(`${file} ${what}; it was kept as ${aside}, and may be removed`, 'error')
    return open(file, options)
  }
}

function open(file: string, { spans = NO_SPANS, judgeWindow }: OpenOptions): VerdictStore {
  const database = openWhole(file)
  database.pragma(`cache_size = -${CACHE_KIB}`)
  dropOutdated(database, spans)
  return new SqliteVerdictStore(database, judgeWindow ?? judgeByDefault)
}

/** Damage that SQLite can read over would be met as verdicts that are wrong. */
function openWhole(file: string): SqliteDatabase {
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const database = openForWriting(file, VERDICTS_MIGRATIONS, { isDerived: true })
  try {
    const damage = bytes > LOOKED_BYTES_MAX ? undefined : checkPages(database)
    if (damage === undefined) return database
    throw new AnalyzerError('ANALYZER_DATA_DAMAGED', {
      message: `${file} is damaged: ${damage}`,
      hint: 'Move the file away: verdicts are made again.',
    })
  } catch (error: unknown) {
    database.close()
    throw error
  }
}

/** Read at the start: a second or two. What is larger is looked through where damage shows. */
const LOOKED_BYTES_MAX = 512 * 1024 * 1024

/** Ids are random: of an index that does not fit, each request reads and writes a page. */
const CACHE_KIB = 32 * 1024

interface OpenOptions {
  readonly nowMs: number
  readonly log: WriteLog
  /** Default: there are none. */
  readonly spans?: LoggedSpans
  /** Default: every window rule, with its own limits. */
  readonly judgeWindow?: JudgeWindow | undefined
}

const NO_SPANS: LoggedSpans = { fromMs: () => 0, upTo: () => 0 }

const judgeByDefault: JudgeWindow = (window) => judgeRouteWindow(window)
