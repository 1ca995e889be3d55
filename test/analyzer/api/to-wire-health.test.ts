import { expect, test } from 'vitest'

import type { IntakeFacts } from '../../../analyzer/api/intake-facts.ts'
import { toWireHealth, type HealthContext } from '../../../analyzer/api/to-wire-health.ts'
import { EMPTY_REPORT } from '../../../analyzer/ingest/ingest-report.ts'
import type { SourceCounts } from '../../../analyzer/store/store.ts'

const NOW_MS = Date.UTC(2026, 8, 1, 12)
const GIB = 1024 ** 3

const INTAKE: IntakeFacts = {
  otlpHttpUrl: 'http://127.0.0.1:4318',
  connections: { http: { open: 0, refused: 0 }, grpc: { open: 0, refused: 0 } },
  queue: { bytes: 5, bytesMax: 100, pressedSinceMs: undefined },
  report: EMPTY_REPORT,
  refused: [],
  refusedTotals: new Map(),
  sources: [],
  disk: { bytes: 10, freeBytes: 50 * GIB, totalBytes: 100 * GIB },
  diskBytesMax: 2 * GIB,
  keeping: { trouble: undefined, damaged: [], setAsideBytes: 0, parts: undefined },
}

function healthOf(
  intake: Partial<IntakeFacts>,
  sources: readonly SourceCounts[] = [],
  deriving = false,
) {
  const context: HealthContext = {
    reader: {
      readAfter: () => [],
      spansOf: () => ({ spans: [], isCut: false }),
      trace: () => ({ spans: [], isCut: false }),
      failuresIn: () => [],
      startsIn: () => [],
      counts: () => ({
        stored: sumOf(sources, 'stored'),
        duplicates: sumOf(sources, 'duplicates'),
        rejected: sumOf(sources, 'rejected'),
        shed: sumOf(sources, 'shed'),
        sources,
      }),
      close: () => undefined,
    },
    countPending: () => 0,
    lag: () => ({ spans: 0, oldestReceivedMs: undefined, overdueSinceMs: undefined }),
    deriving,
    unrecognised: 0,
    withoutRequest: 0,
    senders: () => [],
    pausedSinceMs: undefined,
    nowMs: NOW_MS,
    intake: { ...INTAKE, ...intake },
    acts: { health: () => ({ trouble: undefined, losses: [] }) },
  }
  return toWireHealth(context)
}

type Counted = 'stored' | 'duplicates' | 'rejected' | 'shed'

function sumOf(sources: readonly SourceCounts[], counted: Counted): number {
  return sources.reduce((sum, source) => sum + source[counted], 0)
}

function sourceOf(name: string, counts: Partial<SourceCounts>): SourceCounts {
  const none = { stored: 0, duplicates: 0, rejected: 0, rejectedBy: new Map(), shed: 0 }
  return { name, ...none, lastReceivedMs: 0, ...counts }
}

test('a source of the configuration that never sent is listed, before those that nobody named', () => {
  const sources = [
    sourceOf('default', { lastReceivedMs: NOW_MS - 1000 }),
    sourceOf('eu', { lastReceivedMs: NOW_MS - 16 * 60_000 }),
  ]
  const { sources: listed } = healthOf({ sources: ['us', 'eu'] }, sources)
  expect(listed.map(({ name, state }) => [name, state])).toEqual([
    ['us', 'never'],
    ['eu', 'quiet'],
    ['default', 'sending'],
  ])
  expect(listed[0]).toEqual({
    name: 'us',
    spans: 0,
    rejected: {},
    lastSpanAt: null,
    state: 'never',
    clockAheadMs: null,
    cannotShow: [],
  })
})

test('a source of which every span was rejected is told as that, configured or not', () => {
  const rejectedBy = new Map([['time-invalid', 3]])
  const { sources } = healthOf({ sources: ['us'] }, [
    sourceOf('us', { rejected: 3, rejectedBy }),
    sourceOf('nobody-named', { rejected: 3, rejectedBy }),
    sourceOf('half', { stored: 5, lastReceivedMs: NOW_MS, rejected: 3, rejectedBy }),
  ])
  const rejected = { 'time-invalid': 3 }
  expect(sources).toMatchObject([
    { name: 'us', state: 'rejected', spans: 0, lastSpanAt: null, rejected },
    { name: 'nobody-named', state: 'rejected', spans: 0, lastSpanAt: null, rejected },
    { name: 'half', state: 'sending', spans: 5, rejected },
  ])
})

test('a source that nobody configured is not missed while it is only asked to come again', () => {
  expect(healthOf({}, [sourceOf('nobody-named', { shed: 7 })]).sources).toEqual([])
})

test('a clock that is off is told of a source that sends, and of no other', () => {
  const { report } = INTAKE
  const clocksOff = ['us', 'eu', 'gone'].map((source) => ({ source, aheadMs: 3_600_000 }))
  const { sources } = healthOf({ report: { ...report, clocksOff: clocksOff.slice(1) } }, [
    sourceOf('us', { lastReceivedMs: NOW_MS }),
    sourceOf('eu', { lastReceivedMs: NOW_MS }),
    sourceOf('gone', { lastReceivedMs: NOW_MS - 3_600_000 }),
  ])
  const clocks = new Map(sources.map(({ name, clockAheadMs }) => [name, clockAheadMs]))
  expect([clocks.get('us'), clocks.get('eu'), clocks.get('gone')]).toEqual([null, 3_600_000, null])
})

test('what is not stored is told by why, of all sources together', () => {
  const sources = [
    sourceOf('eu', {
      duplicates: 2,
      rejected: 3,
      rejectedBy: new Map([
        ['time-invalid', 1],
        ['span-id-invalid', 2],
      ]),
    }),
    sourceOf('us', { shed: 5, rejected: 4, rejectedBy: new Map([['time-invalid', 4]]) }),
  ]
  const { intake, spansRejected } = healthOf({}, sources)
  expect(spansRejected).toBe(7)
  expect(intake).toMatchObject({
    spansDuplicate: 2,
    spansShed: 5,
    rejected: { 'time-invalid': 5, 'span-id-invalid': 2 },
  })
})

test('beyond a thousand sources the rest are one', () => {
  const sources = Array.from({ length: 1200 }, (_, index) =>
    sourceOf(`router-${index}`, { stored: 2, lastReceivedMs: NOW_MS - index }),
  )
  const { sources: listed } = healthOf({}, sources)
  expect(listed).toHaveLength(1000)
  expect(listed.at(-1)).toMatchObject({ name: '__other__', spans: 402, state: 'sending' })
})

test.each([
  ['less than 1 GiB', 0.9 * GIB, 5 * GIB, true],
  ['less than a tenth', 9 * GIB, 100 * GIB, true],
  ['enough', 11 * GIB, 100 * GIB, false],
])('a disk with %s left is told', (...row) => {
  const [, freeBytes, totalBytes, low] = row
  expect(healthOf({ disk: { bytes: 1, freeBytes, totalBytes } }).disk).toMatchObject({ low })
})

test('a disk that the system does not tell of is no number', () => {
  expect(healthOf({ disk: undefined }).disk).toBeNull()
})

test('pressure and a store in trouble are told apart, with since when', () => {
  const queue = { bytes: 95, bytesMax: 100, pressedSinceMs: NOW_MS - 5000 }
  const since = new Date(NOW_MS - 5000).toISOString()
  expect(healthOf({ queue }).intake).toMatchObject({ state: 'shedding', since, why: null })
  const failing = { sinceMs: NOW_MS - 9000, why: 'database or disk is full' }
  expect(healthOf({ queue, report: { ...EMPTY_REPORT, failing } }).intake).toMatchObject({
    state: 'failing',
    since: new Date(NOW_MS - 9000).toISOString(),
    why: 'database or disk is full',
  })
})

test('a refused sender is told by reason and address', () => {
  const sender = {
    reason: 'wrong-token',
    remoteAddress: '10.0.0.7',
    count: 3,
    firstAtMs: NOW_MS - 60_000,
    lastAtMs: NOW_MS,
  } as const
  expect(healthOf({ refused: [sender] }).refused).toEqual([
    {
      reason: 'wrong-token',
      remoteAddress: '10.0.0.7',
      count: 3,
      firstAt: new Date(NOW_MS - 60_000).toISOString(),
      lastAt: new Date(NOW_MS).toISOString(),
    },
  ])
})

test('what is not packed or cannot be read is said, and since when', () => {
  expect(healthOf({}).keeping).toEqual({
    troubledSince: null,
    why: null,
    damaged: [],
    setAsideBytes: 0,
  })
  const trouble = { why: '000002.hot.db was not packed', sinceMs: NOW_MS }
  const keeping = { trouble, damaged: ['000001.packed.db'], setAsideBytes: 7, parts: undefined }
  expect(healthOf({ keeping }).keeping).toEqual({
    troubledSince: '2026-09-01T12:00:00.000Z',
    why: '000002.hot.db was not packed',
    damaged: ['000001.packed.db'],
    setAsideBytes: 7,
  })
})

test('verdicts are derived anew until all that was judged before is judged again', () => {
  expect(healthOf({}, [], true).lag.derivingAnew).toBe(true)
  expect(healthOf({}).lag.derivingAnew).toBe(false)
})
