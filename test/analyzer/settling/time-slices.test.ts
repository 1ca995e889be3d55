import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { TimeSlices, type AskedRange } from '../../../analyzer/settling/time-slices.ts'
import type { SpanReader } from '../../../analyzer/store/store.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import { arrivalOf } from '../../support/arrivals.ts'
import { emptyModel, ModelReader, ModelWriter } from '../../support/model-store.ts'
import { buildSpan } from '../../support/otlp.ts'
import { failedIn, startedIn } from '../../support/trace-moments.ts'

// Invariant I8: what is remembered of times must never be another answer than what is stored.

const EPOCH_NS = 1_760_000_000_000_000_000n
const SOURCES = ['router', 'app'] as const
const MS = 1_000_000n

interface Draft {
  readonly source: number
  readonly trace: number
  readonly id: number
  readonly startMs: number
  readonly lastsMs: number
  readonly offNs: number
  readonly fails: boolean
}

const draft: fc.Arbitrary<Draft> = fc.record({
  source: fc.nat(1),
  trace: fc.nat(12),
  id: fc.nat(40),
  startMs: fc.nat(4000),
  lastsMs: fc.nat(2500),
  // Around the ends of microseconds, where nanoseconds decide.
  offNs: fc.integer({ min: -2, max: 2 }),
  fails: fc.boolean(),
})

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ spans: fc.array(draft, { minLength: 1, maxLength: 4 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ fromMs: fc.nat(5000), lastsMs: fc.oneof(fc.nat(700), fc.nat(90_000)) }),
  },
)

function toSpan({ trace, id, startMs, lastsMs, offNs, fails }: Draft): Span {
  const startTimeNs = EPOCH_NS + BigInt(startMs) * MS + BigInt(offNs)
  return buildSpan({
    traceId: (trace + 1).toString(16).padStart(32, '0'),
    spanId: (id + 1).toString(16).padStart(16, '0'),
    startTimeNs,
    endTimeNs: startTimeNs + BigInt(lastsMs) * MS,
    status: { code: fails ? 'error' : 'unset', message: '' },
  })
}

function failed(slices: TimeSlices, asked: AskedRange): readonly string[] {
  const found = new Set<string>()
  slices.addFailed(found, asked)
  return [...found].toSorted()
}

function started(slices: TimeSlices, asked: AskedRange): readonly string[] {
  const found = new Set<string>()
  slices.addStarted(found, asked)
  return [...found].toSorted()
}

/** A log that tells its slices of every span, as the judge does. */
function follow() {
  const model = emptyModel()
  const [writer, reader] = [new ModelWriter(model), new ModelReader(model)]
  const slices = new TimeSlices(reader)
  let position = 0
  return {
    reader,
    slices,
    append: (spans: readonly Draft[]): void => {
      for (const each of spans) {
        const source = SOURCES[each.source] ?? ''
        writer.append([arrivalOf([toSpan(each)], { source })])
      }
      for (const chunk of reader.readAfter(position, 1000)) {
        slices.notice(chunk)
        position = chunk.position
      }
    },
  }
}

test('tells at every moment what a look into the store would tell', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { reader, slices, append } = follow()
      for (const one of steps) {
        if ('spans' in one) {
          append(one.spans)
          continue
        }
        const fromNs = EPOCH_NS + BigInt(one.fromMs) * MS
        const range = { fromNs, toNs: fromNs + BigInt(one.lastsMs) * MS }
        for (const source of SOURCES) {
          const asked = { source, range, limit: 100 }
          expect(failed(slices, asked)).toEqual(failedIn(reader, asked))
          expect(started(slices, asked)).toEqual(startedIn(reader, asked))
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('tells no more traces than are asked for', () => {
  const { slices, append } = follow()
  append(Array.from({ length: 10 }, (_, trace) => ({ ...DRAFT, trace, id: trace })))
  const asked = { source: 'router', range: { fromNs: EPOCH_NS, toNs: EPOCH_NS + 9000n * MS } }
  expect(failed(slices, { ...asked, limit: 4 })).toHaveLength(4)
  expect(started(slices, { ...asked, limit: 4 })).toHaveLength(4)
})

test('reads a second once, however often it is asked for, and again when it is another', () => {
  const { reader, append } = follow()
  append([DRAFT])
  let reads = 0
  const counted: Pick<SpanReader, 'failuresIn' | 'startsIn'> = {
    failuresIn: (source, range, limit) => {
      reads += 1
      return reader.failuresIn(source, range, limit)
    },
    startsIn: (source, range, limit) => reader.startsIn(source, range, limit),
  }
  const slices = new TimeSlices(counted)
  const ask = (): number => {
    const range = { fromNs: EPOCH_NS + 200n * MS, toNs: EPOCH_NS + 700n * MS }
    return failed(slices, { source: 'router', range, limit: 100 }).length
  }
  expect([ask(), ask(), ask(), reads]).toEqual([1, 1, 1, 1])
  const [chunk] = reader.readAfter(0, 10)
  if (chunk === undefined) throw new Error('nothing was stored')
  // Of the second before, and of one that went well: nothing in it changed.
  slices.notice({ ...chunk, times: { startUs: 0, failedUs: [0] } })
  slices.notice({ ...chunk, times: { startUs: Number(EPOCH_NS / 1000n) + 300_000, failedUs: [] } })
  expect([ask(), reads]).toEqual([1, 1])
  slices.notice(chunk)
  expect([ask(), reads]).toEqual([1, 2])
  slices.notice({ ...chunk, heads: [], unreadable: 1 })
  expect([ask(), reads]).toEqual([1, 3])
})

const DRAFT: Draft = {
  source: 0,
  trace: 1,
  id: 1,
  startMs: 300,
  lastsMs: 100,
  offNs: 0,
  fails: true,
}

test('reads each range for itself where one second holds more than can be remembered', () => {
  const { reader, slices, append } = follow()
  append(Array.from({ length: 2100 }, (_, trace) => ({ ...DRAFT, trace, id: trace })))
  append([{ ...DRAFT, trace: 9000, id: 9000, startMs: 700 }])
  const range = { fromNs: EPOCH_NS + 750n * MS, toNs: EPOCH_NS + 900n * MS }
  const asked = { source: 'router', range, limit: 100 }
  expect(failed(slices, asked)).toEqual(failedIn(reader, asked))
  expect(failed(slices, asked)).toHaveLength(1)
})
