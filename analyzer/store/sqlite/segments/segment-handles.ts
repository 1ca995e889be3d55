import { statSync } from 'node:fs'

import { AnalyzerError } from '../../../errors.ts'
import { isDamage, isGone, orDamaged } from '../open-database.ts'
import { BlockCache } from '../packing/block-cache.ts'
import { openPackedSegment } from '../packing/packed-segment.ts'
import type { SegmentCatalogue, SegmentFile } from './segment-catalogue.ts'
import { openHotSegment } from './hot-segment.ts'
import type { IdFilter } from './id-filter.ts'
import { isUnborn } from './segment-header.ts'
import type { Segment, SegmentSeal } from './segment.ts'
import type { TraceProbe } from './trace-probe.ts'

/** Open at one time; each has its descriptors and up to 2 MiB of pages. */
const OPEN_MAX = 32

/** Filters of sealed segments that are remembered: those of some 100 million spans. */
const FILTERS_BYTES_MAX = 64 * 1024 * 1024

export interface HandlesOptions {
  readonly catalogue: SegmentCatalogue
  /** Said once for each file. */
  readonly onDamaged: (path: string, error: unknown) => void
}

/**
 * Segments that are open for reading, and what is known of those that are not. Files come, are
 * replaced and go while it reads; what one of them suffers is no fault of the others.
 */
export class SegmentHandles {
  readonly #options: HandlesOptions
  /** By path; what was used least recently stands first. */
  readonly #open = new Map<string, Segment>()
  readonly #known = new Map<number, KnownSegment>()
  /** As far as it was known when the folder changed the last time: sealing one begins another. */
  readonly #unsealed = new Set<number>()
  readonly #damaged = new Set<string>()
  readonly #blocks = new BlockCache()
  #files: readonly SegmentFile[] = []
  #filterBytes = 0

  constructor(options: HandlesOptions) {
    this.#options = options
  }

  /** As they are now, the oldest first. */
  list(): readonly SegmentFile[] {
    const files = this.#options.catalogue.list()
    if (files !== this.#files) this.#takeOver(files)
    return files
  }

  /**
   * What `read` says of the segment; undefined where it is gone, damaged or not begun. What passes
   * (a full table of files, a lock) is thrown: it must not look as though nothing were there.
   */
  use<T>(file: SegmentFile, read: (segment: Segment) => T): T | undefined {
    try {
      const segment = this.#segment(file)
      return segment === undefined ? undefined : read(segment)
    } catch (error: unknown) {
      if (isDamage(error)) {
        this.#close(file.path)
        // Not given up for that: it was one page, and what is asked next may stand on another.
        this.tellDamage(file, error)
        return undefined
      }
      if (isGone(error, file.path)) {
        this.#close(file.path)
        return this.#useReplacement(file, read)
      }
      throw error
    }
  }

  /** Once for each file: whoever misses something must be able to learn why. */
  tellDamage({ path }: SegmentFile, error: unknown): void {
    if (this.#damaged.has(path)) return
    this.#damaged.add(path)
    this.#options.onDamaged(path, error)
  }

  /** What is known of a sealed segment, without opening it again. */
  sealOf(file: SegmentFile): SegmentSeal | undefined {
    return this.#know(file)?.seal
  }

  /** False only where the segment has nothing of the trace, as far as its filter tells. */
  mayHaveTrace(file: SegmentFile, trace: TraceProbe): boolean {
    const known = this.#know(file)
    return known?.traces === undefined || trace.isIn(known.traces, known.hashKey)
  }

  /** What could not be read, by path. */
  damaged(): readonly string[] {
    return [...this.#damaged]
  }

  close(): void {
    for (const path of this.#open.keys()) this.#close(path)
  }

  /** Packed or dropped a moment ago: the folder says which. */
  #useReplacement<T>(file: SegmentFile, read: (segment: Segment) => T): T | undefined {
    const now = this.list().find(({ number }) => number === file.number)
    return now === undefined || now.path === file.path ? undefined : this.use(now, read)
  }

  #segment(file: SegmentFile): Segment | undefined {
    const known = this.#open.get(file.path)
    this.#open.delete(file.path)
    const segment = known ?? openSegment(file, this.#blocks)
    if (segment === undefined) return undefined
    this.#open.set(file.path, segment)
    for (const path of this.#open.keys()) {
      if (this.#open.size <= OPEN_MAX) break
      this.#close(path)
    }
    return segment
  }

  #know(file: SegmentFile): KnownSegment | undefined {
    const known = this.#known.get(file.number)
    if (known !== undefined || this.#unsealed.has(file.number)) return known
    const learnt = this.use(file, (segment): KnownSegment | undefined => {
      const seal = segment.seal()
      if (seal === undefined) return undefined
      return { seal, hashKey: segment.hashKey, traces: segment.filter('traces') }
    })
    if (learnt === undefined) {
      this.#unsealed.add(file.number)
      return undefined
    }
    this.#known.set(file.number, learnt)
    this.#filterBytes += learnt.traces?.byteLength ?? 0
    for (const number of this.#known.keys()) {
      if (this.#filterBytes <= FILTERS_BYTES_MAX) break
      this.#forget(number)
    }
    return learnt
  }

  /** Of files that are not there any more nothing is held open: their space is free only then. */
  #takeOver(files: readonly SegmentFile[]): void {
    this.#files = files
    this.#unsealed.clear()
    const paths = new Set(files.map(({ path }) => path))
    for (const path of this.#open.keys()) if (!paths.has(path)) this.#close(path)
    for (const path of this.#damaged) if (!paths.has(path)) this.#damaged.delete(path)
    const numbers = new Set(files.map(({ number }) => number))
    for (const number of this.#known.keys()) if (!numbers.has(number)) this.#forget(number)
  }

  #forget(number: number): void {
    this.#filterBytes -= this.#known.get(number)?.traces?.byteLength ?? 0
    this.#known.delete(number)
  }

  #close(path: string): void {
    this.#open.get(path)?.close()
    this.#open.delete(path)
  }
}

interface KnownSegment {
  readonly seal: SegmentSeal
  readonly hashKey: Segment['hashKey']
  readonly traces: IdFilter | undefined
}

function openSegment({ number, kind, path }: SegmentFile, blocks: BlockCache): Segment | undefined {
  if (isUnborn(path)) {
    // What is packed was whole before it got its name.
    if (kind === 'packed') throw damaged(path)
    return undefined
  }
  // SQLite would remove a log that has nothing before it.
  if (statSync(path).size === 0) throw damaged(path)
  if (kind === 'packed') return orDamaged(path, () => openPackedSegment(path, { number, blocks }))
  const segment = openHotSegment(number, path)
  try {
    // A file that is replaced goes before its log: what was opened between the two lacks the log.
    statSync(path)
    return segment
  } catch (error: unknown) {
    segment?.close()
    throw error
  }
}

function damaged(path: string): AnalyzerError {
  return new AnalyzerError('ANALYZER_DATA_DAMAGED', {
    message: `${path} does not begin as a database does`,
    hint: 'Restore it from a backup; without it the others are read.',
  })
}
