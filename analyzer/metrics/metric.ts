import type { IntakeFacts } from '../api/intake-facts.ts'
import type { JudgedFacts } from './judged-facts.ts'
import { formatFamily, type MetricFamily, type Sample } from './prometheus-text.ts'
import { SeriesCap } from './series-cap.ts'

/** What a scrape is answered from. */
export interface MetricFacts {
  readonly intake: IntakeFacts
  /** Undefined where the judging thread did not answer: then what it knows is left out. */
  readonly judged: JudgedFacts | undefined
  readonly nowMs: number
}

export interface Metric {
  /** Its lines, `# HELP` and `# TYPE` first; none where nothing is known. */
  render(facts: MetricFacts): readonly string[]
}

export interface ReadMetric extends MetricFamily {
  readonly type: 'counter' | 'gauge'
  /** Who makes up its labels is not us. */
  readonly cap?: { readonly closed: readonly string[]; readonly seriesMax: number }
  readonly read: (facts: MetricFacts) => readonly Sample[]
}

/** A number that somebody else counts or measures, read at each scrape. */
export function readMetric({ type, cap, read, ...family }: ReadMetric): Metric {
  const series = cap === undefined ? undefined : new SeriesCap({ ...cap, labels: family.labels })
  return {
    render: (facts) => {
      const samples = read(facts)
      return formatFamily(family, type, series?.fold(samples) ?? samples)
    },
  }
}

/** One number without labels; undefined where it is not known. */
export function single(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [[[], value]]
}
