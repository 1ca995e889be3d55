import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import type { Occurrence } from '../../../analyzer/incidents/occurrence.ts'
import { openSpanReader } from '../../../analyzer/store/sqlite/span-reader.ts'
import { openSpanWriter } from '../../../analyzer/store/sqlite/span-writer.ts'
import { openVerdictStore } from '../../../analyzer/store/sqlite/verdict-store.ts'
import type { ReceivedSpan, SpanReader, SpanWriter } from '../../../analyzer/store/store.ts'
import type { Verdict, VerdictStore } from '../../../analyzer/store/verdict-store.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import { buildSpan } from '../../support/otlp.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Every engine must pass all of this. */
const ENGINES = [{ name: 'SQLite', openSpanWriter, openSpanReader, openVerdictStore }]

const NO_PROGRESS = { judgedUpTo: 0, unrecognised: 0 }
const LIMITS = { ageMsMax: 1000, bytesMax: 1024 ** 3 }
const text = (words: string) => ({ wire: JSON.stringify({ words }) })
const traceId = (number: number): string => number.toString(16).padStart(32, '0')
const spanId = (number: number): string => number.toString(16).padStart(16, '0')

function received(span: Span, rest: Partial<ReceivedSpan> = {}): ReceivedSpan {
  return { span, source: 'litellm', receivedAtMs: 100, ...rest }
}

function occurrence(storyId: string, rest: Partial<Occurrence> = {}): Occurrence {
  const ingredients = {
    rule: 'r',
    source: 'litellm',
    from: 'a',
    to: 'b',
    provider: 'p',
    cause: 'c',
  }
  return {
    storyId,
    fingerprint: { version: 1, id: 'inc-0000000000000001', ingredients },
    atMs: 1000,
    rule: 'r',
    severity: 'high',
    confidence: 'certain',
    title: 'A title',
    summary: `summary of ${storyId}`,
    ...rest,
  }
}

function verdict(storyId: string, rest: Partial<Verdict> = {}): Verdict {
  const atMs = rest.atMs ?? 1000
  return {
    storyId,
    source: 'litellm',
    traceIds: [`trace of ${storyId}`],
    atMs,
    route: 'a',
    outcome: 'failed',
    caller: 'team blue',
    eligible: true,
    findings: [{ rule: 'r', title: 'A title', severity: 'high' }],
    wire: JSON.stringify({ story: storyId }),
    occurrence: occurrence(storyId, { atMs }),
    ...rest,
  }
}

function put(store: VerdictStore, ...verdicts: readonly Verdict[]): void {
  store.replace(
    [{ source: 'litellm', traceIds: verdicts.flatMap(({ traceIds }) => traceIds), verdicts }],
    NO_PROGRESS,
  )
}

describe.each(ENGINES)('spans in $name', (engine) => {
  function open(): { writer: SpanWriter; reader: SpanReader } {
    const file = join(temporaryFolder(), 'spans.db')
    const writer = engine.openSpanWriter(file)
    const reader = engine.openSpanReader(file)
    onTestFinished(() => {
      reader.close()
      writer.close()
    })
    return { writer, reader }
  }

  test('are read back whole, in the order of their arrival', () => {
    const { writer, reader } = open()
    const first = buildSpan({
      spanId: spanId(1),
      endTimeNs: 2n ** 63n - 1n,
      attributes: { text: 'ü', big: 2n ** 60n, list: [1, 'a', null], __proto__x: true },
      events: [{ name: 'e', timeNs: 7n, attributes: new Map([['k', 1.5]]) }],
      status: { code: 'error', message: 'm' },
    })
    const second = buildSpan({ spanId: spanId(2), resource: { 'service.name': 'other' } })
    writer.append([received(first, { receivedAtMs: 5 }), received(second, { source: 'x' })])
    expect(reader.readAfter(0, 10)).toEqual([
      { position: 1, source: 'litellm', receivedAtMs: 5, span: first },
      { position: 2, source: 'x', receivedAtMs: 100, span: second },
    ])
    expect(reader.readAfter(1, 10).map((span) => span.position)).toEqual([2])
    expect(reader.readAfter(0, 1)).toHaveLength(1)
  })

  test('are stored once, however often they come', () => {
    const { writer, reader } = open()
    const span = buildSpan()
    writer.append([received(span), received(span)])
    writer.append([received(span, { receivedAtMs: 999 })])
    expect(reader.readAfter(0, 10)).toHaveLength(1)
    expect(reader.counts()).toMatchObject({ stored: 1, sources: [{ spans: 1 }] })
  })

  test('of two that differ, the one that ended later stays and is read again', () => {
    const { writer, reader } = open()
    const early = buildSpan({ endTimeNs: 1_760_000_001_000_000_000n })
    const late = buildSpan({ endTimeNs: 1_760_000_002_000_000_000n })
    writer.append([received(early)])
    writer.append([received(late)])
    writer.append([received(early)])
    expect(reader.readAfter(1, 10).map(({ span }) => span?.endTimeNs)).toEqual([late.endTimeNs])
    expect(reader.readAfter(0, 10)).toHaveLength(1)
    expect(reader.counts().stored).toBe(1)
  })

  test('are found by trace, of one source and of all', () => {
    const { writer, reader } = open()
    writer.append([
      received(buildSpan({ traceId: traceId(1), spanId: spanId(1) })),
      received(buildSpan({ traceId: traceId(1), spanId: spanId(2) }), { source: 'app' }),
      received(buildSpan({ traceId: traceId(2), spanId: spanId(3) })),
    ])
    expect(reader.trace(traceId(1)).map(({ span }) => span.spanId)).toEqual([spanId(1), spanId(2)])
    expect(reader.spansOf('app', traceId(1)).map(({ span }) => span.spanId)).toEqual([spanId(2)])
    expect(reader.trace(traceId(9))).toEqual([])
  })

  test('neighbours are found by when a span failed and when a trace began', () => {
    const { writer, reader } = open()
    const at = (number: number, times: Parameters<typeof buildSpan>[0]): ReceivedSpan =>
      received(buildSpan({ traceId: traceId(number), spanId: spanId(number), ...times }))
    const error = { code: 'error', message: '' } as const
    writer.append([
      at(1, { startTimeNs: 100n, endTimeNs: 200n, status: error }),
      at(2, { startTimeNs: 200n, endTimeNs: 300n }),
      at(3, { startTimeNs: 150n, endTimeNs: 400n, status: error }),
      received(
        buildSpan({ traceId: traceId(2), spanId: spanId(9), startTimeNs: 50n, endTimeNs: 60n }),
      ),
    ])
    const range = { fromNs: 150n, toNs: 250n }
    expect(reader.tracesFailedIn('litellm', range, 10)).toEqual([traceId(1)])
    expect(reader.tracesFailedIn('other', range, 10)).toEqual([])
    // Trace 2 has a span in the range, but began before it.
    expect(reader.tracesStartedIn('litellm', range, 10)).toEqual([traceId(3)])
    expect(reader.tracesStartedIn('litellm', { fromNs: 0n, toNs: 250n }, 2)).toHaveLength(2)
  })

  test('are counted per source, with the time of the last, duplicates included', () => {
    const { writer, reader } = open()
    expect(reader.counts()).toEqual({ stored: 0, rejected: 0, sources: [] })
    writer.append([received(buildSpan(), { receivedAtMs: 5 })])
    writer.append([received(buildSpan(), { receivedAtMs: 9 })])
    writer.countRejected(3)
    expect(reader.counts()).toEqual({
      stored: 1,
      rejected: 3,
      sources: [{ name: 'litellm', spans: 1, lastReceivedMs: 9 }],
    })
  })

  test('go by age and by size, the oldest first, and their positions are not given again', () => {
    const { writer, reader } = open()
    const many = Array.from({ length: 5000 }, (_, index) =>
      received(buildSpan({ spanId: spanId(index + 1) }), { receivedAtMs: index }),
    )
    writer.append(many)
    expect(writer.prune(LIMITS, 5000)).toBe(true)
    expect(writer.prune(LIMITS, 5000)).toBe(true)
    expect(writer.prune(LIMITS, 5000)).toBe(false)
    expect(reader.readAfter(0, 1)[0]?.receivedAtMs).toBe(4000)
    while (writer.prune({ ageMsMax: Infinity, bytesMax: 1 }, 5000)) continue
    expect(reader.readAfter(0, 1)).toEqual([])
    writer.append([received(buildSpan())])
    expect(reader.readAfter(0, 1)[0]?.position).toBe(5001)
    expect(reader.counts().stored).toBe(5001)
  })

  test('are there again after the writer was closed and opened', () => {
    const file = join(temporaryFolder(), 'spans.db')
    const before = engine.openSpanWriter(file)
    before.append([received(buildSpan())])
    before.close()
    const after = engine.openSpanWriter(file)
    after.append([received(buildSpan({ spanId: spanId(7) }))])
    const reader = engine.openSpanReader(file)
    expect(reader.readAfter(0, 10)).toHaveLength(2)
    reader.close()
    after.close()
  })
})

describe.each(ENGINES)('verdicts in $name', (engine) => {
  function open(file = join(temporaryFolder(), 'verdicts.db')): VerdictStore {
    const store = engine.openVerdictStore(file)
    onTestFinished(() => store.close())
    return store
  }

  const everything = { fromMs: 0, toMs: 10_000 }

  test('progress is kept with them', () => {
    const file = join(temporaryFolder(), 'verdicts.db')
    const before = engine.openVerdictStore(file)
    expect(before.progress()).toEqual(NO_PROGRESS)
    before.replace([], { judgedUpTo: 7, unrecognised: 3 })
    before.close()
    expect(open(file).progress()).toEqual({ judgedUpTo: 7, unrecognised: 3 })
  })

  test('the same again changes nothing', () => {
    const store = open()
    put(store, verdict('a'), verdict('b', { atMs: 2000 }))
    const incident = store.incident('inc-0000000000000001')
    const overview = store.overview(everything, 1000)
    put(store, verdict('a'), verdict('b', { atMs: 2000 }))
    expect(store.incident('inc-0000000000000001')).toEqual(incident)
    expect(store.overview(everything, 1000)).toEqual(overview)
    expect(incident).toMatchObject({ count: 2, firstSeenMs: 1000, lastSeenMs: 2000 })
  })

  test('the order of requests makes no difference to their incident', () => {
    const all = [
      verdict('a', { atMs: 3000 }),
      verdict('b', { atMs: 1000 }),
      verdict('c', { atMs: 3000 }),
    ]
    const forwards = open()
    for (const each of all) put(forwards, each)
    const backwards = open()
    for (const each of all.toReversed()) put(backwards, each)
    expect(forwards.incidents()).toEqual(backwards.incidents())
    expect(forwards.incidents()[0]?.summary).toBe('summary of c')
  })

  test('a verdict that no longer holds withdraws its part of the incident', () => {
    const store = open()
    put(store, verdict('a', { atMs: 1000 }), verdict('b', { atMs: 2000 }))
    put(store, verdict('b', { atMs: 2000, occurrence: undefined, outcome: 'rescued' }))
    expect(store.incidents()).toMatchObject([
      { count: 1, firstSeenMs: 1000, lastSeenMs: 1000, summary: 'summary of a' },
    ])
    put(store, verdict('a', { atMs: 1000, occurrence: undefined }))
    expect(store.incidents()).toEqual([])
  })

  test('a request that moves to another incident leaves the first', () => {
    const store = open()
    put(store, verdict('a'), verdict('b'))
    const { fingerprint } = occurrence('b')
    const other = { ...fingerprint, id: 'inc-0000000000000002' }
    put(store, verdict('b', { occurrence: occurrence('b', { fingerprint: other }) }))
    const counts = store.incidents().map((each) => [each.fingerprint.id, each.count])
    expect(new Map(counts as [string, number][])).toEqual(
      new Map([
        ['inc-0000000000000001', 1],
        ['inc-0000000000000002', 1],
      ]),
    )
  })

  test('a joined request replaces those of all its traces', () => {
    const store = open()
    put(store, verdict('a', { traceIds: ['t1'] }))
    put(store, verdict('b', { traceIds: ['t2'] }))
    store.replace(
      [
        {
          source: 'litellm',
          traceIds: ['t1', 't2'],
          verdicts: [verdict('a', { traceIds: ['t1', 't2'], outcome: 'rescued' })],
        },
      ],
      NO_PROGRESS,
    )
    expect(store.requests({ limit: 10 })).toHaveLength(1)
    expect(store.requestsOfTrace('t2').map((request) => request.storyId)).toEqual(['a'])
    expect(store.incidents()[0]?.count).toBe(1)
  })

  test('a trace that runs through two sources keeps the requests of both', () => {
    const store = open()
    put(store, verdict('a', { traceIds: ['t'] }))
    store.replace(
      [
        {
          source: 'app',
          traceIds: ['t'],
          verdicts: [verdict('b', { source: 'app', traceIds: ['t'] })],
        },
      ],
      NO_PROGRESS,
    )
    expect(store.requestsOfTrace('t').map((request) => request.storyId)).toEqual(['a', 'b'])
  })

  test('the overview counts outcomes, rules, buckets and the unrescued share', () => {
    const store = open()
    put(
      store,
      verdict('a', { atMs: 1000 }),
      verdict('b', { atMs: 2500, outcome: 'rescued', findings: [] }),
      verdict('c', { atMs: 2600, outcome: 'ok', eligible: false, findings: [] }),
      verdict('d', { atMs: 99_999 }),
    )
    const overview = store.overview(everything, 1000)
    expect(overview).toMatchObject({ eligible: 2, unrescued: 1 })
    expect(Object.fromEntries(overview.outcomes)).toEqual({ failed: 1, rescued: 1, ok: 1 })
    expect(overview.rules).toEqual([{ rule: 'r', title: 'A title', severity: 'high', count: 1 }])
    expect(overview.buckets).toEqual([
      { bucket: 1, outcome: 'failed', count: 1 },
      { bucket: 2, outcome: 'ok', count: 1 },
      { bucket: 2, outcome: 'rescued', count: 1 },
    ])
  })

  test('an incident has its newest requests, its callers and its sparkline', () => {
    const store = open()
    put(
      store,
      verdict('a', { atMs: 1000 }),
      verdict('b', { atMs: 3000, caller: 'team red' }),
      verdict('c', { atMs: 3500 }),
    )
    const id = 'inc-0000000000000001'
    expect(store.occurrences(id, 2).map((request) => request.storyId)).toEqual(['c', 'b'])
    expect(store.callers(id, 10)).toEqual([
      { name: 'team blue', count: 2 },
      { name: 'team red', count: 1 },
    ])
    expect(store.sparkline(id, { fromMs: 0, toMs: 4000 }, 1000)).toEqual([0, 1, 0, 2])
    expect(store.occurrences('inc-ffffffffffffffff', 2)).toEqual([])
  })

  test('requests are listed newest first, in pages, and filtered', () => {
    const store = open()
    put(
      store,
      verdict('a', { atMs: 1, ...text('100%_sure') }),
      verdict('b', { atMs: 2, route: 'other', ...text('plain') }),
      verdict('c', {
        atMs: 2,
        outcome: 'ok',
        findings: [],
        ...text("it's; DROP TABLE requests--"),
      }),
    )
    const ids = (filter: Parameters<VerdictStore['requests']>[0]): string[] =>
      store.requests(filter).map((request) => request.storyId)
    expect(ids({ limit: 10 })).toEqual(['c', 'b', 'a'])
    expect(ids({ limit: 1 })).toEqual(['c'])
    expect(ids({ limit: 10, before: { atMs: 2, storyId: 'c' } })).toEqual(['b', 'a'])
    expect(ids({ limit: 10, outcome: 'ok' })).toEqual(['c'])
    expect(ids({ limit: 10, route: 'other' })).toEqual(['b'])
    expect(ids({ limit: 10, rule: 'r' })).toEqual(['b', 'a'])
    expect(ids({ limit: 10, text: '100%_s' })).toEqual(['a'])
    expect(ids({ limit: 10, text: '%' })).toEqual(['a'])
    expect(ids({ limit: 10, text: "'s; DROP TABLE" })).toEqual(['c'])
  })

  test('old requests go, an incident keeps its newest and its count, and goes later', () => {
    const store = open()
    put(store, verdict('a', { atMs: 1000 }), verdict('b', { atMs: 2000 }))
    store.prune({ requestAgeMsMax: 1000, incidentAgeMsMax: 10_000 }, 5000)
    expect(store.requests({ limit: 10 }).map((request) => request.storyId)).toEqual(['b'])
    expect(store.incidents()[0]).toMatchObject({ count: 2, firstSeenMs: 1000 })
    store.prune({ requestAgeMsMax: 1000, incidentAgeMsMax: 1000 }, 5000)
    expect(store.incidents()).toEqual([])
  })
})
