import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { openStore } from '../../../../../analyzer/store/open-store.ts'
import type { SpanReader, SpanWriter, Store } from '../../../../../analyzer/store/store.ts'
import type { Span } from '../../../../../analyzer/story/span.ts'
import { arrivalOf } from '../../../../support/arrivals.ts'
import { emptyModel, ModelReader, ModelWriter } from '../../../../support/model-store.ts'
import { WIDE_LIMITS } from '../../../../support/open-test-store.ts'
import { buildSpan } from '../../../../support/otlp.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'
import { failedIn, startedIn } from '../../../../support/trace-moments.ts'

/**
 * The engine against the model of `test/support/model-store.ts`: whatever comes, in whichever
 * order, over however many files and restarts, both answer the same.
 */

const EPOCH_NS = 1_760_000_000_000_000_000n
const SOURCES = ['litellm', 'app'] as const
const TRACES = 6
const LIMIT = 100

interface Draft {
  readonly source: number
  readonly trace: number
  readonly id: number
  readonly startNs: number
  readonly durationNs: number
  readonly fails: boolean
}

/** Few ids, so that spans come again, and times within a few microseconds of each other. */
const draft: fc.Arbitrary<Draft> = fc.record({
  source: fc.nat(SOURCES.length - 1),
  trace: fc.nat(TRACES - 1),
  id: fc.nat(7),
  startNs: fc.nat(5000),
  durationNs: fc.nat(5000),
  fails: fc.boolean(),
})

type Step =
  | { readonly kind: 'append'; readonly spans: readonly Draft[]; readonly rejected: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'compare'; readonly fromNs: number; readonly toNs: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      spans: fc.array(draft, { maxLength: 12 }),
      rejected: fc.nat(2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('compare' as const),
      fromNs: fc.nat(6000),
      toNs: fc.nat(12_000),
    }),
  },
)

const traceId = (trace: number): string => (trace + 1).toString(16).padStart(32, '0')

function toSpan({ trace, id, startNs, durationNs, fails }: Draft): Span {
  const startTimeNs = EPOCH_NS + BigInt(startNs)
  return buildSpan({
    traceId: traceId(trace),
    spanId: (id + 1).toString(16).padStart(16, '0'),
    startTimeNs,
    endTimeNs: startTimeNs + BigInt(durationNs),
    status: { code: fails ? 'error' : 'unset', message: '' },
    resource: { 'service.name': `service ${id % 3}` },
  })
}

function toArrivals(spans: readonly Draft[], receivedAtMs: number) {
  return SOURCES.map((source, index) =>
    arrivalOf(spans.filter((each) => each.source === index).map(toSpan), { source, receivedAtMs }),
  )
}

type Range = readonly [fromNs: number, toNs: number]
const EVERYTHING: Range = [0, 20_000]

/** Everything that a reader can be asked, but where things stand. */
function answers(reader: SpanReader, [fromNs, toNs]: Range) {
  const range = { fromNs: EPOCH_NS + BigInt(fromNs), toNs: EPOCH_NS + BigInt(toNs) }
  return {
    counts: reader.counts(),
    traces: Array.from({ length: TRACES }, (_, trace) => reader.trace(traceId(trace))),
    ofSources: SOURCES.map((source) => reader.spansOf(source, traceId(0))),
    failed: SOURCES.map((source) => failedIn(reader, { source, range, limit: LIMIT })),
    started: SOURCES.map((source) => startedIn(reader, { source, range, limit: LIMIT })),
    log: reader
      .readAfter(0, 1e6)
      .flatMap(({ source, receivedAtMs, content }) =>
        content
          .spans()
          .map((span) =>
            JSON.stringify([source, receivedAtMs, span.traceId, span.spanId, `${span.endTimeNs}`]),
          ),
      )
      .toSorted(),
  }
}

class Pair {
  readonly #store: Store
  readonly #model = emptyModel()
  readonly #modelWriter = new ModelWriter(this.#model)
  readonly #reader: SpanReader
  #writer: SpanWriter

  constructor(bytesMax: number) {
    const place = { path: temporaryFolder(), limits: { ...WIDE_LIMITS, bytesMax } }
    this.#store = openStore(place, { now: () => 1000, log: () => undefined })
    this.#writer = this.#store.openWriter()
    this.#reader = this.#store.openReader()
  }

  /** What the engine said, and what the model says. */
  take(each: Step, receivedAtMs: number): readonly [engine: unknown, model: unknown] {
    switch (each.kind) {
      case 'append': {
        const arrivals = toArrivals(each.spans, receivedAtMs)
        const tallies = [
          { source: 'app', result: 'rejected', reason: 'not-a-span', count: each.rejected },
        ] as const
        return [this.#writer.append(arrivals, tallies), this.#modelWriter.append(arrivals, tallies)]
      }
      case 'restart':
        this.#writer.close()
        this.#writer = this.#store.openWriter()
        return [undefined, undefined]
      case 'compare': {
        const range = [each.fromNs, each.toNs] as const
        return [this.answers(range), this.expected(range)]
      }
    }
  }

  answers(range: Range = EVERYTHING) {
    return answers(this.#reader, range)
  }

  expected(range: Range = EVERYTHING) {
    return answers(new ModelReader(this.#model), range)
  }

  close(): void {
    this.#reader.close()
    this.#writer.close()
  }
}

test.each([
  ['one file', 2 ** 30, 30],
  ['a file for each commit', 1, 12],
])(
  'what is read is what the model says, over %s',
  (_, bytesMax, numRuns) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 14 }), (steps) => {
        const pair = new Pair(bytesMax)
        try {
          for (const [index, each] of steps.entries()) {
            const [engine, model] = pair.take(each, 1000 + index)
            expect(engine).toEqual(model)
          }
          expect(pair.answers()).toEqual(pair.expected())
        } finally {
          pair.close()
        }
      }),
      { numRuns, endOnFailure: true },
    )
  },
  120_000,
)

test('how spans are put into requests and in which order they come changes nothing', () => {
  const shuffled = fc
    .uniqueArray(draft, {
      minLength: 5,
      maxLength: 40,
      selector: ({ trace, id }) => trace * 8 + id,
    })
    .chain((spans) =>
      fc.tuple(
        fc.constant(spans),
        fc.shuffledSubarray(spans, { minLength: spans.length }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 40 }),
        fc.constantFrom(1, 2 ** 30),
      ),
    )
  fc.assert(
    fc.property(shuffled, ([spans, other, sizes, bytesMax]) => {
      const whole = new Pair(2 ** 30)
      const parts = new Pair(bytesMax)
      try {
        whole.take({ kind: 'append', spans, rejected: 0 }, 1000)
        for (const size of sizes) {
          parts.take({ kind: 'append', spans: other.splice(0, size), rejected: 0 }, 1000)
        }
        expect(parts.answers()).toEqual(whole.answers())
      } finally {
        whole.close()
        parts.close()
      }
    }),
    { numRuns: 15, endOnFailure: true },
  )
}, 120_000)
