import { readMetric, single, type Metric } from './metric.ts'

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
