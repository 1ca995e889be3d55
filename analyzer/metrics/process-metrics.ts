import { readMetric, single, type Metric } from './metric.ts'

export interface ProcessFacts {
  readonly version: string
  readonly startedAtMs: number
}

export const createProcessMetrics = ({ version, startedAtMs }: ProcessFacts): readonly Metric[] => [
  readMetric({
    name: 'secondwind_build_info',
    help: 'Which release runs.',
    type: 'gauge',
    labels: ['version', 'node'],
    read: () => [[[version, process.version], 1]],
  }),
  readMetric({
    name: 'process_start_time_seconds',
    help: 'When the process started.',
    type: 'gauge',
    labels: [],
    read: () => single(startedAtMs / 1000),
  }),
  readMetric({
    name: 'process_resident_memory_bytes',
    help: 'Memory of the process.',
    type: 'gauge',
    labels: [],
    read: () => single(process.memoryUsage.rss()),
  }),
  readMetric({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process.',
    type: 'counter',
    labels: [],
    read: () => {
      const { user, system } = process.cpuUsage()
      return single((user + system) / 1e6)
    },
  }),
]
