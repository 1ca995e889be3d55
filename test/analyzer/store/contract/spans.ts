import { describe, expect, onTestFinished, test } from 'vitest'

import type {
  LoggedChunk,
  SpanReader,
  SpanWriter,
  StoredTrace,
} from '../../../../analyzer/store/store.ts'
import type { Span } from '../../../../analyzer/story/span.ts'
import { arrivalOf } from '../../../support/arrivals.ts'
import { buildSpan } from '../../../support/otlp.ts'
import { failedIn, startedIn } from '../../../support/trace-moments.ts'
import { withItsSpans } from '../../../support/with-its-spans.ts'

/** One engine, empty for each test; the same again until the test ends. */
export interface SpanEngine {
  readonly name: string
  /** Opens what the test before stored in this run of it, as a process that starts again does. */
  readonly begin: () => {
    readonly openWriter: () => SpanWriter
    readonly openReader: () => SpanReader
  }
}

const ERROR = { code: 'error', message: '' } as const
const traceId = (number: number): string => number.toString(16).padStart(32, '0')
const spanId = (number: number): string => number.toString(16).padStart(16, '0')

const spansOf = (chunks: readonly LoggedChunk[]): readonly Span[] =>
  chunks.flatMap(({ content }) => content.spans())
const namesOf = ({ spans }: StoredTrace): readonly string[] =>
  spans.map(({ span, source }) => `${span.name} ${source}`)
const idsOf = ({ spans }: StoredTrace): readonly string[] => spans.map(({ span }) => span.spanId)

/** Ranges around a time, and whether it is in them. */
const ranges = (timeNs: bigint): readonly (readonly [bigint, bigint, number])[] => [
  [timeNs, timeNs, 1],
  [timeNs - 1n, timeNs - 1n, 0],
  [timeNs + 1n, timeNs + 1n, 0],
  [timeNs - 400n, timeNs - 1n, 0],
  [timeNs + 1n, timeNs + 400n, 0],
  [timeNs - 10_000n, timeNs + 10_000n, 1],
  [timeNs - 10_000n, timeNs - 1n, 0],
  [0n, 2n ** 64n, 1],
]

/** What `analyzer/store/store.ts` promises of spans; every engine must pass all of it. */
export function spanContract(engine: SpanEngine): void {
  function open() {
    const store = engine.begin()
    const writer = store.openWriter()
    const reader = store.openReader()
    onTestFinished(() => {
      reader.close()
      writer.close()
    })
    return { store, writer, reader }
  }

  describe(`spans in ${engine.name}`, () => {
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
      writer.append([
        arrivalOf([first], { receivedAtMs: 5 }),
        arrivalOf([second], { source: 'x', receivedAtMs: 6 }),
      ])
      const chunks = reader.readAfter(0, 10)
      expect(chunks).toMatchObject([
        { source: 'litellm', receivedAtMs: 5, unreadable: 0 },
        { source: 'x', receivedAtMs: 6, unreadable: 0 },
      ])
      expect(spansOf(chunks)).toEqual([first, second])
      expect(chunks.flatMap(({ heads }) => heads)).toEqual(
        [first, second].map(({ traceId: id, name, kind, scope }) => ({
          traceId: id,
          name,
          kind,
          scope,
        })),
      )
    })

    test('are read on from a position, and never more than asked for by a whole chunk', () => {
      const { writer, reader } = open()
      for (let number = 1; number <= 5; number += 1) {
        writer.append([arrivalOf([buildSpan({ traceId: traceId(number) })])])
      }
      const read = (position: number, limit: number) =>
        reader.readAfter(position, limit).map(withItsSpans)
      const all = read(0, 10)
      expect(all).toHaveLength(5)
      expect(all.every(({ position }, index) => position > (all[index - 1]?.position ?? 0))).toBe(
        true,
      )
      expect(read(0, 2)).toEqual(all.slice(0, 2))
      expect(read(all[2]?.position ?? 0, 10)).toEqual(all.slice(3))
      expect(read(all[4]?.position ?? 0, 10)).toEqual([])
    })

    test('say that nothing of their trace stands before them only where nothing does', () => {
      const { writer, reader } = open()
      const append = (source: string, trace: number, span: number): void => {
        const ids = { traceId: traceId(trace), spanId: spanId(span) }
        writer.append([arrivalOf([buildSpan(ids)], { source })])
      }
      append('app', 1, 1)
      append('app', 2, 2)
      append('app', 1, 3)
      append('litellm', 1, 4)
      const all = reader.readAfter(0, 10)
      // Wherever it is read on from.
      const rest = reader.readAfter(all[1]?.position ?? 0, 10)
      expect(rest.map(({ isFirst }) => isFirst)).toEqual([false, false])
      // Of the second an engine may be in doubt, and then it must not say so.
      expect([0, 2, 3].map((index) => all[index]?.isFirst)).toEqual([true, false, false])
    })

    test('are stored once, however often they come', () => {
      const { writer, reader } = open()
      const span = buildSpan()
      expect(writer.append([arrivalOf([span, span])])).toEqual({ stored: 1, duplicates: 1 })
      const again = writer.append([arrivalOf([span], { receivedAtMs: 999 })])
      expect(again).toEqual({ stored: 0, duplicates: 1 })
      expect(spansOf(reader.readAfter(0, 10))).toEqual([span])
      expect(reader.counts()).toMatchObject({ stored: 1, duplicates: 2 })
    })

    test('belong to the source that sent them: what another sends under their ids changes nothing', () => {
      const { writer, reader } = open()
      const mine = buildSpan({ name: 'mine', endTimeNs: 1_760_000_001_000_000_000n })
      const theirs = { ...mine, name: 'theirs', endTimeNs: mine.endTimeNs + 1n }
      expect(writer.append([arrivalOf([mine], { source: 'a' })])).toMatchObject({ stored: 1 })
      const both = [
        arrivalOf([theirs], { source: 'b' }),
        arrivalOf([mine], { source: 'a' }),
        arrivalOf([theirs], { source: 'b' }),
      ]
      expect(writer.append(both)).toEqual({ stored: 1, duplicates: 2 })
      expect(namesOf(reader.spansOf('a', mine.traceId))).toEqual(['mine a'])
      expect(namesOf(reader.spansOf('b', mine.traceId))).toEqual(['theirs b'])
      expect(namesOf(reader.trace(mine.traceId))).toEqual(['mine a', 'theirs b'])
    })

    test('of two that differ, the one that ended later stays and is read again', () => {
      const { writer, reader } = open()
      const early = buildSpan({ endTimeNs: 1_760_000_001_000_000_000n })
      const late = buildSpan({ endTimeNs: 1_760_000_001_000_000_001n })
      writer.append([arrivalOf([early])])
      const [first] = reader.readAfter(0, 10)
      expect(writer.append([arrivalOf([late])])).toEqual({ stored: 0, duplicates: 1 })
      writer.append([arrivalOf([early])])
      expect(spansOf(reader.readAfter(first?.position ?? 0, 10))).toEqual([late])
      expect(reader.trace(early.traceId).spans.map(({ span }) => span)).toEqual([late])
      expect(reader.counts().stored).toBe(1)
    })

    test('of two that ended together the same one stays, whichever came first', () => {
      const { writer, reader } = open()
      const versions = [
        buildSpan({ name: 'a' }),
        buildSpan({ name: 'b' }),
        buildSpan({ attributes: { text: 'ü', bytes: [1, 2n ** 60n, null] } }),
        buildSpan({ resource: { 'service.name': 'other' } }),
        buildSpan({ scope: { name: 'other', version: '2' } }),
      ]
      const kept = [...versions.keys()].map((first) => {
        const id = traceId(first + 1)
        const turned = [...versions.slice(first), ...versions.slice(0, first)]
        const coming = turned.map((span) => ({ ...span, traceId: id }))
        writer.append([arrivalOf(coming.slice(0, 1))])
        writer.append([arrivalOf(coming.slice(1, 3))])
        writer.append([arrivalOf(coming.slice(3))])
        const { spans } = reader.trace(id)
        const stays = spans.map(({ span }) => ({ ...span, traceId: '' }))
        expect(stays).toHaveLength(1)
        // Once it is there, none of the others is stored any more.
        const before = reader.readAfter(0, 1000).length
        writer.append([arrivalOf(coming), arrivalOf(coming.toReversed())])
        expect(reader.readAfter(0, 1000)).toHaveLength(before)
        return stays[0]
      })
      expect(kept).toEqual(kept.map(() => kept[0]))
    })

    test('of two that differ in one group, the one that ended later is stored alone', () => {
      const { writer, reader } = open()
      const early = buildSpan({ name: 'early', endTimeNs: 1_760_000_001_000_000_000n })
      const late = buildSpan({ name: 'late', endTimeNs: 1_760_000_002_000_000_000n })
      for (const [number, pair] of [
        [1, [early, late]],
        [2, [late, early]],
      ] as const) {
        const id = traceId(number)
        const both = pair.map((span) => ({ ...span, traceId: id }))
        expect(writer.append([arrivalOf(both)])).toEqual({ stored: 1, duplicates: 1 })
        expect(reader.trace(id).spans.map(({ span }) => span.name)).toEqual(['late'])
      }
    })

    test('are found by trace, of one source and of all, in the order of their start', () => {
      const { writer, reader } = open()
      const at = (number: number, startTimeNs: bigint): Span =>
        buildSpan({ traceId: traceId(1), spanId: spanId(number), startTimeNs })
      writer.append([
        arrivalOf([at(3, 30n), at(1, 10n), buildSpan({ traceId: traceId(2), spanId: spanId(4) })]),
        arrivalOf([at(2, 20n)], { source: 'app' }),
      ])
      expect(idsOf(reader.trace(traceId(1)))).toEqual([spanId(1), spanId(2), spanId(3)])
      expect(idsOf(reader.spansOf('app', traceId(1)))).toEqual([spanId(2)])
      expect(idsOf(reader.spansOf('litellm', traceId(1)))).toEqual([spanId(1), spanId(3)])
      expect(reader.trace(traceId(9))).toEqual({ spans: [], isCut: false })
    })

    test('neighbours are found by when a span failed and when a trace began', () => {
      const { writer, reader } = open()
      const at = (number: number, times: Parameters<typeof buildSpan>[0]): Span =>
        buildSpan({ traceId: traceId(number), spanId: spanId(number), ...times })
      writer.append([
        arrivalOf([
          at(1, { startTimeNs: 100_000n, endTimeNs: 200_000n, status: ERROR }),
          at(2, { startTimeNs: 200_000n, endTimeNs: 300_000n }),
          at(3, { startTimeNs: 150_000n, endTimeNs: 400_000n, status: ERROR }),
        ]),
      ])
      writer.append([
        arrivalOf([at(2, { spanId: spanId(9), startTimeNs: 50_000n, endTimeNs: 60_000n })]),
      ])
      const range = { fromNs: 150_000n, toNs: 250_000n }
      expect(failedIn(reader, { source: 'litellm', range, limit: 10 })).toEqual([traceId(1)])
      expect(failedIn(reader, { source: 'other', range, limit: 10 })).toEqual([])
      // Trace 2 has a span in the range, but began before it.
      expect(startedIn(reader, { source: 'litellm', range, limit: 10 })).toEqual([traceId(3)])
      expect(startedIn(reader, { source: 'other', range, limit: 10 })).toEqual([])
      expect(reader.startsIn('litellm', { fromUs: 0, toUs: 250 }, 2)).toHaveLength(2)
    })

    test('the ends of a range are exact to the nanosecond', () => {
      const { writer, reader } = open()
      const startTimeNs = 1_760_000_000_000_000_123n
      const endTimeNs = 1_760_000_001_000_000_456n
      writer.append([arrivalOf([buildSpan({ startTimeNs, endTimeNs, status: ERROR })])])
      for (const [fromNs, toNs, count] of ranges(startTimeNs)) {
        const asked = { source: 'litellm', range: { fromNs, toNs }, limit: 9 }
        expect(startedIn(reader, asked)).toHaveLength(count)
      }
      for (const [fromNs, toNs, count] of ranges(endTimeNs)) {
        const asked = { source: 'litellm', range: { fromNs, toNs }, limit: 9 }
        expect(failedIn(reader, asked)).toHaveLength(count)
      }
    })

    test('are counted per source, with what was refused and when the last came', () => {
      const { writer, reader } = open()
      expect(reader.counts()).toEqual({
        stored: 0,
        duplicates: 0,
        rejected: 0,
        shed: 0,
        sources: [],
      })
      writer.append([arrivalOf([buildSpan()], { receivedAtMs: 5 })])
      writer.append(
        [arrivalOf([buildSpan()], { receivedAtMs: 9 })],
        [
          { source: 'litellm', result: 'rejected', reason: 'time-invalid', count: 2 },
          { source: 'litellm', result: 'rejected', reason: 'not-a-span', count: 1 },
        ],
      )
      writer.append([], [{ source: 'app', result: 'shed', reason: 'full', count: 7 }])
      writer.append([], [{ source: 'app', result: 'shed', reason: 'full', count: 1 }])
      expect(reader.counts()).toEqual({
        stored: 1,
        duplicates: 1,
        rejected: 3,
        shed: 8,
        sources: [
          {
            name: 'app',
            stored: 0,
            duplicates: 0,
            rejected: 0,
            rejectedBy: new Map(),
            shed: 8,
            lastReceivedMs: 0,
          },
          {
            name: 'litellm',
            stored: 1,
            duplicates: 1,
            rejected: 3,
            rejectedBy: new Map([
              ['time-invalid', 2],
              ['not-a-span', 1],
            ]),
            shed: 0,
            lastReceivedMs: 9,
          },
        ],
      })
    })

    test('names that mean something elsewhere are names here', () => {
      const { writer, reader } = open()
      for (const source of ['__proto__', 'a; DROP TABLE chunks', 'ü'.repeat(100), '']) {
        writer.append([arrivalOf([buildSpan({ traceId: traceId(source.length + 1) })], { source })])
      }
      expect(reader.counts().sources.map(({ name, stored }) => [name, stored])).toHaveLength(4)
      expect(reader.spansOf('__proto__', traceId(10)).spans).toHaveLength(1)
    })

    test('are there again after the writer was closed and opened', () => {
      const { store, writer, reader } = open()
      writer.append([arrivalOf([buildSpan()])])
      writer.close()
      const after = store.openWriter()
      expect(after.append([arrivalOf([buildSpan()])])).toEqual({ stored: 0, duplicates: 1 })
      after.append([arrivalOf([buildSpan({ spanId: spanId(7) })])])
      expect(spansOf(reader.readAfter(0, 10))).toHaveLength(2)
      expect(reader.counts()).toMatchObject({ stored: 2, duplicates: 1 })
      after.close()
    })
  })
}
