import { existsSync, statfsSync, statSync } from 'node:fs'

import type {
  SpanKeeper,
  SpanLimits,
  StorePart,
  StoreStats,
  TidyNow,
  TidyReport,
} from '../../store.ts'
import { syncFolder } from '../files.ts'
import { removeDatabaseFile, type SegmentCatalogue, type SegmentFile } from './segment-catalogue.ts'
import type { SegmentHandles } from './segment-handles.ts'

export interface SegmentKeeperOptions {
  readonly catalogue: SegmentCatalogue
  readonly handles: SegmentHandles
}

/** Drops whole files, the oldest first and never the one that is written. */
export class SegmentKeeper implements SpanKeeper {
  readonly #options: SegmentKeeperOptions

  constructor(options: SegmentKeeperOptions) {
    this.#options = options
  }

  tidy({ ageMsMax, bytesMax }: SpanLimits, { nowMs }: TidyNow): TidyReport {
    const files = this.#options.handles.list()
    const [oldest] = files
    if (oldest === undefined || files.length < 2) return { more: false, done: [] }
    const seal = this.#options.handles.sealOf(oldest)
    const isOld = seal !== undefined && seal.lastReceivedMs < nowMs - ageMsMax
    const bytes = files.reduce((sum, file) => sum + bytesOf(file), 0)
    if (!isOld && bytes <= bytesMax) return { more: false, done: [] }
    removeDatabaseFile(oldest.path)
    syncFolder(this.#options.catalogue.folder)
    return { more: true, done: [`${oldest.path} was dropped: ${isOld ? 'too old' : 'no room'}`] }
  }

  stats(): StoreStats {
    const { catalogue, handles } = this.#options
    const files = handles.list()
    const parts = files.flatMap((file) => this.#part(file, file === files.at(-1)))
    const { bavail, bsize } = statfsSync(catalogue.folder)
    return {
      bytes: files.reduce((sum, file) => sum + bytesOf(file), 0),
      spans: parts.reduce((sum, part) => sum + part.spans, 0),
      parts,
      damaged: handles.damaged(),
      freeBytes: bavail * bsize,
    }
  }

  close(): void {
    this.#options.handles.close()
  }

  #part(file: SegmentFile, isLast: boolean): readonly StorePart[] {
    const seal = this.#options.handles.sealOf(file)
    const kind = file.kind === 'packed' ? 'packed' : isLast ? 'open' : 'sealed'
    return [
      {
        name: file.path.slice(file.path.lastIndexOf('/') + 1),
        kind,
        bytes: bytesOf(file),
        spans: seal?.spans ?? 0,
        createdMs: 0,
        lastReceivedMs: seal?.lastReceivedMs ?? 0,
      },
    ]
  }
}

function bytesOf({ path }: SegmentFile): number {
  return [path, `${path}-wal`].reduce(
    (sum, each) => sum + (existsSync(each) ? statSync(each).size : 0),
    0,
  )
}
