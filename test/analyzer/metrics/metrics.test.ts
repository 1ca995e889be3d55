import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import type { JudgedFacts } from '../../../analyzer/metrics/judged-facts.ts'
import { createMetrics } from '../../../analyzer/metrics/metrics.ts'
import { findPromtool, NO_PROMTOOL } from '../../support/find-promtool.ts'
import { FACTS, JUDGED, NOW_MS, renderMetrics } from '../../support/metric-facts.ts'
import { parsePrometheus, type Family } from '../../support/parse-prometheus.ts'

/** Invariants I9 and I11: what senders make up neither grows nor breaks what others scrape. */

const samplesOf = (families: ReadonlyMap<string, Family>, name: string) =>
  (families.get(`secondwind_${name}`)?.samples ?? []).map(({ labels, value }) => [
    ...Object.values(labels),
    value,
  ])

/** Every character of it needs escaping, or two bytes and more. */
function hostileName(index: number): string {
  return `${'\\"\n'.repeat(40)}\u{1f600}${index}`.slice(-90)
}

function labelsOf({ samples }: Family): string {
  const names = Object.keys(samples[0]?.labels ?? {}).filter((name) => name !== 'le')
  return names.map((name) => `\`${name}\``).join(', ')
}

describe('/metrics of the analyzer', () => {
  test('tells requests, first targets, findings and spans as the alerting rules name them', () => {
    const families = parsePrometheus(renderMetrics(FACTS))
    expect(samplesOf(families, 'requests_total')).toEqual([
      ['litellm', 'gpt-4o', 'chat', 'rescued', 7],
    ])
    expect(samplesOf(families, 'requests_withdrawn_total')).toEqual([['litellm', 'rescued', 2]])
    expect(samplesOf(families, 'first_target_failures_total')).toEqual([
      ['litellm', 'gpt-4o', 'azure/gpt-4o', 'bypassed', 3],
    ])
    expect(samplesOf(families, 'findings_total')).toEqual([
      ['prefill-rejected', 'high', 'certain', 4],
    ])
    expect(samplesOf(families, 'spans_total')).toEqual([
      ['litellm', 'stored', 90],
      ['litellm', 'duplicate', 4],
    ])
    expect(samplesOf(families, 'last_span_timestamp_seconds')).toEqual([
      ['litellm', (NOW_MS - 1500) / 1000],
    ])
    expect(samplesOf(families, 'source_configured')).toEqual([
      ['litellm', 1],
      ['silent', 1],
    ])
  })

  test('tells the queue, the disk, the commits and how far judging is', () => {
    const families = parsePrometheus(renderMetrics(FACTS))
    const singles = [
      ['intake_queue_bytes', 2048],
      ['intake_queue_limit_bytes', 4096],
      ['intake_shedding', 1],
      ['commits_failed_total', 1],
      ['judging_up', 1],
      ['judging_lag_seconds', 2.5],
      ['judging_spans_behind', 12],
      ['judging_paused', 0],
      ['traces_pending', 5],
      ['store_failing', 0],
      ['store_bytes', 10],
      ['disk_free_bytes', 20],
      ['disk_size_bytes', 30],
      ['store_limit_bytes', 40],
      ['store_packed_ratio', 0.75],
      ['store_damaged_files', 1],
      ['store_set_aside_bytes', 60],
      ['keeping_failing', 0],
    ] as const
    for (const [name, value] of singles) {
      expect([name, samplesOf(families, name)]).toEqual([name, [[value]]])
    }
    expect(samplesOf(families, 'store_segments')).toEqual([
      ['open', 1],
      ['packed', 3],
    ])
    expect(samplesOf(families, 'commit_duration_seconds').slice(-3)).toEqual([
      ['+Inf', 4],
      [9.5],
      [4],
    ])
  })

  test('what is not known is absent, never 0', () => {
    const intake = { ...FACTS.intake, disk: undefined }
    const families = parsePrometheus(renderMetrics({ ...FACTS, intake, judged: undefined }))
    for (const name of ['requests_total', 'judging_lag_seconds', 'disk_free_bytes']) {
      expect([name, families.has(`secondwind_${name}`)]).toEqual([name, false])
    }
    expect(samplesOf(families, 'judging_up')).toEqual([[0]])
    expect(samplesOf(families, 'store_limit_bytes')).toEqual([[40]])
  })

  test('stays below 5,000 series and 1 MB, whatever senders make up, and counts them all', () => {
    const names = Array.from({ length: 6000 }, (_, index) => hostileName(index))
    const tally = { judged: 1, withdrawn: 1 }
    const judged: JudgedFacts = {
      ...JUDGED,
      tallies: {
        requests: names.map((name) => ({
          source: name,
          route: name,
          api: 'chat',
          outcome: 'ok',
          ...tally,
        })),
        firstTargetFailures: names.map((name) => ({
          source: name,
          route: name,
          target: name,
          result: 'failed',
          ...tally,
        })),
        findings: [],
      },
      spans: names.map((source) => ({ source, result: 'stored', count: 1 })),
      lastReceivedMs: names.map((source) => ({ source, atMs: 1000 })),
    }
    const text = renderMetrics({ ...FACTS, judged })
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000)
    const families = parsePrometheus(text)
    const series = [...families.values()].reduce((sum, { samples }) => sum + samples.length, 0)
    expect(series).toBeLessThan(5000)
    for (const name of ['requests_total', 'first_target_failures_total', 'spans_total']) {
      const samples = families.get(`secondwind_${name}`)?.samples ?? []
      expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(6000)
      expect(samples.some(({ labels }) => labels['source'] === '__other__')).toBe(true)
      const sources = new Set(samples.map(({ labels }) => labels['source']))
      expect(sources.size).toBeLessThanOrEqual(201)
    }
  })

  test('a series keeps its name when others come, for a counter must not fall', () => {
    const renderAgain = createMetrics({ version: '1', startedAtMs: 0 })
    const spansOf = (names: readonly string[]) => {
      const spans = names.map((source) => ({ source, result: 'stored', count: 1 }) as const)
      const text = renderAgain({ ...FACTS, judged: { ...JUDGED, spans } })
      return samplesOf(parsePrometheus(text), 'spans_total')
    }
    const first = Array.from({ length: 200 }, (_, index) => `router-${index}`)
    spansOf(first)
    const later = spansOf(['a-new-one', ...first])
    expect(later).toContainEqual(['router-199', 'stored', 1])
    expect(later).toContainEqual(['__other__', 'stored', 1])
  })

  test('is what docs/metrics.md lists: name, type, labels and meaning', () => {
    const families = parsePrometheus(renderMetrics(FACTS))
    const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
    const [, , ofAnalyzer = ''] = page.split(/^## /mu)
    const listed = ofAnalyzer.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$/gm)
    expect([...listed].map(([, ...cells]) => cells)).toEqual(
      [...families.values()].map((each) => [each.name, each.type, labelsOf(each), each.help]),
    )
  })

  test('is accepted by promtool, where there is one', ({ skip }) => {
    const promtool = findPromtool()
    if (promtool === '') skip(NO_PROMTOOL)
    const checked = spawnSync(promtool, ['check', 'metrics'], { input: renderMetrics(FACTS) })
    expect(String(checked.stderr) + String(checked.stdout)).toBe('')
  })
})
