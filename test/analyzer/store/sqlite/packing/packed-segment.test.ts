import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { openStore } from '../../../../../analyzer/store/open-store.ts'
import type { SpanReader, Store } from '../../../../../analyzer/store/store.ts'
import type { Span } from '../../../../../analyzer/story/span.ts'
import { arrivalOf } from '../../../../support/arrivals.ts'
import { WIDE_LIMITS } from '../../../../support/open-test-store.ts'
import { buildSpan } from '../../../../support/otlp.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'
import { failedIn, startedIn } from '../../../../support/trace-moments.ts'
import { withItsSpans } from '../../../../support/with-its-spans.ts'

/** Whatever was stored, in whatever order: a reader cannot tell a packed segment from a hot one. */

const MS = 1_760_000_000_000
const START_NS = BigInt(MS) * 1_000_000n
const SOURCES = ['eu', 'us'] as const
const TRACES = [1, 2, 3, 4, 5]

interface Sent {
  readonly source: (typeof SOURCES)[number]
  readonly trace: number
  readonly id: number
  readonly startNs: number
  readonly lastsNs: number
  readonly isError: boolean
  readonly service: string
}

const sent: fc.Arbitrary<Sent> = fc.record({
  source: fc.constantFrom(...SOURCES),
  trace: fc.constantFrom(...TRACES),
  // Few, so that some come again, and some of these ended later.
  id: fc.integer({ min: 1, max: 12 }),
  startNs: fc.integer({ min: 0, max: 5000 }),
  lastsNs: fc.integer({ min: 0, max: 3000 }),
  isError: fc.boolean(),
  service: fc.constantFrom('litellm', 'other'),
})

/** Commits, each begins a segment. */
const commits = fc.array(fc.array(sent, { minLength: 1, maxLength: 20 }), {
  minLength: 2,
  maxLength: 4,
})

function toSpan({ trace, id, startNs, lastsNs, isError, service }: Sent): Span {
  const startTimeNs = START_NS + BigInt(startNs)
  return buildSpan({
    traceId: hexOf(trace),
    spanId: id.toString(16).padStart(16, '0'),
    startTimeNs,
    endTimeNs: startTimeNs + BigInt(lastsNs),
    status: isError ? { code: 'error', message: 'cut' } : { code: 'unset', message: '' },
    attributes: { 'gen_ai.request.model': 'gpt-4o', id },
    resource: { 'service.name': service },
  })
}

const hexOf = (trace: number): string => trace.toString(16).padStart(32, '0')

/** Everything that a reader can be asked. */
function askAll(reader: SpanReader) {
  const log = reader.readAfter(0, Infinity).map(withItsSpans)
  const ranges = [
    { fromNs: 0n, toNs: 2n ** 63n - 1n },
    ...[0n, 700n, 1999n, 2000n, 4100n].flatMap((fromNs) =>
      [0n, 500n, 2500n].map((lasts) => ({
        fromNs: START_NS + fromNs,
        toNs: START_NS + fromNs + lasts,
      })),
    ),
  ]
  return {
    log,
    parts: log.flatMap(({ position }) =>
      [1, 3].map((max) => reader.readAfter(position, max).map(withItsSpans)),
    ),
    traces: TRACES.map((trace) => reader.trace(hexOf(trace))),
    spans: SOURCES.flatMap((source) => TRACES.map((trace) => reader.spansOf(source, hexOf(trace)))),
    failed: SOURCES.flatMap((source) =>
      ranges.map((range) => failedIn(reader, { source, range, limit: 100 })),
    ),
    started: SOURCES.flatMap((source) =>
      ranges.map((range) => startedIn(reader, { source, range, limit: 100 })),
    ),
    counts: reader.counts(),
  }
}

function packAll(store: Store): void {
  const keeper = store.openKeeper()
  for (;;) {
    const { more, failed } = keeper.tidy(WIDE_LIMITS, { nowMs: MS, judgedUpTo: Infinity })
    expect(failed).toEqual([])
    if (!more) break
  }
  keeper.close()
}

test('answers as the segment did that it replaced, to new readers and to those that were open', () => {
  fc.assert(
    fc.property(commits, (all) => {
      const path = temporaryFolder()
      const limits = { ...WIDE_LIMITS, bytesMax: 1 }
      const store = openStore({ path, limits }, { now: () => MS, log: () => undefined })
      const writer = store.openWriter()
      for (const [index, commit] of all.entries()) {
        const receivedAtMs = MS + index
        writer.append(
          commit.map((each) => arrivalOf([toSpan(each)], { source: each.source, receivedAtMs })),
        )
      }
      const held = store.openReader()
      const hot = askAll(held)
      packAll(store)
      const names = readdirSync(join(path, 'segments'))
      expect(names.filter((name) => name.endsWith('.packed.db')).length).toBeGreaterThan(0)
      const fresh = store.openReader()
      expect(askAll(fresh)).toEqual(hot)
      expect(askAll(held)).toEqual(hot)
      // What comes again is found in packed segments too.
      const [again = []] = all
      const { stored } = writer.append(
        again.map((each) => arrivalOf([toSpan(each)], { source: each.source, receivedAtMs: MS })),
      )
      expect(stored).toBe(0)
      for (const each of [held, fresh, writer]) each.close()
    }),
    // Each run syncs a dozen files.
    { numRuns: 8 },
  )
}, 60_000)

test('finds more traces of one time than it reads at once, each once and no more than are asked for', () => {
  const path = temporaryFolder()
  const store = openStore({ path, limits: WIDE_LIMITS }, { now: () => MS, log: () => undefined })
  const writer = store.openWriter()
  // A thousand of one microsecond, and some before and behind it.
  const spans = Array.from({ length: 1300 }, (_, index) =>
    toSpan({
      source: 'eu',
      trace: index + 1,
      id: 1,
      startNs: index < 1000 ? 5000 : index * 1000,
      lastsNs: 0,
      isError: true,
      service: 'litellm',
    }),
  )
  writer.append([arrivalOf(spans, { source: 'eu', receivedAtMs: MS })])
  writer.append([arrivalOf([toSpan({ ...LATER, trace: 5000 })], { receivedAtMs: MS + DAY_MS })])
  packAll(store)
  writer.close()
  expect(readdirSync(join(path, 'segments')).some((name) => name.includes('packed'))).toBe(true)
  const reader = store.openReader()
  const asked = { source: 'eu', range: { fromNs: 0n, toNs: 2n ** 63n - 1n } }
  const all = spans.map(({ traceId }) => traceId).toSorted()
  expect(failedIn(reader, { ...asked, limit: 9999 })).toEqual(all)
  expect(startedIn(reader, { ...asked, limit: 9999 })).toEqual(all)
  expect(failedIn(reader, { ...asked, limit: 700 })).toHaveLength(700)
  expect(startedIn(reader, { ...asked, limit: 700 })).toHaveLength(700)
  reader.close()
})

const DAY_MS = 24 * 3_600_000
const LATER: Sent = {
  source: 'eu',
  trace: 1,
  id: 1,
  startNs: 0,
  lastsNs: 0,
  isError: false,
  service: 'litellm',
}
