import { syncFolder } from '../files.ts'
import { refuseNewerVersion } from '../migrate.ts'
import { isDamage, orDamaged } from '../open-database.ts'
import { PACKED_MIGRATIONS } from '../packing/packed-schema.ts'
import { HOT_MIGRATIONS } from './hot-schema.ts'
import { OpenSegment, type Inheritance } from './open-segment.ts'
import { toPosition } from './position.ts'
import type { RecentSegments } from './recent-segments.ts'
import { removeDatabaseFile, type SegmentCatalogue, type SegmentFile } from './segment-catalogue.ts'
import type { SegmentHandles } from './segment-handles.ts'
import { readSegmentHeader, type SegmentHeader } from './segment-header.ts'
import type { WriteLog } from '../../../log.ts'

export interface BeginContext {
  readonly catalogue: SegmentCatalogue
  readonly handles: SegmentHandles
  readonly nowMs: number
  /** Spans up to this position are not judged again: no new one may come there. */
  readonly judgedUpTo: number
  readonly log: WriteLog
}

export interface Resumed {
  readonly open: OpenSegment
  /** Not sealed, and not to be written on: what can be read of them is to be stored again. */
  readonly damaged: readonly SegmentFile[]
}

/**
 * The segment that is written on, as the last process left it: whatever it was doing, the files
 * tell. One that was begun and never filled is begun again; one that was not sealed is sealed now,
 * unless it is the last, which is written on.
 */
export function resumeSegments(context: BeginContext): Resumed {
  const { catalogue, handles, nowMs } = context
  catalogue.prepare()
  const files = catalogue.list()
  // All of them before any is opened: see `SegmentHeader`.
  const headers = new Map(files.map((file) => [file, readSegmentHeader(file.path)]))
  for (const [file, header] of headers) refuseNewerFile(file, header)
  const damaged: SegmentFile[] = []
  for (const [file, header] of headers) {
    // Of one that is not begun or that cannot be read it is not known either.
    if (file.kind === 'packed' || handles.sealOf(file) !== undefined) continue
    const open = header.kind === 'damaged' ? undefined : openUndamaged(file, context)
    if (open === undefined) damaged.push(file)
    else if (file === files.at(-1) && !isBehindJudged(open, context)) return { open, damaged }
    else if (!isSealedBy(open, nowMs)) damaged.push(file)
  }
  return { open: beginSegment(context), damaged }
}

/** Whether the file lacks what was judged of it: somebody took its log away, or a disk lost it. */
function isBehindJudged({ number, path, rowMax }: OpenSegment, context: BeginContext): boolean {
  const { judgedUpTo, log } = context
  if (toPosition({ segment: number, row: rowMax }) >= judgedUpTo) return false
  const missing = 'spans that were stored behind it, and judged, are not there any more'
  log(`${path} ends at chunk ${rowMax}: ${missing}; new ones go to another file`, 'error')
  return true
}

/** False where only now it is noticed that the segment is damaged: an index, say. */
function isSealedBy(open: OpenSegment, nowMs: number): boolean {
  try {
    open.seal(nowMs)
    return true
  } catch (error: unknown) {
    if (isDamage(error)) return false
    throw error
  } finally {
    open.close()
  }
}

export function beginSegment(context: BeginContext): OpenSegment {
  const { catalogue } = context
  const number = catalogue.nextNumber()
  const path = catalogue.hotPath(number)
  try {
    const open = new OpenSegment({ number, path }, inheritance(number, context))
    syncFolder(catalogue.folder)
    return open
  } catch (error: unknown) {
    // No room on the disk, say: each attempt would leave a file of nothing behind.
    removeDatabaseFile(path)
    throw error
  }
}

/** What the filters of the last day need to know of sealed segments. */
export function rememberRecent(recent: RecentSegments, { handles, nowMs }: BeginContext): void {
  for (const file of handles.list()) {
    handles.use(file, (segment) => {
      const seal = segment.seal()
      const spans = seal === undefined ? undefined : segment.filter('spans')
      const traces = seal === undefined ? undefined : segment.filter('traces')
      if (seal === undefined || spans === undefined || traces === undefined) return
      const { number, hashKey } = segment
      recent.add({ number, hashKey, lastReceivedMs: seal.lastReceivedMs, spans, traces })
    })
  }
  recent.forgetBefore(nowMs)
}

function openUndamaged(file: SegmentFile, context: BeginContext): OpenSegment | undefined {
  try {
    return orDamaged(file.path, () => new OpenSegment(file, inheritance(file.number, context)))
  } catch (error: unknown) {
    if (isDamage(error)) return undefined
    throw error
  }
}

/** Of the newest segment before this one that can be read. */
function inheritance(number: number, { handles, nowMs }: BeginContext): Inheritance {
  for (const file of handles.list().toReversed()) {
    if (file.number >= number) continue
    const inherited = handles.use(file, (segment): Inheritance => ({
      nowMs,
      hashKey: segment.hashKey,
      counters: segment.counters(),
    }))
    if (inherited !== undefined) return inherited
  }
  return { nowMs, hashKey: undefined, counters: [] }
}

/** Before anything is written anywhere: an older release must leave the folder as it is. */
function refuseNewerFile({ path, kind }: SegmentFile, header: SegmentHeader): void {
  const migrations = kind === 'hot' ? HOT_MIGRATIONS : PACKED_MIGRATIONS
  if (header.kind === 'database') refuseNewerVersion(header.version, { path, migrations })
}
