import { setTimeout as sleep } from 'node:timers/promises'
import type { WireHealth } from '../../../analyzer/api/wire.ts'
import type { AnalyzerProcess } from './receiver.ts'

const LOOK_AGAIN_MS = 100
const WAIT_MS_MAX = 20_000

export async function askApi<T>({ pageUrl }: AnalyzerProcess, path: string): Promise<T> {
  const response = await fetch(`${pageUrl}/api/v1/${path}`)
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

/** A receiver that is fast because it loses spans is not fast. */
export async function expectStored(analyzer: AnalyzerProcess, acknowledged: number): Promise<void> {
  const untilMs = performance.now() + WAIT_MS_MAX
  let stored = 0
  while (performance.now() < untilMs) {
    stored = (await askApi<WireHealth>(analyzer, 'health')).spansStored
    if (stored === acknowledged) return
    await sleep(LOOK_AGAIN_MS)
  }
  throw new Error(`${acknowledged} spans were acknowledged, ${stored} are stored`)
}
