import { expect, test } from 'vitest'

import { RETAINED_BYTES_MAX, RetainedSpans } from '../../../analyzer/settling/retained-spans.ts'
import type { LoggedChunk } from '../../../analyzer/store/store.ts'
import { buildSpan } from '../../support/otlp.ts'

const MIB = 1024 * 1024
const traceOf = (number: number): string => number.toString(16).padStart(32, '0')

interface Draft {
  readonly trace?: number
  readonly source?: string
  readonly spans?: readonly Parameters<typeof buildSpan>[0][]
  readonly isFirst?: boolean
  readonly bytes?: number
}

function chunkOf({ trace = 1, source = 'app', spans = [{}], isFirst = true, bytes = 1 }: Draft) {
  const read = spans.map((span) => buildSpan({ traceId: traceOf(trace), ...span }))
  return {
    position: 1,
    source,
    receivedAtMs: 5,
    heads: read,
    content: { bytes, spans: () => read },
    isFirst,
    times: { startUs: 0, failedUs: [] },
    unreadable: 0,
  } satisfies LoggedChunk
}

const [ONE, TWO] = ['00000000000000a1', '00000000000000a2'] as const

function namesIn(retained: RetainedSpans, { source = 'app', trace = 1 }: Draft = {}) {
  const found = retained.spansOf({ source, traceId: traceOf(trace) })
  return found?.spans.map(({ span }) => span.name)
}

test('a trace that was read from its first chunk on is there whole, in the order of its spans', () => {
  const retained = new RetainedSpans()
  retained.add(chunkOf({ spans: [{ spanId: TWO, name: 'later', startTimeNs: 9n }] }))
  retained.add(
    chunkOf({ spans: [{ spanId: ONE, name: 'first', startTimeNs: 1n }], isFirst: false }),
  )
  expect(namesIn(retained)).toEqual(['first', 'later'])
})

test('of two versions of a span the later one is there, whichever came first', () => {
  const older = { spanId: ONE, name: 'older', endTimeNs: 1_760_000_000_000_000_001n }
  const newer = { spanId: ONE, name: 'newer', endTimeNs: 1_760_000_000_000_000_002n }
  for (const versions of [
    [older, newer],
    [newer, older],
  ]) {
    const retained = new RetainedSpans()
    for (const [index, version] of versions.entries()) {
      retained.add(chunkOf({ spans: [version], isFirst: index === 0 }))
    }
    expect(namesIn(retained)).toEqual(['newer'])
  }
})

test('of a trace that has spans before those that were read nothing is said', () => {
  const retained = new RetainedSpans()
  retained.add(chunkOf({ isFirst: false }))
  expect(namesIn(retained)).toBeUndefined()
  expect(retained.bytes).toBe(0)
})

test('what one source sent is not told of another', () => {
  const retained = new RetainedSpans()
  retained.add(chunkOf({ source: 'app' }))
  expect(namesIn(retained, { source: 'litellm' })).toBeUndefined()
})

test('a trace that is told holds nothing any more, and what comes to it later is not taken for it', () => {
  const retained = new RetainedSpans()
  retained.add(chunkOf({ bytes: 700 }))
  expect(retained.bytes).toBe(700)
  retained.delete({ source: 'app', traceId: traceOf(1) })
  expect(retained.bytes).toBe(0)
  retained.add(chunkOf({ isFirst: false }))
  expect(namesIn(retained)).toBeUndefined()
})

test('holds no more than its limit, and of a trace that does not fit nothing at all', () => {
  const retained = new RetainedSpans()
  const count = RETAINED_BYTES_MAX / MIB
  for (let trace = 1; trace <= count; trace += 1) retained.add(chunkOf({ trace, bytes: MIB }))
  expect(retained.bytes).toBe(RETAINED_BYTES_MAX)
  retained.add(chunkOf({ trace: count + 1 }))
  expect(namesIn(retained, { trace: count + 1 })).toBeUndefined()
  // Half of it would be another truth.
  retained.add(chunkOf({ trace: 1, isFirst: false }))
  expect(namesIn(retained, { trace: 1 })).toBeUndefined()
  expect(retained.bytes).toBe(RETAINED_BYTES_MAX - MIB)
  retained.add(chunkOf({ trace: count + 2 }))
  expect(namesIn(retained, { trace: count + 2 })).toHaveLength(1)
})

test('a trace of very many chunks is left to the files', () => {
  const retained = new RetainedSpans()
  retained.add(chunkOf({}))
  for (let chunk = 0; chunk < 300; chunk += 1) retained.add(chunkOf({ isFirst: false }))
  expect(namesIn(retained)).toBeUndefined()
  expect(retained.bytes).toBe(0)
})

test('a chunk of which nothing can be read changes nothing', () => {
  const retained = new RetainedSpans()
  retained.add({ ...chunkOf({ bytes: 5 }), heads: [], unreadable: 1 })
  expect(retained.bytes).toBe(0)
})
