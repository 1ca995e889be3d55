/**
 * Prometheus' text format, version 0.0.4, and the few kinds of metric that are written in it
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
export interface Metric {
  /** Its lines, `# HELP` and `# TYPE` first. */
  render(): readonly string[]
}

export interface MetricOptions {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /**
   * Labels whose values are a closed list. The others come from configurations and clients: beyond
   * `SERIES_MAX` series they are all called `__other__`.
   */
  readonly closed?: readonly string[]
}

/** Of one metric: a scrape stays below 1 MB, whatever route names clients make up. */
const SERIES_MAX = 500
const OTHER = '__other__'
const LABEL_CHARS_MAX = 128

/** One number per combination of label values, in the order in which they were first seen. */
class Series<T> {
  readonly #labels: readonly string[]
  readonly #isClosed: readonly boolean[]
  readonly #create: () => T
  readonly #byKey = new Map<string, { readonly labels: readonly string[]; readonly value: T }>()

  constructor({ labels, closed = [] }: MetricOptions, create: () => T) {
    this.#labels = labels
    this.#isClosed = labels.map((label) => closed.includes(label))
    this.#create = create
  }

  at(values: readonly string[]): T {
    const key = values.join('\u{0}')
    const known = this.#byKey.get(key)
    if (known !== undefined) return known.value
    if (this.#byKey.size >= SERIES_MAX && values.some((value, i) => this.#isOpen(value, i))) {
      return this.at(values.map((value, index) => (this.#isClosed[index] ? value : OTHER)))
    }
    const made = { labels: values, value: this.#create() }
    this.#byKey.set(key, made)
    return made.value
  }

  /** Each series' labels as they are written between the braces, and its value. */
  *entries(): IterableIterator<readonly [string, T]> {
    for (const { labels, value } of this.#byKey.values()) {
      yield [formatLabels(this.#labels, labels), value]
    }
  }

  #isOpen(value: string, index: number): boolean {
    return this.#isClosed[index] !== true && value !== OTHER
  }
}

/** A number that only grows. */
export class Counter implements Metric {
  readonly #options: MetricOptions
  readonly #series: Series<{ count: number }>

  constructor(options: MetricOptions) {
    this.#options = options
    this.#series = new Series(options, () => ({ count: 0 }))
  }

  /** `values` in the order of the labels. */
  add(values: readonly string[], count = 1): void {
    this.#series.at(values).count += count
  }

  render(): readonly string[] {
    const lines = heading(this.#options, 'counter')
    for (const [labels, { count }] of this.#series.entries()) {
      lines.push(sample(this.#options.name, labels, count))
    }
    return lines
  }
}

/** How often a value was at most so large. */
export class Histogram implements Metric {
  readonly #options: MetricOptions
  readonly #bounds: readonly number[]
  readonly #series: Series<{ readonly buckets: number[]; count: number; sum: number }>

  constructor(options: MetricOptions, bounds: readonly number[]) {
    this.#options = options
    this.#bounds = bounds
    this.#series = new Series(options, () => ({ buckets: bounds.map(() => 0), count: 0, sum: 0 }))
  }

  observe(values: readonly string[], value: number): void {
    const series = this.#series.at(values)
    series.count += 1
    series.sum += value
    const index = this.#bounds.findIndex((bound) => value <= bound)
    if (index !== -1) series.buckets[index] = (series.buckets[index] ?? 0) + 1
  }

  render(): readonly string[] {
    const { name } = this.#options
    const lines = heading(this.#options, 'histogram')
    for (const [labels, { buckets, count, sum }] of this.#series.entries()) {
      const withBound = (bound: string) => `${labels === '' ? '' : `${labels},`}le="${bound}"`
      let below = 0
      for (const [index, bound] of this.#bounds.entries()) {
        below += buckets[index] ?? 0
        lines.push(sample(`${name}_bucket`, withBound(String(bound)), below))
      }
      lines.push(sample(`${name}_bucket`, withBound('+Inf'), count))
      lines.push(sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, count))
    }
    return lines
  }
}

export interface ReadOptions extends MetricOptions {
  readonly type: 'counter' | 'gauge'
  /** Label values and number of each series, read when somebody asks. */
  readonly read: () => Iterable<readonly [readonly string[], number]>
}

/** What others count: read at each scrape. */
export function readMetric(options: ReadOptions): Metric {
  return {
    render() {
      const lines = heading(options, options.type)
      for (const [values, value] of options.read()) {
        lines.push(sample(options.name, formatLabels(options.labels, values), value))
      }
      return lines
    },
  }
}

function heading({ name, help }: MetricOptions, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

function sample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`
}

function formatLabels(names: readonly string[], values: readonly string[]): string {
  return names.map((name, index) => `${name}="${escapeLabel(values[index] ?? '')}"`).join(',')
}

function escapeLabel(value: string): string {
  return value
    .slice(0, LABEL_CHARS_MAX)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
}
