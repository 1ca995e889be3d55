import type { PartTotals } from '../store/keeping-report.ts'
import { readMetric, single, type Metric, type MetricFacts } from './metric.ts'
import type { Sample } from './prometheus-text.ts'

/** Whether spans can be stored, and how long the disk lasts. */
export const createStoreMetrics = (): readonly Metric[] => [
  readMetric({
    name: 'secondwind_store_failing',
    help: '1 while no span can be stored.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => single(intake.report.failing === undefined ? 0 : 1),
  }),
  readMetric({
    name: 'secondwind_store_bytes',
    help: 'Disk that the data folder takes.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => single(intake.disk?.bytes),
  }),
  readMetric({
    name: 'secondwind_store_limit_bytes',
    help: 'Disk that spans may take; the oldest go first.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => single(intake.diskBytesMax),
  }),
  readMetric({
    name: 'secondwind_disk_free_bytes',
    help: 'What is left on the disk of the data folder.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => single(intake.disk?.freeBytes),
  }),
  readMetric({
    name: 'secondwind_disk_size_bytes',
    help: 'Size of the disk of the data folder.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => single(intake.disk?.totalBytes),
  }),
]

/** The parts that the store is made of: what is dropped as one. */
export const createPartMetrics = (): readonly Metric[] => [
  readMetric({
    name: 'secondwind_store_segments',
    help: 'Files of spans: the open one, those that wait to be packed, and packed ones.',
    type: 'gauge',
    labels: ['kind'],
    read: byKind(({ count }) => count),
  }),
  readMetric({
    name: 'secondwind_store_segment_bytes',
    help: 'Disk that files of spans take.',
    type: 'gauge',
    labels: ['kind'],
    read: byKind(({ bytes }) => bytes),
  }),
  readMetric({
    name: 'secondwind_store_spans',
    help: 'Spans that are there, by the kind of file that they are in.',
    type: 'gauge',
    labels: ['kind'],
    read: byKind(({ spans }) => spans),
  }),
  readMetric({
    name: 'secondwind_store_packed_ratio',
    help: 'Share of the spans that are packed.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => single(packedRatio(intake.keeping.parts ?? [])),
  }),
  readMetric({
    name: 'secondwind_store_damaged_files',
    help: 'Files that cannot be read, or were set aside because of that.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => {
      const { parts, damaged } = intake.keeping
      return single(parts === undefined ? undefined : damaged.length)
    },
  }),
  readMetric({
    name: 'secondwind_store_set_aside_bytes',
    help: 'Disk that damaged files take which were set aside.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => {
      const { parts, setAsideBytes } = intake.keeping
      return single(parts === undefined ? undefined : setAsideBytes)
    },
  }),
  readMetric({
    name: 'secondwind_keeping_failing',
    help: '1 while something old is neither packed nor dropped.',
    type: 'gauge',
    labels: [],
    read: ({ intake }) => single(intake.keeping.trouble === undefined ? 0 : 1),
  }),
]

function byKind(value: (totals: PartTotals) => number) {
  return ({ intake }: MetricFacts): readonly Sample[] =>
    (intake.keeping.parts ?? []).map((totals): Sample => [[totals.kind], value(totals)])
}

/** Of nothing there is no share. */
function packedRatio(parts: readonly PartTotals[]): number | undefined {
  const all = parts.reduce((sum, { spans }) => sum + spans, 0)
  const packed = parts.find(({ kind }) => kind === 'packed')?.spans ?? 0
  return all === 0 ? undefined : packed / all
}
