import { expect, test } from 'vitest'
import type { WireHealth } from '../../../../analyzer/api/wire.ts'
import { healthNotes } from '../../../../dashboard/src/lib/health-notes.ts'

const NOW_MS = Date.UTC(2026, 8, 1, 12)
const ago = (elapsedMs: number): string => new Date(NOW_MS - elapsedMs).toISOString()

const HEALTHY: WireHealth = {
  spansStored: 10,
  spansRejected: 0,
  requestsPending: 0,
  judgingPausedSince: null,
  lastSpanAt: ago(1000),
  spansUnrecognised: 0,
  spansWithoutRequest: 0,
  otlpHttpUrl: 'http://127.0.0.1:4318',
  intake: {
    state: 'ok',
    since: null,
    why: null,
    queueBytes: 0,
    queueBytesMax: 100,
    requestsShed: 0,
    spansShed: 0,
    spansDuplicate: 0,
    rejected: {},
  },
  lag: { spans: 0, oldestReceivedAt: null, overdueSince: null, derivingAnew: false },
  disk: { bytes: 1, bytesMax: 2, freeBytes: 3, low: false },
  keeping: { troubledSince: null, why: null, damaged: [], setAsideBytes: 0 },
  acts: { troubledSince: null, why: null, losses: [] },
  sources: [
    {
      name: 'eu',
      spans: 10,
      rejected: {},
      lastSpanAt: ago(1000),
      state: 'sending',
      clockAheadMs: null,
      cannotShow: [],
    },
  ],
  refused: [],
}

const keysOf = (change: Partial<WireHealth>): readonly string[] =>
  healthNotes({ ...HEALTHY, ...change }, NOW_MS).map(({ key }) => key)

test('acts that cannot be kept, and those that are lost, are told apart, and the loss for two weeks', () => {
  const loss = (elapsedMs: number) => ({ at: ago(elapsedMs), how: 'damaged', saved: 3 }) as const
  const none = { troubledSince: null, why: null, losses: [] }
  expect(keysOf({ acts: { troubledSince: ago(1), why: 'disk full', losses: [] } })).toEqual([
    'acts',
  ])
  expect(keysOf({ acts: { ...none, losses: [loss(1000)] } })).toEqual(['acts lost'])
  expect(keysOf({ acts: { ...none, losses: [loss(15 * 24 * 3_600_000)] } })).toEqual([])
})

test('nothing is said of an analyzer that is well, also where little is known of it', () => {
  expect(keysOf({})).toEqual([])
  expect(keysOf({ disk: null, lastSpanAt: null, sources: [] })).toEqual([])
  // Quiet is how routers are at night.
  expect(
    keysOf({
      sources: [
        {
          name: 'eu',
          spans: 1,
          rejected: {},
          lastSpanAt: ago(9e7),
          state: 'quiet',
          clockAheadMs: null,
          cannotShow: [],
        },
      ],
    }),
  ).toEqual([])
})

test('spans that are understood and hold no request are named where there is nothing else', () => {
  expect(keysOf({ spansWithoutRequest: 10 })).toEqual(['no request'])
  expect(keysOf({ spansWithoutRequest: 6, spansUnrecognised: 4 })).toEqual(['no request'])
  expect(keysOf({ spansWithoutRequest: 9 })).toEqual([])
  expect(keysOf({ spansWithoutRequest: 10, requestsPending: 1 })).toEqual([])
  expect(keysOf({ spansUnrecognised: 10 })).toEqual([])
})

test('what is lost right now stands before what only may be', () => {
  const keys = keysOf({
    judgingPausedSince: ago(9000),
    intake: { ...HEALTHY.intake, state: 'failing', since: ago(5000), why: 'disk I/O error' },
    disk: { bytes: 1, bytesMax: 2, freeBytes: 3, low: true },
    lag: {
      spans: 5,
      oldestReceivedAt: ago(90_000),
      overdueSince: ago(60_000),
      derivingAnew: false,
    },
    sources: [
      {
        name: 'us',
        spans: 0,
        rejected: {},
        lastSpanAt: null,
        state: 'never',
        clockAheadMs: null,
        cannotShow: [],
      },
    ],
  })
  expect(keys).toEqual(['failing', 'paused', 'disk', 'lag', 'silent'])
})

test('a store that takes nothing is told in its own words, with the next step', () => {
  const intake = {
    ...HEALTHY.intake,
    state: 'failing',
    since: ago(1),
    why: 'disk I/O error',
  } as const
  const [note] = healthNotes({ ...HEALTHY, intake }, NOW_MS)
  expect(note?.tone).toBe('failed')
  expect(note?.detail).toContain('disk I/O error')
  expect(note?.detail).toContain('acknowledged is safe')
  expect(note?.next).toContain('Make room')
})

test('files that cannot be read are named, and spans that stay unpacked are no loss', () => {
  const keeping = {
    troubledSince: ago(5000),
    why: '000002.hot.db was not packed: the disk has no room',
    damaged: ['000001.packed.db'],
    setAsideBytes: 0,
  }
  const notes = healthNotes({ ...HEALTHY, keeping }, NOW_MS)
  expect(notes.map(({ key, tone }) => [key, tone])).toEqual([
    ['damaged', 'failed'],
    ['keeping', 'medium'],
  ])
  expect(notes[0]?.detail).toContain('000001.packed.db')
  expect(notes[1]?.detail).toContain('the disk has no room')
  expect(notes[1]?.at).toEqual({ word: 'since', time: ago(5000) })
})

test('a file that was set aside is nothing to be woken for, and can be made to go', () => {
  const name = '000004.hot.db.damaged-2026-09-01T115900.000Z'
  const keeping = { troubledSince: null, why: null, damaged: [name], setAsideBytes: 3 * 1024 ** 2 }
  const [note, ...others] = healthNotes({ ...HEALTHY, keeping }, NOW_MS)
  expect(others).toEqual([])
  expect(note).toMatchObject({ key: 'set aside', tone: 'medium' })
  expect(note?.detail).toContain(`${name}; 3.0 MiB.`)
  expect(note?.next).toContain('secondwind db prune --set-aside')
})

test('of logs or metrics that are refused no span is said to be lost', () => {
  const refused = [
    {
      reason: 'not-otlp',
      remoteAddress: '10.0.0.7',
      count: 3,
      firstAt: ago(1000),
      lastAt: ago(1000),
    },
  ] as const
  const [note] = healthNotes({ ...HEALTHY, refused }, NOW_MS)
  expect(note?.detail).toBe('3 export requests; spans, if there were any in them, are not here.')
})

test('judging that is a moment late is no news', () => {
  const lag = { spans: 5, oldestReceivedAt: ago(60_000) }
  expect(keysOf({ lag: { ...lag, overdueSince: ago(29_000), derivingAnew: false } })).toEqual([])
  expect(keysOf({ lag: { ...lag, overdueSince: ago(31_000), derivingAnew: false } })).toEqual([
    'lag',
  ])
})

test('sources that never sent are one note, and none before the first span of all', () => {
  const sources = Array.from(
    { length: 7 },
    (_, index) =>
      ({
        name: `router-${index}`,
        spans: 0,
        rejected: {},
        lastSpanAt: null,
        state: 'never',
        clockAheadMs: null,
        cannotShow: [],
      }) as const,
  )
  expect(keysOf({ sources, lastSpanAt: null })).toEqual([])
  const [note, ...others] = healthNotes({ ...HEALTHY, sources }, NOW_MS)
  expect(others).toEqual([])
  expect(note?.title).toBe('7 sources have never sent anything')
  expect(note?.detail).toContain('router-4 and 2 more')
})

test('a source of which every span was rejected is told with why, and not as silent', () => {
  const sources = [
    {
      name: 'broken',
      spans: 0,
      rejected: { 'time-invalid': 12, 'span-id-invalid': 1 },
      lastSpanAt: null,
      state: 'rejected',
      clockAheadMs: null,
      cannotShow: [],
    },
  ] as const
  const [note, ...others] = healthNotes({ ...HEALTHY, sources }, NOW_MS)
  expect(others).toEqual([])
  expect(note?.title).toBe('Every span of broken was rejected')
  expect(note?.detail).toContain('time-invalid 12, span-id-invalid 1.')
})

test('a refused sender is told by its address, with what to do there, for an hour', () => {
  const sender = { reason: 'no-token', remoteAddress: '10.0.0.7', count: 3 } as const
  const refusedAt = (time: string) => [{ ...sender, firstAt: time, lastAt: time }]
  expect(keysOf({ refused: refusedAt(ago(3_700_000)) })).toEqual([])
  const [note] = healthNotes({ ...HEALTHY, refused: refusedAt(ago(1000)) }, NOW_MS)
  expect(note?.title).toBe('10.0.0.7 is refused: it shows no token')
  expect(note?.next).toContain('OTEL_EXPORTER_OTLP_HEADERS')
  expect(note?.at).toEqual({ word: 'last', time: ago(1000) })
})

test('of a refused fleet four are named, and the rest is a number', () => {
  const refused = Array.from(
    { length: 9 },
    (_, index) =>
      ({
        reason: 'wrong-token',
        remoteAddress: `10.0.0.${index}`,
        count: 1,
        firstAt: ago(1000),
        lastAt: ago(1000),
      }) as const,
  )
  const notes = healthNotes({ ...HEALTHY, refused }, NOW_MS)
  expect(notes).toHaveLength(5)
  expect(notes.at(-1)?.title).toBe('5 more senders are refused')
})

test('verdicts that are derived anew are told as that, and not as a lag', () => {
  const lag = { spans: 5, oldestReceivedAt: ago(60_000), overdueSince: ago(60_000) }
  expect(keysOf({ lag: { ...lag, derivingAnew: true } })).toEqual(['anew'])
})

test('a clock that is off is told with what that means for where to look', () => {
  const [eu] = HEALTHY.sources
  if (eu === undefined) throw new Error('there is no source')
  const told = (clockAheadMs: number) =>
    healthNotes({ ...HEALTHY, sources: [{ ...eu, clockAheadMs }] }, NOW_MS).map(
      ({ title }) => title,
    )
  expect(told(7_200_000)).toEqual(['The clock of eu is ahead by 2 h'])
  expect(told(-90_000_000)).toEqual(['What eu sends is 1 d old when it comes'])
})
