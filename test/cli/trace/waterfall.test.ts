import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { WireSpan, WireTrace } from '../../../analyzer/api/wire.ts'
import { showDuration, waterfallLines } from '../../../cli/trace/waterfall.ts'

const LOOK = { colour: false, columns: 60 }
const START_NS = 1_760_000_000_000_000_000n

function span(id: number, rest: Partial<WireSpan> & { readonly atMs?: number } = {}): WireSpan {
  const { atMs = 0, ...given } = rest
  const startNs = START_NS + BigInt(atMs) * 1_000_000n
  return {
    traceId: 'a'.repeat(32),
    spanId: String(id),
    parentSpanId: '',
    name: `span ${id}`,
    kind: 'internal',
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + 10_000_000n),
    status: { code: 'unset', message: '' },
    scope: { name: '', version: '' },
    service: '',
    attributes: [],
    events: [],
    ...given,
  }
}

function traceOf(spans: readonly WireSpan[], rest: Partial<WireTrace> = {}): WireTrace {
  return {
    schemaVersion: 1,
    traceId: 'a'.repeat(32),
    startTimeUnixNano: String(START_NS),
    durationNano: '100000000',
    spans,
    cut: false,
    requests: [],
    ...rest,
  }
}

const namesOf = (lines: readonly string[]) =>
  lines.map((line) => /ms( *span \d+)/u.exec(line.replace(/^.*? ms/u, ''))?.[1]?.slice(1))

test('spans stand under their parents, in the order of their starts', () => {
  const spans = [
    span(3, { parentSpanId: '1', atMs: 50 }),
    span(2, { parentSpanId: '1', atMs: 10 }),
    span(1),
    span(4, { parentSpanId: '2', atMs: 12 }),
    span(5, { parentSpanId: 'of another trace', atMs: 90 }),
  ]
  expect(namesOf(waterfallLines(traceOf(spans), LOOK))).toEqual([
    'span 1',
    '  span 2',
    '    span 4',
    '  span 3',
    'span 5',
  ])
})

test('a bar says when it was and how long, an error what it said', () => {
  const spans = [
    span(1, { endTimeUnixNano: String(START_NS + 100_000_000n) }),
    span(2, {
      parentSpanId: '1',
      atMs: 50,
      status: { code: 'error', message: 'Over\u001b[31mloaded' },
    }),
  ]
  expect(waterfallLines(traceOf(spans), LOOK)).toEqual([
    '     0 ms ████████████████████    100 ms span 1',
    '    50 ms           ██             10 ms   span 2  [ERROR Over?[31mloaded]',
  ])
})

test('every span is shown once, whoever names whom as its parent', () => {
  const drawn = fc.array(
    fc.record({
      id: fc.integer({ min: 0, max: 9 }),
      parent: fc.integer({ min: 0, max: 12 }),
      atMs: fc.integer({ min: -50, max: 500 }),
    }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(drawn, (all) => {
      const spans = all.map(({ id, parent, atMs }) =>
        span(id, { parentSpanId: String(parent), atMs }),
      )
      expect(waterfallLines(traceOf(spans), LOOK)).toHaveLength(spans.length)
    }),
    { numRuns: 300 },
  )
})

test('a chain of thousands is walked without one call in another', () => {
  const spans = Array.from({ length: 5000 }, (_, id) => span(id, { parentSpanId: String(id - 1) }))
  expect(waterfallLines(traceOf(spans), LOOK)).toHaveLength(5000)
})

test.each([
  [0.42, '0.4 ms'],
  [12.4, '12 ms'],
  [2412, '2.41 s'],
  [200_000, '3 min 20 s'],
  [-30, '-30 ms'],
])('%d ms is %s', (ms, shown) => {
  expect(showDuration(ms)).toBe(shown)
})
