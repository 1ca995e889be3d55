import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { showProgress } from '../report.ts'
import type { AnalyzerProcess } from './receiver.ts'
import { askApi } from './stored.ts'

const LOOK_AGAIN_MS = 250
/** Seen so often in a row: between two of its turns nothing may seem to wait. */
const QUIET_LOOKS = 3
/** A machine that judges or packs fewer is not one to measure on. */
const SPANS_PER_S_MIN = 2000
const WAIT_MS_MIN = 120_000

export interface Judged {
  readonly spansPerS: number
  /** Traces that still waited when the time was over. */
  readonly left: number
}

/** Waits for all that was on disk when the analyzer started; how fast that was. */
export async function waitUntilJudged(analyzer: AnalyzerProcess, spans: number): Promise<Judged> {
  const startedMs = performance.now()
  const untilMs = startedMs + waitMsOf(spans)
  let doneMs = startedMs
  let left = 0
  for (let quiet = 0; quiet < QUIET_LOOKS && performance.now() < untilMs;) {
    left = (await askApi<WireHealth>(analyzer, 'health')).requestsPending
    showProgress(`judging: ${left} traces wait`)
    if (quiet === 0 || left > 0) doneMs = performance.now()
    quiet = left > 0 ? 0 : quiet + 1
    await sleep(LOOK_AGAIN_MS)
  }
  return { spansPerS: (spans * 1000) / (doneMs - startedMs), left }
}

/** Waits until all segments but the one that is written to are packed; false: they are not. */
export async function waitUntilPacked(dataDir: string, spans: number): Promise<boolean> {
  const untilMs = performance.now() + waitMsOf(spans)
  const folder = join(dataDir, 'segments')
  while (performance.now() < untilMs) {
    const names = existsSync(folder) ? readdirSync(folder) : []
    const hot = names.filter((name) => name.endsWith('.hot.db')).length
    if (hot <= 1) return true
    showProgress(`packing: ${hot - 1} files wait`)
    await sleep(LOOK_AGAIN_MS)
  }
  return false
}

function waitMsOf(spans: number): number {
  return WAIT_MS_MIN + (spans / SPANS_PER_S_MIN) * 1000
}
