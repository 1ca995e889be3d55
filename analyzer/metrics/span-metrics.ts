import { readMetric, type Metric } from './metric.ts'
import type { Sample } from './prometheus-text.ts'

const SOURCES_MAX = 200

/** Who sends, and what became of it. */
export const createSpanMetrics = (): readonly Metric[] => [
  readMetric({
    name: 'secondwind_spans_total',
    help: 'Spans that arrived, by what became of them; those that were shed come again.',
    type: 'counter',
    labels: ['source', 'result'],
    cap: { closed: ['result'], seriesMax: 4 * SOURCES_MAX },
    read: ({ judged }) =>
      (judged?.spans ?? []).map(({ source, result, count }): Sample => [[source, result], count]),
  }),
  readMetric({
    name: 'secondwind_spans_rejected_total',
    help: 'Spans that were refused for good, by reason.',
    type: 'counter',
    labels: ['reason'],
    read: ({ judged }) =>
      (judged?.rejected ?? []).map(({ reason, count }): Sample => [[reason], count]),
  }),
  readMetric({
    name: 'secondwind_spans_unrecognised_total',
    help: 'Spans of traces in which no dialect knows a span.',
    type: 'counter',
    labels: [],
    read: ({ judged }) => (judged === undefined ? [] : [[[], judged.unrecognised]]),
  }),
  readMetric({
    name: 'secondwind_spans_without_request_total',
    help: 'Spans of traces that a dialect knows and that hold no request.',
    type: 'counter',
    labels: [],
    read: ({ judged }) => (judged === undefined ? [] : [[[], judged.withoutRequest]]),
  }),
  readMetric({
    name: 'secondwind_last_span_timestamp_seconds',
    help: 'When the last span of a source arrived.',
    type: 'gauge',
    labels: ['source'],
    cap: { closed: [], seriesMax: SOURCES_MAX },
    read: ({ judged }) =>
      (judged?.lastReceivedMs ?? []).map(({ source, atMs }): Sample => [[source], atMs / 1000]),
  }),
  readMetric({
    name: 'secondwind_source_configured',
    help: '1 for each source of the configuration, whether or not anything ever came from it.',
    type: 'gauge',
    labels: ['source'],
    read: ({ intake }) =>
      intake.sources.slice(0, SOURCES_MAX).map((source): Sample => [[source], 1]),
  }),
]
