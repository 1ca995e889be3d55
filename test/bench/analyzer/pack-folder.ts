import { openStore } from '../../../analyzer/store/open-store.ts'
import type { StorePart } from '../../../analyzer/store/store.ts'
import { showProgress } from '../report.ts'
import { placeOf } from './folder-writer.ts'

export interface PackedFolder {
  readonly seconds: number
  /** Those that are packed: the newest is still written to. */
  readonly spans: number
  readonly bytes: number
  /** What the same held before. */
  readonly bytesBefore: number
}

/** Has the keeper pack all that may be packed, as if everything were judged. */
export function packFolder(dataDir: string): PackedFolder {
  const place = placeOf(dataDir)
  const keeper = openStore(place, { now: Date.now, log: () => undefined }).openKeeper()
  const before = keeper.stats().parts
  const startedMs = performance.now()
  const now = { nowMs: Date.now(), judgedUpTo: Number.MAX_SAFE_INTEGER }
  for (let steps = 1; keeper.tidy(place.limits, now).more; steps += 1) {
    if (steps % STEPS_AT_ONCE === 0) showProgress(`packing: ${steps} steps`)
  }
  const seconds = (performance.now() - startedMs) / 1000
  const packed = keeper.stats().parts.filter(({ kind }) => kind === 'packed')
  keeper.close()
  return {
    seconds,
    spans: sum(packed, ({ spans }) => spans),
    bytes: sum(packed, ({ bytes }) => bytes),
    bytesBefore: sum(
      before.filter(({ kind }) => kind === 'sealed'),
      ({ bytes }) => bytes,
    ),
  }
}

const STEPS_AT_ONCE = 100

function sum(parts: readonly StorePart[], of: (part: StorePart) => number): number {
  return parts.reduce((total, part) => total + of(part), 0)
}
