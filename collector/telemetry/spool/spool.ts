import type { SpanGroup } from '../encode-export.ts'
import type { Segment } from './segment.ts'

/** A group that was read back; the record it was read from is kept until it is settled. */
export interface SpooledGroup extends SpanGroup {
  readonly segment: Segment
}

export interface Appended {
  /** How many of the groups, from the first on, are on disk now. */
  readonly written: number
  /** Spans of older groups that had to go to make room. */
  readonly droppedSpans: number
}

export interface ReadBack {
  readonly groups: readonly SpooledGroup[]
  /** Spans that were written and can no longer be read. */
  readonly lostSpans: number
}

/**
 * Spans on disk, which outlive the process: failures and rescues in files of their own, so that
 * they are the last to be dropped and the first to be read. Nothing here throws or rejects: a disk
 * may fail in any way, and then memory has to do (I6).
 */
export interface Spool {
  /** Bytes on disk. */
  readonly bytes: number
  /** Damaged records that were skipped. */
  readonly damagedRecords: number
  /** False where it is full of what may not be dropped for these, and while a disk rests. */
  hasRoomFor(important: boolean): boolean
  /** Takes over what sidecars that are no more have left; resolves to the spans found. */
  adopt(): Promise<number>
  append(groups: readonly SpanGroup[]): Promise<Appended>
  /** The oldest groups that are not read yet, some at a time; `undefined` where there are none. */
  read(important: boolean): Promise<ReadBack | undefined>
  /** Sent, or dropped for good: a file whose groups are all settled is deleted. */
  settle(group: SpooledGroup): void
  /** Resolves when nothing is being written or deleted any more. */
  close(): Promise<void>
}
