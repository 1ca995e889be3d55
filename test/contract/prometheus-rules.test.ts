import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { EVERY_RULE } from '../../analyzer/rules/every-rule.ts'
import { REFUSAL_REASONS } from '../../analyzer/ingest/receive/receiver.ts'
import { findPromtool, NO_PROMTOOL } from '../support/find-promtool.ts'
import { FACTS, renderMetrics } from '../support/metric-facts.ts'
import { parsePrometheus } from '../support/parse-prometheus.ts'

interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

const RULES = 'examples/prometheus-rules.yaml'
const CASES = 'examples/prometheus-rules.test.yaml'

const document: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } = parse(
  readFileSync(RULES, 'utf8'),
)
const rules = document.groups.flatMap((group) => group.rules)
const alerts = rules.filter(({ alert }) => alert !== undefined)

/** What Prometheus adds to whatever it scrapes. */
const TARGET_LABELS = ['job', 'instance']

/** Labels of each metric that /metrics serves, and of each that these rules record. */
const labelsOf = new Map<string, ReadonlySet<string>>()
for (const { name, samples } of parsePrometheus(renderMetrics(FACTS)).values()) {
  const labels = Object.keys(samples[0]?.labels ?? {})
  labelsOf.set(name, new Set([...labels, ...TARGET_LABELS]))
}
for (const { record, labels = {} } of rules) {
  if (record === undefined) continue
  const level = (record.split(':')[0] ?? '').split('_')
  labelsOf.set(record, new Set([...level, ...Object.keys(labels)]))
}

/** Each selector of an expression: the metric, and its matchers as text. */
function selectorsOf(
  expr: string,
): readonly { readonly name: string; readonly matchers: string }[] {
  return [...expr.matchAll(/([a-z_:]*secondwind_[a-z0-9_:]+)(?:\{([^}]*)\})?/gu)].map(
    ([, name = '', matchers = '']) => ({ name, matchers }),
  )
}

/** `a="b", c=~"d|e"` as pairs of a label and a value. */
function pairsOf(matchers: string): readonly (readonly [string, string])[] {
  return [...matchers.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"([^"]*)"/gu)].flatMap(
    ([, label = '', values = '']) => values.split('|').map((value) => [label, value] as const),
  )
}

/** Closed lists: a value that is not in them is a misspelt one, and matches nothing for ever. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  result: ['rescued', 'failed', 'bypassed', 'unconfigured', 'disabled'],
  rule: EVERY_RULE.map(({ id }) => id),
  reason: REFUSAL_REASONS,
  window: ['5m', '30m', '1h', '2h', '6h', '1d', '3d'],
}

describe(RULES, () => {
  test.each(rules.map((rule) => [rule.alert ?? rule.record ?? '', rule] as const))(
    '%s names metrics and labels that are served',
    (_, { expr }) => {
      const selectors = selectorsOf(expr)
      expect(selectors).not.toEqual([])
      for (const { name, matchers } of selectors) {
        expect([...labelsOf.keys()]).toContain(name)
        for (const [label, value] of pairsOf(matchers)) {
          expect([...(labelsOf.get(name) ?? [])]).toContain(label)
          expect(VALUES[label]).toContain(value)
        }
      }
      const served = new Set(selectors.flatMap(({ name }) => [...(labelsOf.get(name) ?? [])]))
      for (const [, list = ''] of expr.matchAll(/\b(?:by|on|without) \(([^)]*)\)/gu)) {
        for (const label of list.split(', ')) expect([...served]).toContain(label)
      }
    },
  )

  test('each alert says how bad it is, for whom, and where it is written what to do', () => {
    for (const { alert, labels, annotations, expr } of alerts) {
      expect([alert, labels]).toEqual([
        alert,
        { severity: expect.stringMatching(/^(page|ticket)$/) },
      ])
      expect(Object.keys(annotations ?? {})).toEqual(['summary', 'description', 'runbook_url'])
      const [path = '', anchor = ''] = (annotations?.['runbook_url'] ?? '').split('#')
      expect([path, existsSync(path)]).toEqual([path, true])
      expect(['', ...anchorsOf(path)]).toContain(anchor)
      const used = Object.values(annotations ?? {}).join(' ')
      const served = new Set(
        selectorsOf(expr).flatMap(({ name }) => [...(labelsOf.get(name) ?? [])]),
      )
      for (const [, label = ''] of used.matchAll(/\$labels\.(\w+)/gu)) {
        expect([...served]).toContain(label)
      }
    }
  })

  test('each alert has a case in which it fires', () => {
    const cases = readFileSync(CASES, 'utf8')
    const fired = [...cases.matchAll(/alertname: (\w+)\n\s+exp_alerts:\n\s+- exp_labels/gu)]
    expect(new Set(fired.map(([, name]) => name))).toEqual(new Set(alerts.map((one) => one.alert)))
  })

  test('is accepted by promtool, where there is one', ({ skip }) => {
    const promtool = findPromtool()
    if (promtool === '') skip(NO_PROMTOOL)
    expect(run(promtool, ['check', 'rules', RULES])).toMatchObject({ status: 0 })
  })

  test(
    'does in promtool what its cases say, where there is one',
    { timeout: 120_000 },
    ({ skip }) => {
      const promtool = findPromtool()
      if (promtool === '') skip(NO_PROMTOOL)
      expect(run(promtool, ['test', 'rules', CASES])).toMatchObject({ status: 0 })
    },
  )
})

function anchorsOf(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gmu)].map(([, title = '']) =>
    title.toLowerCase().replaceAll(' ', '-'),
  )
}

function run(command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args)
  return { status, output: `${String(stdout)}${String(stderr)}` }
}
