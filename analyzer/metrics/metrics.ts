import { createIntakeMetrics } from './intake-metrics.ts'
import { createJudgingMetrics } from './judging-metrics.ts'
import type { MetricFacts } from './metric.ts'
import { createProcessMetrics, type ProcessFacts } from './process-metrics.ts'
import { createSpanMetrics } from './span-metrics.ts'
import { createPartMetrics, createStoreMetrics } from './store-metrics.ts'
import { createVerdictMetrics } from './verdict-metrics.ts'

export type RenderMetrics = (facts: MetricFacts) => string

/**
 * `/metrics` of the analyzer; `docs/metrics.md` lists what it says. Fewer than 5,000 series and
 * less than 1 MB, whatever names the routes have.
 */
export function createMetrics(options: ProcessFacts): RenderMetrics {
  const metrics = [
    ...createVerdictMetrics(),
    ...createSpanMetrics(),
    ...createIntakeMetrics(),
    ...createJudgingMetrics(),
    ...createStoreMetrics(),
    ...createPartMetrics(),
    ...createProcessMetrics(options),
  ]
  return (facts) => `${metrics.flatMap((metric) => metric.render(facts)).join('\n')}\n`
}
