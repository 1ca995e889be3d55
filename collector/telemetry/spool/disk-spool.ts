import { type FileHandle, open, readFile, rm } from 'node:fs/promises'
import type { Origin, SpanGroup } from '../encode-export.ts'
import type { Log } from '../log.ts'
import {
  type Scanned,
  type Segment,
  encodeGroupRecord,
  encodeOriginRecord,
  scanSegment,
} from './segment.ts'
import type { Appended, ReadBack, Spool, SpooledGroup } from './spool.ts'
import { type Kind, SpoolFolder, type SpoolFile } from './spool-folder.ts'

export interface DiskSpoolOptions {
  readonly dir: string
  readonly bytesMax: number
  /** Whose spans these are where a damaged file does not say. */
  readonly origin: Origin
  readonly log: Log
}

/** Read back, dropped and deleted as a whole: small enough for each, few enough for a folder. */
const SEGMENT_BYTES_MAX = 4 * 1024 ** 2
const SEGMENT_BYTES_MIN = 4 * 1024
/** A full spool has about so many. */
const SEGMENTS = 16

/** A full or broken disk is not asked again at every request. */
const REST_MS = 60_000

interface Writer {
  readonly segment: Segment
  readonly handle: FileHandle
  readonly origin: Origin
}

/** See `Spool`. Operations queue up: one at a time touches the disk. */
export class DiskSpool implements Spool {
  readonly #options: DiskSpoolOptions
  readonly #segmentBytesMax: number
  readonly #folder: SpoolFolder
  /** Not read yet, the oldest first; the last one may still be written to. */
  readonly #segments: Record<Kind, Segment[]> = { important: [], ordinary: [] }
  readonly #writers: Partial<Record<Kind, Writer>> = {}
  #bytes = 0
  #damagedRecords = 0
  #restsUntilMs = 0
  #hasFailed = false
  #tail: Promise<unknown> = Promise.resolve()

  constructor(options: DiskSpoolOptions) {
    this.#options = options
    this.#folder = new SpoolFolder(options.dir)
    this.#segmentBytesMax = Math.min(
      Math.max(Math.floor(options.bytesMax / SEGMENTS), SEGMENT_BYTES_MIN),
      SEGMENT_BYTES_MAX,
    )
  }

  get bytes(): number {
    return this.#bytes
  }

  get damagedRecords(): number {
    return this.#damagedRecords
  }

  hasRoomFor(important: boolean): boolean {
    if (performance.now() < this.#restsUntilMs) return false
    const droppable = bytesOf(this.#segments.ordinary)
    const more = important ? bytesOf(this.#segments.important) : 0
    return this.#bytes - droppable - more + this.#segmentBytesMax <= this.#options.bytesMax
  }

  append(groups: readonly SpanGroup[]): Promise<Appended> {
    return this.#inTurn(async () => {
      let [written, droppedSpans] = [0, 0]
      try {
        while (written < groups.length) {
          const run = this.#nextRun(groups.slice(written))
          // oxlint-disable-next-line no-await-in-loop -- in order
          droppedSpans += await this.#makeRoom(run)
          // oxlint-disable-next-line no-await-in-loop -- in order
          if (this.#bytes + run.bytes.length > this.#options.bytesMax) break
          // oxlint-disable-next-line no-await-in-loop -- in order
          await this.#write(run)
          written += run.groups
        }
        this.#noteSuccess()
      } catch (error) {
        this.#noteFailure(error)
      }
      return { written, droppedSpans }
    })
  }

  read(important: boolean): Promise<ReadBack | undefined> {
    return this.#inTurn(async () => {
      const kind = important ? 'important' : 'ordinary'
      const segment = this.#segments[kind].shift()
      if (segment === undefined) return undefined
      await this.#closeWriterOf(segment)
      const scanned = await this.#scan(segment)
      const groups = scanned.map((group) => ({ ...group, important, segment }))
      segment.unsettled = groups.length
      if (groups.length === 0) await this.#delete(segment)
      return { groups, lostSpans: segment.spans - spansOf(groups) }
    })
  }

  settle({ segment }: SpooledGroup): void {
    segment.unsettled -= 1
    if (segment.unsettled === 0) void this.#inTurn(() => this.#delete(segment))
  }

  adopt(): Promise<number> {
    return this.#inTurn(async () => {
      try {
        if (!(await this.#folder.keep())) await this.#closeWriters()
        let spans = 0
        for (const file of await this.#folder.takeOver()) {
          // oxlint-disable-next-line no-await-in-loop -- one file in memory at a time
          spans += await this.#addFound(file)
        }
        return spans
      } catch (error) {
        this.#noteFailure(error)
        return 0
      }
    })
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#closeWriters()
      await this.#folder.release()
    })
  }

  async #addFound({ path, kind }: SpoolFile): Promise<number> {
    const bytes = await readFile(path).catch(() => undefined)
    if (bytes === undefined) {
      this.#damagedRecords += 1
      return 0
    }
    const { groups, damaged } = scanSegment(bytes, this.#options.origin)
    this.#damagedRecords += damaged
    const spans = spansOf(groups)
    this.#bytes += bytes.length
    this.#segments[kind].push({
      path,
      important: kind === 'important',
      bytes: bytes.length,
      spans,
      damaged,
      unsettled: 0,
    })
    return spans
  }

  /** What goes into one segment by one write: groups of one kind and one origin. */
  #nextRun(groups: readonly SpanGroup[]): Run {
    const [first] = groups
    if (first === undefined) throw new RangeError('there is no group to write')
    const records: Buffer[] = []
    let bytes = 0
    for (const group of groups) {
      const fits = bytes + group.bytes.length <= this.#segmentBytesMax || records.length === 0
      if (group.important !== first.important || group.origin !== first.origin || !fits) break
      const record = encodeGroupRecord(group)
      records.push(record)
      bytes += record.length
    }
    const run = groups.slice(0, records.length)
    return {
      kind: first.important ? 'important' : 'ordinary',
      origin: first.origin,
      groups: run.length,
      spans: spansOf(run),
      bytes: Buffer.concat(records),
    }
  }

  /** Drops the oldest ordinary segments, then, for failures only, the oldest failures. */
  async #makeRoom({ kind, bytes }: Run): Promise<number> {
    let dropped = 0
    while (this.#bytes + bytes.length > this.#options.bytesMax) {
      const { important, ordinary } = this.#segments
      const victim = ordinary.shift() ?? (kind === 'important' ? important.shift() : undefined)
      if (victim === undefined) break
      await this.#closeWriterOf(victim)
      await this.#delete(victim)
      dropped += victim.spans
    }
    return dropped
  }

  async #write(run: Run): Promise<void> {
    const { segment, handle } = await this.#writerFor(run)
    const isNew = segment.bytes === 0
    const bytes = isNew ? Buffer.concat([encodeOriginRecord(run.origin), run.bytes]) : run.bytes
    try {
      await handle.appendFile(bytes)
    } catch (error) {
      // The rest of a torn record must not stand before the next one.
      delete this.#writers[run.kind]
      await handle.truncate(segment.bytes).catch(ignore)
      await handle.close().catch(ignore)
      if (isNew) await this.#forget(segment)
      throw error
    }
    segment.bytes += bytes.length
    segment.spans += run.spans
    this.#bytes += bytes.length
  }

  /** A file that nothing could be written to holds nothing to read. */
  async #forget(segment: Segment): Promise<void> {
    const kept = this.#segments[segment.important ? 'important' : 'ordinary']
    kept.splice(kept.indexOf(segment), 1)
    await this.#delete(segment)
  }

  async #writerFor({ kind, origin, bytes }: Run): Promise<Writer> {
    const current = this.#writers[kind]
    if (current !== undefined) {
      const hasRoom = current.segment.bytes + bytes.length <= this.#segmentBytesMax
      if (current.origin === origin && hasRoom) return current
      await this.#closeWriterOf(current.segment)
    }
    const path = await this.#folder.newPath(kind)
    const handle = await open(path, 'a', 0o600)
    const segment: Segment = {
      path,
      important: kind === 'important',
      bytes: 0,
      spans: 0,
      damaged: 0,
      unsettled: 0,
    }
    const writer = { segment, handle, origin }
    this.#writers[kind] = writer
    this.#segments[kind].push(segment)
    return writer
  }

  async #scan(segment: Segment): Promise<Scanned['groups']> {
    try {
      const bytes = await readFile(segment.path)
      // What stands beyond is torn, and was never counted.
      const whole = bytes.subarray(0, segment.bytes)
      const { groups, damaged } = scanSegment(whole, this.#options.origin)
      this.#damagedRecords += Math.max(damaged - segment.damaged, 0)
      return groups
    } catch {
      this.#damagedRecords += 1
      return []
    }
  }

  async #closeWriters(): Promise<void> {
    for (const writer of Object.values(this.#writers)) await this.#closeWriterOf(writer.segment)
  }

  async #closeWriterOf({ path, important }: Segment): Promise<void> {
    const kind = important ? 'important' : 'ordinary'
    const writer = this.#writers[kind]
    if (writer?.segment.path !== path) return
    delete this.#writers[kind]
    await writer.handle.close().catch(ignore)
  }

  async #delete(segment: Segment): Promise<void> {
    this.#bytes -= segment.bytes
    await rm(segment.path, { force: true }).catch(ignore)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(ignore)
    return done
  }

  #noteFailure(error: unknown): void {
    this.#restsUntilMs = performance.now() + REST_MS
    if (this.#hasFailed) return
    this.#hasFailed = true
    const { log, dir } = this.#options
    log.warn('the spool cannot be used; spans wait in memory', {
      dir,
      detail: String(error),
      hint: 'traffic is not affected; secondwind.telemetry.spool_dir must name a folder that can be written to, on a disk with room',
    })
  }

  #noteSuccess(): void {
    if (!this.#hasFailed) return
    this.#hasFailed = false
    this.#options.log.info('the spool can be used again', { dir: this.#options.dir })
  }
}

interface Run {
  readonly kind: Kind
  readonly origin: Origin
  readonly groups: number
  readonly spans: number
  readonly bytes: Buffer
}

function bytesOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0)
}

function spansOf(groups: readonly { readonly spans: number }[]): number {
  return groups.reduce((sum, { spans }) => sum + spans, 0)
}

/** Nothing follows from it: what could not be closed or deleted is found at the next start. */
function ignore(): void {
  // On purpose.
}
