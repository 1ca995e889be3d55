import { existsSync, rmSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'

import type {
  SpanKeeper,
  SpanLimits,
  StorePart,
  StoreStats,
  TidyNow,
  TidyReport,
} from '../../store.ts'
import { messageOf } from '../../../message-of.ts'
import { keepReserve } from '../disk-reserve.ts'
import { syncFolder } from '../files.ts'
import { packSegment } from '../packing/pack-segment.ts'
import { removeDatabaseFile, type SegmentCatalogue } from '../segments/segment-catalogue.ts'
import { readSegmentHeader } from '../segments/segment-header.ts'
import { countUnjudged, isJudged } from './count-unjudged.ts'
import { leftoversIn } from './leftovers.ts'
import { databaseBytes, PartFiles, type Part } from './part-files.ts'
import { nextDrop } from './retention.ts'
import {
  holdsSpans,
  setAsideFiles,
  sumBytes,
  toSetAsideFile,
  type PlacedFile,
} from './set-aside-files.ts'

/** One step: neither a commit nor a read that shares the machine should notice it. */
const STEP_MS = 20

/** After a segment could not be packed: by then the disk may have room, or have been mended. */
const RETRY_MS = 10 * 60_000

/** Stays free while a segment is packed: spans that come meanwhile have the better right. */
const RESERVE_BYTES = 64 * 1024 * 1024

export interface SegmentKeeperOptions {
  readonly catalogue: SegmentCatalogue
  /** For tests: of a steady clock, and of the disk. */
  readonly elapsedMs?: () => number
  readonly freeBytes?: () => number
}

interface Packing {
  readonly part: Part
  readonly packedFile: string
  readonly steps: Generator<unknown, boolean>
}

/**
 * Drops whole segments that are beyond the limits, and packs those that are judged. All that it
 * knows stands in the files: it can be stopped at any moment, and begun again.
 */
export class SegmentKeeper implements SpanKeeper {
  readonly #catalogue: SegmentCatalogue
  readonly #parts: PartFiles
  readonly #elapsedMs: () => number
  readonly #freeBytes: () => number
  /** Those that could not be packed, and when they may be tried again. */
  readonly #retryAtMs = new Map<string, number>()
  #packing: Packing | undefined
  #judgedUpTo = 0

  constructor({ catalogue, elapsedMs, freeBytes }: SegmentKeeperOptions) {
    this.#catalogue = catalogue
    this.#parts = new PartFiles(catalogue)
    this.#elapsedMs = elapsedMs ?? (() => performance.now())
    this.#freeBytes = freeBytes ?? (() => freeBytesOf(dirname(catalogue.folder)))
  }

  tidy(limits: SpanLimits, { nowMs, judgedUpTo }: TidyNow): TidyReport {
    this.#judgedUpTo = judgedUpTo
    if (this.#packing !== undefined) return this.#packOn(this.#packing, nowMs)
    const leftovers = this.#removeLeftovers()
    if (leftovers.length > 0) return { ...MORE, done: leftovers }
    const aside = setAsideFiles(this.#catalogue.folder).filter(holdsSpans)
    const tooOld = aside.filter(({ atMs }) => atMs < nowMs - limits.ageMsMax)
    if (tooOld.length > 0) return this.#removeSetAside(tooOld)
    const parts = this.#parts.list({ countsLast: false })
    const asideBytes = sumBytes(aside)
    const why = nextDrop({ parts, asideBytes }, limits, nowMs)
    const [oldest] = parts
    if (why !== undefined && oldest !== undefined) {
      return this.#drop(oldest, reasonOf(why, asideBytes))
    }
    const next = parts.find((part) => this.#mayPack(part, nowMs))
    if (next !== undefined) return this.#beginPacking(next, nowMs)
    keepReserve(dirname(this.#catalogue.folder))
    return NOTHING_DONE
  }

  stats(): StoreStats {
    const parts = this.#parts.list({ countsLast: true })
    const unread = parts.filter(
      ({ isReadable, kind, file }) => !isReadable && (kind !== 'open' || isBegun(file.path)),
    )
    const aside = setAsideFiles(this.#catalogue.folder)
    return {
      bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
      spans: parts.reduce((sum, part) => sum + part.spans, 0),
      parts: parts.map(toStorePart),
      damaged: [...unread, ...aside].map(({ name }) => name),
      setAside: aside.map(toSetAsideFile),
      freeBytes: this.#freeBytes(),
    }
  }

  close(): void {
    this.#packing?.steps.return(false)
    this.#packing = undefined
  }

  #removeLeftovers(): readonly string[] {
    const { folder } = this.#catalogue
    return leftoversIn(folder).map((name) => {
      rmSync(join(folder, name), { force: true })
      return `${name} was removed: a crash had left it`
    })
  }

  #removeSetAside(files: readonly PlacedFile[]): TidyReport {
    const done = files.map(({ name, path, bytes }) => {
      removeDatabaseFile(path)
      return `${name} was removed with ${bytes} bytes: it was damaged, and set aside for longer than spans are kept`
    })
    return { ...MORE, done }
  }

  /** What nobody has judged is lost to every count: that is trouble, whatever the limits say. */
  #drop(part: Part, reason: string): TidyReport {
    const { name, file, spans } = part
    const unjudged = countUnjudged(part, this.#judgedUpTo)
    removeDatabaseFile(file.path)
    syncFolder(this.#catalogue.folder)
    if (unjudged === 0) {
      return { ...MORE, done: [`${name} was dropped with ${spans} spans: ${reason}`] }
    }
    const lost = `of which ${unjudged} were not judged yet`
    return { ...MORE, failed: [`${name} was dropped with ${spans} spans, ${lost}: ${reason}`] }
  }

  /** Nobody writes it any more, and the judge will not come back to it. */
  #mayPack(part: Part, nowMs: number): boolean {
    if (part.kind !== 'sealed' || !part.isSealed || !isJudged(part, this.#judgedUpTo)) return false
    const retryAtMs = this.#retryAtMs.get(part.name) ?? 0
    // Also where the clock was put back.
    return nowMs >= retryAtMs || nowMs < retryAtMs - RETRY_MS
  }

  #beginPacking(part: Part, nowMs: number): TidyReport {
    if (this.#freeBytes() < part.bytes + RESERVE_BYTES) {
      return this.#giveUp(part, { nowMs, why: 'the disk has no room for the packed one beside it' })
    }
    const packedFile = this.#catalogue.packedPath(part.file.number)
    const steps = packSegment({
      hotFile: part.file.path,
      packedFile,
      mayReplace: () => existsSync(part.file.path) && isJudged(part, this.#judgedUpTo),
    })
    this.#packing = { part, packedFile, steps }
    return MORE
  }

  #packOn({ part, packedFile, steps }: Packing, nowMs: number): TidyReport {
    const untilMs = this.#elapsedMs() + STEP_MS
    try {
      let step = steps.next()
      while (step.done !== true && this.#elapsedMs() < untilMs) step = steps.next()
      if (step.done !== true) return MORE
      this.#packing = undefined
      if (!step.value) return MORE
      const bytes = databaseBytes(packedFile) ?? 0
      return { ...MORE, done: [`${part.name} was packed: ${part.bytes} bytes are now ${bytes}`] }
    } catch (error: unknown) {
      this.#packing = undefined
      const why = messageOf(error)
      return this.#giveUp(part, { nowMs, why })
    }
  }

  #giveUp({ name }: Part, { nowMs, why }: { nowMs: number; why: string }): TidyReport {
    this.#retryAtMs.set(name, nowMs + RETRY_MS)
    return { ...MORE, failed: [`${name} was not packed: ${why}`] }
  }
}

const NOTHING_DONE: TidyReport = { more: false, done: [], failed: [] }
const MORE: TidyReport = { ...NOTHING_DONE, more: true }

/** What is set aside may be why there is no room: then it is named. */
function reasonOf(why: 'age' | 'size', asideBytes: number): string {
  if (why === 'age') return 'its spans are older than spans are kept'
  const size = 'to keep to the size'
  return asideBytes === 0
    ? size
    : `${size}, of which damaged files set aside take ${asideBytes} bytes`
}

function toStorePart(part: Part): StorePart {
  const { name, kind, bytes, spans, createdMs, lastReceivedMs } = part
  return { name, kind, bytes, spans, createdMs, lastReceivedMs }
}

/** One of which nothing is there yet cannot be read either, and is not damaged. */
function isBegun(path: string): boolean {
  if (!existsSync(path)) return false
  const header = readSegmentHeader(path)
  return header.kind === 'damaged' || (header.kind === 'database' && header.version > 0)
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
