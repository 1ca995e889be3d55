import type { SetAsideFile, SpanLimits, StorePart } from '../../store.ts'
import { syncFolder } from '../files.ts'
import { removeDatabaseFile, SegmentCatalogue } from '../segments/segment-catalogue.ts'
import { countUnjudged } from './count-unjudged.ts'
import { PartFiles } from './part-files.ts'
import { nextDrop } from './retention.ts'
import { holdsSpans, setAsideFiles, sumBytes } from './set-aside-files.ts'
import { findStoreFolder } from './store-folder.ts'
import { VerdictsWatermark } from './watermark.ts'

export interface PruneOptions {
  readonly path: string
  readonly limits: SpanLimits
  /** Removes damaged files that were set aside, of the age that is given or of any, first. */
  readonly setAside: boolean
  readonly nowMs: number
  /** Only says what it would do. */
  readonly dryRun: boolean
}

export interface Pruned {
  /** The oldest first. */
  readonly dropped: readonly StorePart[]
  readonly kept: readonly StorePart[]
  /** Of those that are dropped so many spans are part of no verdict: no count has them. */
  readonly unjudged: number
  readonly setAside: {
    readonly removed: readonly SetAsideFile[]
    readonly kept: readonly SetAsideFile[]
  }
}

/** Drops whole parts, also beside an analyzer at work: readers live through it. */
export function pruneStore(options: PruneOptions): Pruned {
  const { path, limits, nowMs, dryRun } = options
  const { verdicts } = findStoreFolder(path)
  const watermark = new VerdictsWatermark(verdicts)
  const judgedUpTo = watermark.judgedUpTo()
  watermark.close()
  const catalogue = new SegmentCatalogue(path)
  const setAside = pruneSetAside(catalogue.folder, options)
  const asideBytes = sumBytes(setAside.kept.filter(holdsSpans))
  const dropped: StorePart[] = []
  let unjudged = 0
  let kept = new PartFiles(catalogue).list({ countsLast: true })
  for (;;) {
    const [oldest, ...younger] = kept
    if (oldest === undefined || nextDrop({ parts: kept, asideBytes }, limits, nowMs) === undefined)
      break
    unjudged += countUnjudged(oldest, judgedUpTo)
    if (!dryRun) removeDatabaseFile(oldest.file.path)
    dropped.push(oldest)
    kept = younger
  }
  if (!dryRun && dropped.length > 0) syncFolder(catalogue.folder)
  return { dropped, kept, unjudged, setAside }
}

function pruneSetAside(
  segments: string,
  { setAside, limits, nowMs, dryRun }: PruneOptions,
): Pruned['setAside'] {
  const all = setAsideFiles(segments)
  const { ageMsMax } = limits
  const goes = ({ atMs }: SetAsideFile): boolean =>
    setAside && (ageMsMax === Infinity || atMs < nowMs - ageMsMax)
  const removed = all.filter(goes)
  if (!dryRun) for (const file of removed) removeDatabaseFile(file.path)
  return { removed, kept: all.filter((file) => !goes(file)) }
}
