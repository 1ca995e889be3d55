/** One metric family as a scraper sees it. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: readonly Sample[]
}

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^\n]*)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,(?=[^\n])|$)/

/**
 * Reads Prometheus' text format as strictly as it is defined, and refuses what `promtool check
 * metrics` does: samples outside of their family, a family or a series twice, counters without
 * `_total`, buckets that do not add up.
 */
export function parsePrometheus(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, Family & { readonly samples: Sample[] }>()
  const seen = new Set<string>()
  let current: (Family & { readonly samples: Sample[] }) | undefined
  let help: readonly string[] = []
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (kind === 'HELP') {
      help = [name, rest]
    } else if (kind === 'TYPE') {
      if (families.has(name)) throw new Error(`${name} comes twice`)
      if (!NAME.test(name) || help[0] !== name) throw new Error(`no HELP stands before: ${line}`)
      if (rest === 'counter' && !name.endsWith('_total')) throw new Error(`${name} is a counter`)
      current = { name, help: help[1] ?? '', type: rest, samples: [] }
      families.set(name, current)
    } else {
      const sample = parseSample(line)
      const key = `${sample.name} ${JSON.stringify(sample.labels)}`
      if (seen.has(key)) throw new Error(`a series comes twice: ${line}`)
      seen.add(key)
      const family =
        current?.type === 'histogram'
          ? sample.name.replace(/_(bucket|sum|count)$/, '')
          : sample.name
      if (current === undefined || family !== current.name) throw new Error(`out of place: ${line}`)
      current.samples.push(sample)
    }
  }
  for (const family of families.values()) if (family.type === 'histogram') checkBuckets(family)
  return families
}

function parseSample(line: string): Sample {
  const match = SAMPLE.exec(line)
  if (match === null) throw new Error(`no sample: ${line}`)
  const [, name = '', text = '', value = ''] = match
  const labels: Record<string, string> = {}
  let rest = text
  while (rest !== '') {
    const label = LABEL.exec(rest)
    if (label === null) throw new Error(`no label: ${rest}`)
    const [whole, key = '', escaped = ''] = label
    if (Object.hasOwn(labels, key)) throw new Error(`a label comes twice: ${line}`)
    labels[key] = escaped.replaceAll(/\\(["\\n])/g, (_, char: string) =>
      char === 'n' ? '\n' : char,
    )
    rest = rest.slice(whole.length)
  }
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) }
}

function checkBuckets({ name, samples }: Family): void {
  const bySeries = new Map<string, Sample[]>()
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels
    const key = JSON.stringify(labels)
    bySeries.set(key, [...(bySeries.get(key) ?? []), sample])
  }
  for (const [key, series] of bySeries) {
    const buckets = series.filter((sample) => sample.name === `${name}_bucket`)
    const counts = buckets.map(({ value }) => value)
    const count = series.find((sample) => sample.name === `${name}_count`)?.value
    const grows = counts.every((value, index) => index === 0 || value >= (counts[index - 1] ?? 0))
    if (!grows || buckets.at(-1)?.labels['le'] !== '+Inf' || counts.at(-1) !== count) {
      throw new Error(`the buckets of ${name} ${key} do not add up`)
    }
  }
}
