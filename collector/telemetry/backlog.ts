import type { SpanGroup } from './encode-export.ts'
import { type Entry, Lane, type SpooledEntry, type WaitingEntry } from './lane.ts'
import type { SpooledGroup } from './spool/spool.ts'

export interface BatchLimits {
  readonly spans: number
  readonly bytes: number
  readonly groups: number
}

/**
 * What waits to be sent, in its order: failures and rescues before the others; of the failures
 * those of the disk, which are older, first; of the others those of the disk last, for what is
 * happening now is worth more.
 */
export class Backlog {
  readonly #memory = { important: new Lane<WaitingEntry>(), ordinary: new Lane<WaitingEntry>() }
  /** Read back from disk, and still there. */
  readonly #disk = { important: new Lane<SpooledEntry>(), ordinary: new Lane<SpooledEntry>() }

  get memorySpans(): number {
    return this.#memory.important.spans + this.#memory.ordinary.spans
  }

  get isEmpty(): boolean {
    return this.memorySpans === 0 && this.#disk.important.isEmpty && this.#disk.ordinary.isEmpty
  }

  /** Whether groups of the disk are due, and none is here. */
  wants(kind: 'important' | 'ordinary', batchSpans: number): boolean {
    if (!this.#disk[kind].isEmpty) return false
    return kind === 'important' || this.memorySpans < batchSpans
  }

  add(group: SpanGroup): void {
    this.#memory[kindOf(group)].push({ where: 'memory', group })
  }

  addRead(groups: readonly SpooledGroup[]): void {
    for (const group of groups) this.#disk[kindOf(group)].push({ where: 'disk', group })
  }

  /** The next batch; at least one group, however large. */
  take(limits: BatchLimits): readonly Entry[] {
    const { important, ordinary } = this.#memory
    const batch: Entry[] = []
    let [spans, bytes] = [0, 0]
    for (const lane of [this.#disk.important, important, ordinary, this.#disk.ordinary]) {
      for (let next = lane.peek(); next !== undefined; next = lane.peek()) {
        const { group } = next
        const fits =
          spans + group.spans <= limits.spans &&
          bytes + group.bytes.length <= limits.bytes &&
          batch.length < limits.groups
        // No smaller one may overtake it: the order is a promise.
        if (batch.length > 0 && !fits) return batch
        lane.shift()
        batch.push(next)
        spans += group.spans
        bytes += group.bytes.length
      }
    }
    return batch
  }

  /** What goes to disk next, failures and rescues first; of a full disk they may be all. */
  takeForDisk(bytesMax: number, hasRoomFor: (important: boolean) => boolean): Entry[] {
    const entries: WaitingEntry[] = []
    let bytes = 0
    for (const kind of ['important', 'ordinary'] as const) {
      const lane = this.#memory[kind]
      while (bytes < bytesMax && hasRoomFor(kind === 'important')) {
        const entry = lane.shift()
        if (entry === undefined) break
        entries.push(entry)
        bytes += entry.group.bytes.length
      }
    }
    return entries
  }

  /** To the front, in their order. */
  putBack(entries: readonly Entry[]): void {
    for (const kind of ['important', 'ordinary'] as const) {
      const ofKind = entries.filter(({ group }) => kindOf(group) === kind)
      this.#memory[kind].unshift(ofKind.filter((entry) => entry.where === 'memory'))
      this.#disk[kind].unshift(ofKind.filter((entry) => entry.where === 'disk'))
    }
  }

  /** Behind the others of its lane: it must not hold them up. */
  defer(entry: Entry): void {
    const kind = kindOf(entry.group)
    if (entry.where === 'memory') this.#memory[kind].push(entry)
    else this.#disk[kind].push(entry)
  }

  /** Drops from memory until it fits: the oldest, for the newest tell what happens now. */
  makeRoom(spansMax: number, bytesMax: number): number {
    const { important, ordinary } = this.#memory
    let dropped = 0
    while (this.memorySpans > spansMax || important.bytes + ordinary.bytes > bytesMax) {
      const entry = ordinary.shift() ?? important.shift()
      if (entry === undefined) break
      dropped += entry.group.spans
    }
    return dropped
  }
}

function kindOf({ important }: SpanGroup): 'important' | 'ordinary' {
  return important ? 'important' : 'ordinary'
}
