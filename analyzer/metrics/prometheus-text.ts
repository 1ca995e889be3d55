/**
 * Prometheus' text format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}

/** Label values in the order of the labels, and the number. */
export type Sample = readonly [values: readonly string[], value: number]

export interface HistogramData {
  readonly bounds: readonly number[]
  /** How many were at most the bound of the same index, and more than the one before. */
  readonly buckets: readonly number[]
  readonly count: number
  readonly sum: number
}

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** A family without samples is left out: what is not known is not 0. */
export function formatFamily(
  { name, help, labels }: MetricFamily,
  type: 'counter' | 'gauge',
  samples: readonly Sample[],
): readonly string[] {
  if (samples.length === 0) return []
  return [
    ...heading(name, help, type),
    ...samples.map(([values, value]) => formatSample(name, formatLabels(labels, values), value)),
  ]
}

/** One without labels. */
export function formatHistogram(
  { name, help }: Omit<MetricFamily, 'labels'>,
  { bounds, buckets, count, sum }: HistogramData,
): readonly string[] {
  const lines = heading(name, help, 'histogram')
  let below = 0
  for (const [index, bound] of bounds.entries()) {
    below += buckets[index] ?? 0
    lines.push(formatSample(`${name}_bucket`, `le="${bound}"`, below))
  }
  lines.push(
    formatSample(`${name}_bucket`, 'le="+Inf"', count),
    formatSample(`${name}_sum`, '', sum),
    formatSample(`${name}_count`, '', count),
  )
  return lines
}

export function formatLabels(names: readonly string[], values: readonly string[]): string {
  return names.map((name, index) => `${name}="${escapeLabel(values[index] ?? '')}"`).join(',')
}

function heading(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

function formatSample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
