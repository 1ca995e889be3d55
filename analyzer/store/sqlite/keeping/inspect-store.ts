import { readDatabase } from '../open-database.ts'
import { COUNTERS_QUERY, toCounts } from '../segments/counters.ts'
import { toPlace, toPosition } from '../segments/position.ts'
import { SegmentCatalogue } from '../segments/segment-catalogue.ts'
import type { Counter } from '../segments/segment.ts'
import type { StoreStats } from '../../store.ts'
import { countSpansAfter } from './part-content.ts'
import { databaseBytes, PartFiles, type Part } from './part-files.ts'
import { SegmentKeeper } from './segment-keeper.ts'
import { findStoreFolder, isHeld } from './store-folder.ts'
import { VerdictsWatermark } from './watermark.ts'

/** All that can be said of a store in figures. */
export interface StoreInspection extends StoreStats {
  readonly path: string
  /** An analyzer works on it. */
  readonly isHeld: boolean
  /** By source, since the folder was made. */
  readonly sources: readonly SourceTotals[]
  readonly verdicts: VerdictTotals
  readonly acts: ActTotals
  readonly judging: JudgingProgress
}

export interface SourceTotals {
  readonly name: string
  readonly stored: number
  readonly duplicates: number
  readonly rejected: number
  readonly shed: number
}

export interface VerdictTotals {
  readonly bytes: number
  /** Undefined where they cannot be read: they are made again from the spans. */
  readonly counts: { readonly requests: number; readonly incidents: number } | undefined
}

/** What people did to incidents. */
export interface ActTotals {
  readonly bytes: number
  /** Undefined where they cannot be read. */
  readonly counts: ActCounts | undefined
}

interface ActCounts {
  readonly acts: number
  readonly incidents: number
  /** 0 where there is none. */
  readonly lastMs: number
}

/** How far verdicts have come. */
export interface JudgingProgress {
  readonly judgedUpTo: number
  /** Spans that came after it. */
  readonly waitingSpans: number
  /** When the first of them came. */
  readonly waitingSinceMs: number | undefined
}

export function inspectStore(path: string): StoreInspection {
  const files = findStoreFolder(path)
  const catalogue = new SegmentCatalogue(path)
  const keeper = new SegmentKeeper({ catalogue })
  const parts = new PartFiles(catalogue).list({ countsLast: true })
  return {
    ...keeper.stats(),
    path,
    isHeld: isHeld(files),
    sources: sourceTotals(parts),
    verdicts: verdictTotals(files.verdicts),
    acts: actTotals(files.acts),
    judging: judgingProgress(parts, files.verdicts),
  }
}

/** The newest segment that can be read has the totals of all that ever were. */
function sourceTotals(parts: readonly Part[]): readonly SourceTotals[] {
  const newest = parts.findLast((part) => part.isReadable)
  if (newest === undefined) return []
  const counters = readDatabase(newest.file.path, (database) =>
    database.prepare<[], Counter>(COUNTERS_QUERY).all(),
  )
  const { sources } = toCounts(counters)
  return sources.map(({ name, stored, duplicates, rejected, shed }) => ({
    name,
    stored,
    duplicates,
    rejected,
    shed,
  }))
}

function verdictTotals(file: string): VerdictTotals {
  const bytes = databaseBytes(file)
  if (bytes === undefined) return { bytes: 0, counts: { requests: 0, incidents: 0 } }
  try {
    return readDatabase(file, (database) => {
      const count = (table: 'requests' | 'incidents'): number =>
        database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0
      return { bytes, counts: { requests: count('requests'), incidents: count('incidents') } }
    })
  } catch {
    return { bytes, counts: undefined }
  }
}

const NO_ACTS: ActCounts = { acts: 0, incidents: 0, lastMs: 0 }

function actTotals(file: string): ActTotals {
  const bytes = databaseBytes(file)
  if (bytes === undefined) return { bytes: 0, counts: NO_ACTS }
  try {
    return readDatabase(file, (database) => {
      const counts = database
        .prepare<[], ActCounts>(
          `SELECT count(*) AS acts, count(DISTINCT incident) AS incidents,
             coalesce(max(at_ms), 0) AS lastMs FROM acts`,
        )
        .get()
      return { bytes, counts: counts ?? NO_ACTS }
    })
  } catch {
    return { bytes, counts: undefined }
  }
}

function judgingProgress(parts: readonly Part[], verdictsFile: string): JudgingProgress {
  const watermark = new VerdictsWatermark(verdictsFile)
  const judgedUpTo = watermark.judgedUpTo()
  watermark.close()
  const place = toPlace(judgedUpTo)
  const behind = parts.filter(
    ({ file, rowMax, isReadable }) =>
      isReadable && toPosition({ segment: file.number, row: rowMax }) > judgedUpTo,
  )
  const waiting = behind.map((part) =>
    waitingIn(part, part.file.number === place.segment ? place.row : 0),
  )
  return {
    judgedUpTo,
    waitingSpans: waiting.reduce((sum, { spans }) => sum + spans, 0),
    waitingSinceMs: waiting.find(({ sinceMs }) => sinceMs !== undefined)?.sinceMs,
  }
}

interface Waiting {
  readonly spans: number
  readonly sinceMs: number | undefined
}

function waitingIn({ file, createdMs }: Part, afterRow: number): Waiting {
  return readDatabase(file.path, (database) => {
    const spans = countSpansAfter(database, file.kind, afterRow)
    if (file.kind === 'packed') return { spans, sinceMs: createdMs }
    const sinceMs = database
      .prepare<[number], number>(
        'SELECT received_ms FROM chunks WHERE row > ? ORDER BY row LIMIT 1',
      )
      .pluck()
      .get(afterRow)
    return { spans, sinceMs }
  })
}
