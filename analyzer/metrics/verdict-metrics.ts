import { readMetric, type Metric } from './metric.ts'
import type { Sample } from './prometheus-text.ts'

/** What was judged: what the alerting rules of a fallback are written on. */
export const createVerdictMetrics = (): readonly Metric[] => [
  readMetric({
    name: 'secondwind_requests_total',
    help: 'Requests that were judged, by route, protocol and outcome.',
    type: 'counter',
    labels: ['source', 'route', 'api', 'outcome'],
    cap: { closed: ['api', 'outcome'], seriesMax: 2000 },
    read: ({ judged }) =>
      (judged?.tallies.requests ?? []).map((each): Sample => [
        [each.source, each.route, each.api, each.outcome],
        each.judged,
      ]),
  }),
  readMetric({
    name: 'secondwind_requests_withdrawn_total',
    help: 'Requests whose verdict a late span took back; they are judged again and count again.',
    type: 'counter',
    labels: ['source', 'outcome'],
    cap: { closed: ['outcome'], seriesMax: 300 },
    read: ({ judged }) =>
      (judged?.tallies.requests ?? []).map((each): Sample => [
        [each.source, each.outcome],
        each.withdrawn,
      ]),
  }),
  readMetric({
    name: 'secondwind_first_target_failures_total',
    help: 'Requests whose first target failed for good, by what became of them; eligible are rescued, failed and bypassed.',
    type: 'counter',
    labels: ['source', 'route', 'target', 'result'],
    cap: { closed: ['result'], seriesMax: 1200 },
    read: ({ judged }) =>
      (judged?.tallies.firstTargetFailures ?? []).map((each): Sample => [
        [each.source, each.route, each.target, each.result],
        each.judged,
      ]),
  }),
  readMetric({
    name: 'secondwind_findings_total',
    help: 'Findings by incident class, the attached ones too; one that many requests show counts once for each minute of a target.',
    type: 'counter',
    labels: ['rule', 'severity', 'confidence'],
    cap: { closed: ['rule', 'severity', 'confidence'], seriesMax: 150 },
    read: ({ judged }) =>
      (judged?.tallies.findings ?? []).map((each): Sample => [
        [each.rule, each.severity, each.confidence],
        each.judged,
      ]),
  }),
]
