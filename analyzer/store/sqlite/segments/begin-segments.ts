import { closeSync, openSync, readSync } from 'node:fs'

import { AnalyzerError } from '../../../errors.ts'
import { isDamage } from '../open-database.ts'
import { HOT_MIGRATIONS } from './hot-schema.ts'
import { OpenSegment, type Inheritance } from './open-segment.ts'
import type { RecentSegments } from './recent-segments.ts'
import { setAside, type SegmentCatalogue, type SegmentFile } from './segment-catalogue.ts'
import type { SegmentHandles } from './segment-handles.ts'

export interface BeginContext {
  readonly catalogue: SegmentCatalogue
  readonly handles: SegmentHandles
  readonly nowMs: number
  readonly log: (line: string) => void
}

/**
 * The segment that is written on, as the last process left it: whatever it was doing, the files
 * tell. One that was begun and never filled is begun again; one that was not sealed is sealed now,
 * unless it is the last, which is written on; one that cannot be read is set aside.
 */
export function resumeSegments(context: BeginContext): OpenSegment {
  const { catalogue } = context
  catalogue.prepare()
  const files = catalogue.list()
  for (const file of files) refuseNewerFile(file)
  const last = files.at(-1)
  for (const file of files) {
    // Of one that is not begun or that cannot be read it is not known either.
    const sealed = file.kind === 'packed' || context.handles.sealOf(file) !== undefined
    if (sealed) continue
    const open = openOrSetAside(file, context)
    if (open !== undefined && file === last) return open
    open?.seal(context.nowMs)
    open?.close()
  }
  return beginSegment(context)
}

export function beginSegment(context: BeginContext): OpenSegment {
  const number = context.catalogue.nextNumber()
  const path = context.catalogue.hotPath(number)
  return new OpenSegment({ number, path }, inheritance(number, context))
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

function openOrSetAside(file: SegmentFile, context: BeginContext): OpenSegment | undefined {
  try {
    return new OpenSegment(file, inheritance(file.number, context))
  } catch (error: unknown) {
    if (!isDamage(error)) throw error
    const aside = setAside(file.path, context.nowMs)
    context.log(`${file.path} is damaged and was set aside as ${aside}; a new one is begun`)
    return undefined
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

/** Where the header of a database has its `user_version`, big-endian. */
const VERSION_AT = 60

/** Before anything is written anywhere: an older release must leave the folder as it is. */
function refuseNewerFile({ path, kind }: SegmentFile): void {
  const version = versionOf(path)
  const known = kind === 'hot' ? HOT_MIGRATIONS.length : Infinity
  if (version <= known) return
  throw new AnalyzerError('ANALYZER_DATA_NEWER', {
    message: `${path} was written by a newer release (schema ${version}, this one knows ${known})`,
    hint: 'Start the newer release again, or choose another --data-dir.',
  })
}

function versionOf(path: string): number {
  const header = Buffer.alloc(VERSION_AT + 4)
  const file = openSync(path, 'r')
  try {
    readSync(file, header, 0, header.length, 0)
  } finally {
    closeSync(file)
  }
  // What is no database, or not one yet, is told apart when it is opened.
  return header.toString('latin1', 0, 15) === 'SQLite format 3'
    ? header.readUInt32BE(VERSION_AT)
    : 0
}
