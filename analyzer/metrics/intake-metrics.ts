import { COMMIT_BOUNDS_S } from '../ingest/ingest-report.ts'
import { readMetric, single, type Metric } from './metric.ts'
import { formatHistogram, type Sample } from './prometheus-text.ts'

const COMMIT_DURATION = {
  name: 'secondwind_commit_duration_seconds',
  help: 'How long it took until a group of spans was on disk.',
}

/** The way in: what waits, what was refused, and how fast the disk takes it. */
export const createIntakeMetrics = (): readonly Metric[] => [
  readMetric({
    name: 'secondwind_exports_refused_total',
    help: 'Export requests that were refused, by reason; `slow`, `busy` and `unavailable` come again.',
    type: 'counter',
    labels: ['reason'],
    read: ({ intake }) =>
      [...intake.refusedTotals].map(([reason, count]): Sample => [[reason], count]),
  }),
  readMetric({
    name: 'secondwind_intake_connections',
    help: 'Connections of senders that are open.',
    type: 'gauge',
    labels: ['protocol'],
    read: ({ intake }) =>
      Object.entries(intake.connections).map(([name, { open }]): Sample => [[name], open]),
  }),
  readMetric({
    name: 'secondwind_intake_connections_refused_total',
    help: 'Connections of senders beyond the limit, closed as they came.',
    type: 'counter',
    labels: ['protocol'],
    read: ({ intake }) =>
      Object.entries(intake.connections).map(([name, { refused }]): Sample => [[name], refused]),
  }),
  readMetric({
    name: 'secondwind_intake_queue_bytes',
    help: 'Bytes of export requests that wait for their answer.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => single(intake.queue.bytes),
  }),
  readMetric({
    name: 'secondwind_intake_queue_limit_bytes',
    help: 'Bytes at which every export request is asked to come again.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => single(intake.queue.bytesMax),
  }),
  readMetric({
    name: 'secondwind_intake_shedding',
    help: '1 while export requests without failures are asked to come again.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => single(intake.queue.pressedSinceMs === undefined ? 0 : 1),
  }),
  {
    render: ({ intake }) => {
      const { buckets, count, sumSeconds } = intake.report.commits
      const data = { bounds: COMMIT_BOUNDS_S, buckets, count, sum: sumSeconds }
      return formatHistogram(COMMIT_DURATION, data)
    },
  },
  readMetric({
    name: 'secondwind_commits_failed_total',
    help: 'Groups of spans that could not be stored; their senders were asked to come again.',
    type: 'counter',
    labels: [],
    read: ({ intake }) => single(intake.report.commitsFailed),
  }),
]
