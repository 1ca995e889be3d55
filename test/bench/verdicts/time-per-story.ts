import { judge } from '../../../analyzer/rules/judge.ts'
import { assembleStories } from '../../../analyzer/story/assemble.ts'
import { parseRouterConfig } from '../../../analyzer/story/router-config.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import type { Recording } from '../../support/litellm-recordings.ts'
import { median } from '../report.ts'

export interface TimePerStory {
  /** To tell and to judge it, from decoded spans. */
  readonly oursUs: number
  /** `JSON.parse` of the same spans as text: what merely looking at them costs. */
  readonly parsedUs: number
}

/**
 * CPU time, which other programs on the machine change little: the median of so many rounds over
 * all of them, after one that warms up.
 */
export function timePerStory(recordings: readonly Recording[], rounds: number): TimePerStory {
  const worlds = recordings.map(({ id, spans, config }) => ({
    source: id,
    spans,
    routerConfig: parseRouterConfig(config),
  }))
  const texts = recordings.map(({ spans }) => JSON.stringify(spans, plain))
  let kept = 0
  const oursUs = roundUs(rounds, () => {
    for (const world of worlds) {
      for (const story of assembleStories(world)) kept += judge(story).length
    }
  })
  const parsedUs = roundUs(rounds, () => {
    for (const text of texts) kept += (JSON.parse(text) as readonly Span[]).length
  })
  if (kept === 0) throw new Error('nothing was told')
  return { oursUs: oursUs / recordings.length, parsedUs: parsedUs / recordings.length }
}

function roundUs(rounds: number, run: () => void): number {
  run()
  const tookUs = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    return user + system
  })
  return median(tookUs) ?? NaN
}

/** Spans as text: their times and maps are none of JSON's. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Map ? Object.fromEntries(value) : value
}
