import { statSync } from 'node:fs'
import { basename } from 'node:path'

import type { ReceivedSpell } from '../../retention-clock.ts'
import type { StorePart } from '../../store.ts'
import { isMissing } from '../files.ts'
import { readDatabase } from '../open-database.ts'
import { SEGMENT_MS_MAX } from '../segments/open-segment.ts'
import { toPosition } from '../segments/position.ts'
import type { SegmentCatalogue, SegmentFile } from '../segments/segment-catalogue.ts'
import { readContent, type PartContent } from './part-content.ts'

/** A segment as the keeper sees it. */
export interface Part extends StorePart {
  readonly file: SegmentFile
  /** Of its last chunk; 0 where there is none. */
  readonly rowMax: number
  /** False where it is damaged, or was begun a moment ago. */
  readonly isReadable: boolean
  /** What it holds will not grow. */
  readonly isSealed: boolean
}

/** The segments of a folder. What never changes of them is read once. */
export class PartFiles {
  readonly #catalogue: SegmentCatalogue
  readonly #known = new Map<string, PartContent>()

  constructor(catalogue: SegmentCatalogue) {
    this.#catalogue = catalogue
  }

  /**
   * The oldest first; only the last one may be open. Without what it holds this is cheap, however
   * fast it grows.
   */
  list({ countsLast }: { readonly countsLast: boolean }): readonly Part[] {
    const files = this.#catalogue.list()
    const paths = new Set(files.map(({ path }) => path))
    for (const path of this.#known.keys()) if (!paths.has(path)) this.#known.delete(path)
    const last = files.at(-1)
    return files.flatMap((file) => {
      const bytes = databaseBytes(file.path)
      if (bytes === undefined) return []
      const content = file !== last || countsLast ? this.#contentOf(file) : undefined
      const isOpen = file === last && file.kind === 'hot' && content?.isSealed !== true
      const kind = isOpen ? 'open' : file.kind === 'packed' ? 'packed' : 'sealed'
      return [toPart(file, { kind, bytes, content })]
    })
  }

  #contentOf(file: SegmentFile): PartContent | undefined {
    const known = this.#known.get(file.path)
    if (known?.isSealed === true) return known
    const content = read(file, known)
    if (content === undefined) this.#known.delete(file.path)
    else this.#known.set(file.path, content)
    return content
  }
}

/**
 * From when on all that was received is there, as far as its files tell; undefined where nothing
 * is. Of one that cannot be read this is not known, nor is what is in it.
 */
export function receivedFromMs(catalogue: SegmentCatalogue): number | undefined {
  const parts = new PartFiles(catalogue).list({ countsLast: true })
  return parts.find(({ isReadable }) => isReadable)?.createdMs
}

/** The position of the last chunk that can be read; 0 where nothing is. */
export function loggedUpTo(catalogue: SegmentCatalogue): number {
  const last = new PartFiles(catalogue)
    .list({ countsLast: true })
    .findLast(({ rowMax }) => rowMax > 0)
  return last === undefined ? 0 : toPosition({ segment: last.file.number, row: last.rowMax })
}

/**
 * When each part received its spans. One that was begun long before its first span came says only
 * that it does not live longer than a day once it has one.
 */
export function receivedSpells(catalogue: SegmentCatalogue): readonly ReceivedSpell[] {
  return new PartFiles(catalogue)
    .list({ countsLast: true })
    .filter(({ lastReceivedMs }) => lastReceivedMs > 0)
    .map(({ createdMs, lastReceivedMs: toMs }) => {
      const fromMs = Math.max(Math.min(createdMs, toMs), toMs - SEGMENT_MS_MAX)
      return { fromMs, toMs }
    })
}

interface Facts {
  readonly kind: Part['kind']
  readonly bytes: number
  readonly content: PartContent | undefined
}

function toPart(file: SegmentFile, { kind, bytes, content }: Facts): Part {
  return {
    file,
    name: basename(file.path),
    kind,
    bytes,
    spans: content?.spans ?? 0,
    createdMs: content?.createdMs ?? 0,
    lastReceivedMs: content?.lastReceivedMs ?? 0,
    rowMax: content?.rowMax ?? 0,
    isReadable: content !== undefined,
    isSealed: content?.isSealed ?? false,
  }
}

function read(file: SegmentFile, before: PartContent | undefined): PartContent | undefined {
  try {
    return readDatabase(file.path, (database) => readContent(database, file.kind, before))
  } catch {
    // Damaged, gone since the folder was listed, not begun: whoever asks is told that it is unread.
    return undefined
  }
}

/**
 * With its log; undefined where it is gone. What SQLite shares between processes beside them is
 * memory more than it is a file.
 */
export function databaseBytes(path: string): number | undefined {
  const bytes = fileBytes(path)
  return bytes === undefined ? undefined : bytes + (fileBytes(`${path}-wal`) ?? 0)
}

function fileBytes(path: string): number | undefined {
  try {
    return statSync(path).size
  } catch (error: unknown) {
    if (isMissing(error)) return undefined
    throw error
  }
}
