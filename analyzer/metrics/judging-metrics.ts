import { readMetric, single, type Metric } from './metric.ts'

/** Whether judging keeps up with what is stored. */
export const createJudgingMetrics = (): readonly Metric[] => [
  readMetric({
    name: 'secondwind_judging_up',
    help: '1 where the judging thread answered this scrape; where not, what it knows is left out.',
    type: 'gauge',
    labels: [],
    read: ({ judged }) => single(judged === undefined ? 0 : 1),
  }),
  readMetric({
    name: 'secondwind_judging_lag_seconds',
    help: 'For how long the oldest settled trace has waited to be judged.',
    type: 'gauge',
    labels: [],
    read: ({ judged, nowMs }) => {
      if (judged === undefined) return []
      const { overdueSinceMs } = judged.lag
      return single(overdueSinceMs === undefined ? 0 : Math.max(0, nowMs - overdueSinceMs) / 1000)
    },
  }),
  readMetric({
    name: 'secondwind_judging_spans_behind',
    help: 'Spans that are stored and part of no verdict yet; most of them wait for their trace to settle.',
    type: 'gauge',
    labels: [],
    read: ({ judged }) => single(judged?.lag.spans),
  }),
  readMetric({
    name: 'secondwind_judging_paused',
    help: '1 while nothing can be judged: the disk is full or a file is locked.',
    type: 'gauge',
    labels: [],
    read: ({ judged }) =>
      judged === undefined ? [] : single(judged.pausedSinceMs === undefined ? 0 : 1),
  }),
  readMetric({
    name: 'secondwind_traces_pending',
    help: 'Traces that have spans which no verdict knows of.',
    type: 'gauge',
    labels: [],
    read: ({ judged }) => single(judged?.tracesPending),
  }),
]
