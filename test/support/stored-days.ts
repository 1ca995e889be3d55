import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { openStore } from '../../analyzer/store/open-store.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { arrivalOf } from './arrivals.ts'
import { WIDE_LIMITS } from './open-test-store.ts'
import { buildSpan } from './otlp.ts'
import { temporaryFolder } from './temporary-folder.ts'

export const DAY_MS = 24 * 3_600_000

export interface StoredDays {
  readonly dataDir: string
  /** Four of one trace each day; the first day first. */
  readonly days: readonly (readonly Span[])[]
}

export interface DaysOptions {
  readonly days: number
  /** Of the last day. */
  readonly lastMs: number
  /** Packs all but the last day. */
  readonly packs: boolean
}

/** A data folder as an analyzer leaves it that took a few spans each day: one segment a day. */
export function storeDays({ days, lastMs, packs }: DaysOptions): StoredDays {
  const dataDir = temporaryFolder()
  writeFileSync(join(dataDir, 'salt'), Buffer.alloc(32, 7))
  let nowMs = lastMs
  const environment = { now: () => nowMs, log: () => undefined }
  const store = openStore({ path: dataDir, limits: WIDE_LIMITS }, environment)
  nowMs = lastMs - (days - 1) * DAY_MS
  const writer = store.openWriter()
  const stored = Array.from({ length: days }, (_, day) => {
    const spans = spansOfDay(day, nowMs)
    writer.append([arrivalOf(spans, { source: 'eu', receivedAtMs: nowMs })])
    nowMs += DAY_MS
    return spans
  })
  writer.close()
  const keeper = store.openKeeper()
  const now = { nowMs: lastMs, judgedUpTo: packs ? Infinity : 0 }
  while (keeper.tidy(WIDE_LIMITS, now).more);
  keeper.close()
  return { dataDir, days: stored }
}

function spansOfDay(day: number, atMs: number): readonly Span[] {
  return Array.from({ length: 4 }, (_, index) =>
    buildSpan({
      traceId: (day + 1).toString(16).padStart(32, '0'),
      spanId: (day * 4 + index + 1).toString(16).padStart(16, '0'),
      startTimeNs: BigInt(atMs) * 1_000_000n,
      endTimeNs: BigInt(atMs + 5) * 1_000_000n,
    }),
  )
}
