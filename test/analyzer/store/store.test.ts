import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import { openSpanReader } from '../../../analyzer/store/sqlite/span-reader.ts'
import { openSpanWriter } from '../../../analyzer/store/sqlite/span-writer.ts'
import type { ReceivedSpan, SpanReader, SpanWriter } from '../../../analyzer/store/store.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import { buildSpan } from '../../support/otlp.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Every engine must pass all of this. */
const ENGINES = [{ name: 'SQLite', openSpanWriter, openSpanReader }]

const LIMITS = { ageMsMax: 1000, bytesMax: 1024 ** 3 }
const traceId = (number: number): string => number.toString(16).padStart(32, '0')
const spanId = (number: number): string => number.toString(16).padStart(16, '0')

function received(span: Span, rest: Partial<ReceivedSpan> = {}): ReceivedSpan {
  return { span, source: 'litellm', receivedAtMs: 100, ...rest }
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
