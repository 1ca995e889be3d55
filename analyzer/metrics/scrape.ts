import type { IntakeFacts } from '../api/intake-facts.ts'
import type { ApiAnswer, ApiQuery } from '../api/query.ts'
import type { JudgedFacts } from './judged-facts.ts'
import type { RenderMetrics } from './metrics.ts'

export interface ScrapeOptions {
  readonly render: RenderMetrics
  readonly ask: (query: ApiQuery) => Promise<ApiAnswer>
  readonly intake: () => IntakeFacts
  readonly now: () => number
}

/** Below a scraper's usual limit of ten seconds: what the main thread knows is told in time. */
const ASK_TIMEOUT_MS = 5000

/** Answers one scrape, also while the judging thread is too busy to say anything. */
export async function scrape({ render, ask, intake, now }: ScrapeOptions): Promise<string> {
  const judged = await askWithin(ask)
  return render({ intake: intake(), judged, nowMs: now() })
}

async function askWithin(ask: ScrapeOptions['ask']): Promise<JudgedFacts | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ASK_TIMEOUT_MS)
  })
  try {
    const answer = await Promise.race([ask({ kind: 'metrics' }), late])
    if (answer?.kind !== 'found') return undefined
    const facts: JudgedFacts = JSON.parse(answer.json)
    return facts
  } catch {
    // The store is in trouble, or the thread is gone: `secondwind_judging_up` says it.
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
