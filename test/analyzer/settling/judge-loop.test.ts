import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import { JudgeLoop } from '../../../analyzer/settling/judge-loop.ts'
import type { SpanReader } from '../../../analyzer/store/store.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import {
  ATTR_ATTEMPT_KIND,
  ATTR_ATTEMPT_NUMBER,
  ATTR_ATTEMPT_ROUTE,
  ATTR_FAILURE_PHASE,
  ATTR_FAILURE_REASON,
  ATTR_OUTCOME,
  ATTR_ROUTE,
  ATTR_SCHEMA,
  SCOPE_NAME,
} from '../../../collector/vocabulary.ts'
import { arrivalOf } from '../../support/arrivals.ts'
import { openTestStore } from '../../support/open-test-store.ts'
import { buildSpan } from '../../support/otlp.ts'

const SETTLE_MS = 15_000
const scope = { name: SCOPE_NAME, version: '' }
const LITELLM = { name: 'litellm', version: '1.109.1' }
const ERROR = { code: 'error', message: '' } as const

/** The reader itself, with its look-ups of traces counted. */
function counting(reader: SpanReader, lookUps: { count: number }): SpanReader {
  return {
    readAfter: (position, limit) => reader.readAfter(position, limit),
    spansOf: (source, traceId) => {
      lookUps.count += 1
      return reader.spansOf(source, traceId)
    },
    trace: (traceId) => reader.trace(traceId),
    failuresIn: (source, range, limit) => reader.failuresIn(source, range, limit),
    startsIn: (source, range, limit) => reader.startsIn(source, range, limit),
    counts: () => reader.counts(),
    close: () => reader.close(),
  }
}

/** A store on disk, a judge over it, and a clock that only the test moves. */
function court() {
  const { path: folder, store, writer, reader } = openTestStore()
  const verdicts = store.openVerdicts()
  onTestFinished(() => verdicts.close())
  const clock = { nowMs: 1_000_000, stepMs: 0 }
  const lookUps = { count: 0 }
  const logged: string[] = []
  const newLoop = (): JudgeLoop =>
    new JudgeLoop({
      reader: counting(reader, lookUps),
      verdicts,
      routerConfigs: new Map(),
      settleMs: SETTLE_MS,
      isStoreTrouble: (error) => store.isTrouble(error),
      now: () => (clock.nowMs += clock.stepMs),
      log: (line) => logged.push(line),
    })
  let loop = newLoop()
  return {
    folder,
    clock,
    lookUps,
    turn: () => loop.turn(),
    verdicts,
    logged,
    receive: (...spans: readonly Span[]) =>
      writer.append([arrivalOf(spans, { source: 's', receivedAtMs: clock.nowMs })]),
    after: (ms: number) => {
      clock.nowMs += ms
      for (let turns = 0; loop.turn().more && turns < 100; turns += 1) continue
      return verdicts.requests({ limit: 100 }).requests.map(({ wire }) => {
        const { outcome, attempts } = JSON.parse(wire) as { outcome: string; attempts: unknown[] }
        return `${outcome} ${attempts.length}`
      })
    },
    crash: () => {
      loop = newLoop()
    },
    lastPosition: () => reader.readAfter(0, 1e6).at(-1)?.position,
    pending: () => loop.countPending(),
    unrecognised: () => loop.unrecognised,
    withoutRequest: () => loop.withoutRequest,
  }
}

const request = buildSpan({
  scope,
  attributes: { [ATTR_SCHEMA]: 1, [ATTR_OUTCOME]: 'failed', [ATTR_ROUTE]: 'main' },
})
const attempt = buildSpan({
  scope,
  kind: 'client',
  name: 'chat model',
  spanId: '00000000000000aa',
  parentSpanId: request.spanId,
  status: { code: 'error', message: '' },
  attributes: {
    [ATTR_ATTEMPT_NUMBER]: 1,
    [ATTR_ATTEMPT_KIND]: 'initial',
    [ATTR_ATTEMPT_ROUTE]: 'main',
    [ATTR_FAILURE_REASON]: 'server-error',
    [ATTR_FAILURE_PHASE]: 'before_headers',
  },
})

test('a request of ours is judged two seconds after its request span, and not before', () => {
  const { receive, after, pending } = court()
  receive(attempt, request)
  expect(after(1999)).toEqual([])
  expect(pending()).toBe(1)
  expect(after(1)).toEqual(['failed 1'])
  expect(pending()).toBe(0)
})

test('without its request span nothing is said for half an hour', () => {
  const { receive, after } = court()
  receive(attempt)
  expect(after(34 * 60_000)).toEqual([])
  receive(request)
  expect(after(2000)).toEqual(['failed 1'])
})

test('a trace that never falls silent is judged nevertheless, and holds nothing back', () => {
  const { after, receive, verdicts, lastPosition } = court()
  for (let number = 1; number <= 1000; number += 1) {
    receive(buildSpan({ scope: LITELLM, spanId: number.toString(16).padStart(16, '0') }))
    after(10_000)
  }
  const { judgedUpTo } = verdicts.progress()
  expect(judgedUpTo).toBeGreaterThan((lastPosition() ?? 0) - 500)
})

test('what was received while the clock was ahead is judged once it is put back', () => {
  const { clock, after, receive, pending } = court()
  clock.nowMs += 24 * 3_600_000
  receive(attempt, request)
  expect(pending()).toBe(1)
  expect(after(0)).toEqual([])
  clock.nowMs -= 24 * 3_600_000
  expect(after(0)).toEqual([])
  expect(after(2000)).toEqual(['failed 1'])
})

test('others are judged when nothing of theirs has come for the settling time', () => {
  const { receive, after, pending } = court()
  const root = buildSpan({ scope: LITELLM, name: 'POST /v1/chat/completions' })
  const pendingAfter = (ms: number): number => {
    after(ms)
    return pending()
  }
  receive(root)
  expect(pendingAfter(SETTLE_MS - 1)).toBe(1)
  receive({ ...root, spanId: '00000000000000bb', parentSpanId: root.spanId, kind: 'client' })
  expect(pendingAfter(SETTLE_MS - 1)).toBe(1)
  expect(pendingAfter(1)).toBe(0)
})

test('a late span re-opens its request at once, for the request span is there', () => {
  const { receive, after } = court()
  receive(request)
  expect(after(2000)).toEqual(['failed 0'])
  after(60_000)
  receive(attempt)
  expect(after(0)).toEqual(['failed 0'])
  expect(after(2000)).toEqual(['failed 1'])
})

test('the same span again changes nothing', () => {
  const { receive, after, pending, verdicts } = court()
  receive(attempt, request)
  after(2000)
  const incidents = verdicts.incidents()
  receive(request, attempt)
  after(5000)
  expect(pending()).toBe(0)
  expect(verdicts.incidents()).toEqual(incidents)
})

test('after a crash it goes on from its watermark, and counts nothing twice', () => {
  const { receive, after, crash, verdicts } = court()
  receive(attempt, request)
  after(2000)
  const before = [verdicts.incidents(), verdicts.requests({ limit: 10 })]
  // This one holds the watermark back, so that what follows is read again.
  receive({ ...attempt, traceId: 'ab'.repeat(16) })
  receive({ ...request, traceId: 'cd'.repeat(16) }, { ...attempt, traceId: 'cd'.repeat(16) })
  expect(after(2000)).toEqual(['failed 1', 'failed 1'])
  const judged = [verdicts.incidents(), verdicts.requests({ limit: 10 })]
  expect(judged).not.toEqual(before)
  crash()
  after(0)
  expect([verdicts.incidents(), verdicts.requests({ limit: 10 })]).toEqual(judged)
  receive({ ...request, traceId: 'ab'.repeat(16) })
  expect(after(2000)).toHaveLength(3)
})

test('a lost watermark costs time only: everything is judged again to the same end', () => {
  const { receive, after, crash, verdicts } = court()
  receive(attempt, request)
  after(2000)
  const judged = [verdicts.incidents(), verdicts.requests({ limit: 10 })]
  verdicts.replace([], { judgedUpTo: 0, unrecognised: 0, withoutRequest: 0 })
  crash()
  after(0)
  expect([verdicts.incidents(), verdicts.requests({ limit: 10 })]).toEqual(judged)
})

test('spans that nobody understands are counted, beside recognised ones they are not', () => {
  const { receive, after, unrecognised } = court()
  const foreign = buildSpan({ scope: { name: 'web', version: '' }, spanId: '00000000000000cc' })
  receive(request, foreign)
  receive({ ...foreign, traceId: 'ef'.repeat(16) })
  after(SETTLE_MS)
  expect(unrecognised()).toBe(1)
})

test('spans that are understood and hold no request are counted, also over a crash', () => {
  const { receive, after, unrecognised, withoutRequest, crash } = court()
  const healthCheck = buildSpan({
    scope: LITELLM,
    name: 'auth /health',
    spanId: '00000000000000dd',
    traceId: 'ab'.repeat(16),
  })
  const embedding = buildSpan({
    scope: { name: 'app', version: '' },
    traceId: 'ac'.repeat(16),
    attributes: { 'gen_ai.operation.name': 'embeddings', 'gen_ai.request.model': 'm' },
  })
  receive(request, attempt)
  receive(embedding)
  after(SETTLE_MS)
  expect([unrecognised(), withoutRequest()]).toEqual([0, 1])
  crash()
  expect([unrecognised(), withoutRequest()]).toEqual([0, 1])
  receive(healthCheck)
  after(SETTLE_MS)
  expect(unrecognised()).toBe(0)
})

test('a thousand requests at once are all judged', () => {
  const { receive, after, pending, verdicts } = court()
  const many = Array.from({ length: 1000 }, (_, index) => ({
    ...request,
    traceId: (index + 1).toString(16).padStart(32, '0'),
  }))
  receive(...many)
  after(2000)
  expect(pending()).toBe(0)
  const all = many.filter(({ traceId }) => verdicts.requestsOfTrace(traceId).length === 1)
  expect(all).toHaveLength(1000)
})

test('a span from the end of time is judged, and stops nobody', () => {
  const { receive, after, pending } = court()
  const last = 2n ** 63n - 1n
  const end = { startTimeNs: last - 1n, endTimeNs: last, status: ERROR }
  receive(
    buildSpan({ scope: LITELLM, traceId: 'ab'.repeat(16), kind: 'client', ...end }),
    buildSpan({
      scope: LITELLM,
      traceId: 'cd'.repeat(16),
      kind: 'internal',
      name: 'litellm_request',
      ...end,
    }),
    request,
  )
  expect(after(SETTLE_MS)).toContain('failed 0')
  expect(pending()).toBe(0)
})

/** A second connection to what the court has on disk. */
function alter(folder: string, file: string, sql: string): void {
  const database = new Database(join(folder, file))
  database.exec(sql)
  database.close()
}

const OTHER = { ...request, traceId: 'cd'.repeat(16) }

test('stored spans that cannot be read are said in one line, and the others are judged', () => {
  const { receive, after, pending, logged, folder } = court()
  receive(request)
  receive({ ...request, traceId: 'ef'.repeat(16) })
  receive(OTHER)
  alter(folder, 'segments/000001.hot.db', "UPDATE chunks SET bytes = x'ff' WHERE row < 3")
  expect(after(2000)).toEqual(['failed 0'])
  expect(pending()).toBe(0)
  const said = logged.filter((line) => line.includes('cannot be read'))
  expect(said).toEqual([expect.stringMatching(/^2 stored spans .* \(the first at \d+\)/u)])
})

test('a verdict that cannot be kept is said, and the others are', () => {
  const { receive, after, pending, logged, folder, verdicts, lastPosition } = court()
  receive(request)
  receive(OTHER)
  alter(
    folder,
    'verdicts.db',
    `CREATE TRIGGER refuse BEFORE INSERT ON requests WHEN hex(NEW.story) LIKE '01${request.traceId}%'
     BEGIN SELECT RAISE(ABORT, 'refused'); END`,
  )
  expect(after(2000)).toEqual(['failed 0'])
  expect(pending()).toBe(0)
  expect(verdicts.progress().judgedUpTo).toBe(lastPosition())
  expect(logged.join()).toContain(`trace ${request.traceId} was not judged`)
})

test('trouble of the disk is no fault of a trace: nothing counts as judged', () => {
  const { receive, after, pending, folder, verdicts, crash } = court()
  receive(request)
  after(0)
  const blocker = new Database(join(folder, 'verdicts.db'))
  blocker.exec('BEGIN IMMEDIATE')
  expect(() => after(2000)).toThrow('locked')
  expect(verdicts.progress().judgedUpTo).toBe(0)
  blocker.exec('ROLLBACK')
  blocker.close()
  crash()
  expect(after(0)).toEqual(['failed 0'])
  expect(pending()).toBe(0)
})

/** A router in process exports each attempt as a trace of its own: all may be one request. */
function failedCalls(count: number): readonly Span[] {
  return Array.from({ length: count }, (_, index) =>
    buildSpan({
      scope: LITELLM,
      traceId: (index + 1).toString(16).padStart(32, '0'),
      kind: 'internal',
      name: 'litellm_request',
      status: ERROR,
      startTimeNs: 1_760_000_000_000_000_000n + BigInt(index) * 100_000n,
      endTimeNs: 1_760_000_000_050_000_000n + BigInt(index) * 100_000n,
    }),
  )
}

test('a crowd is judged without reading the whole of it again for each of its traces', () => {
  const { receive, after, pending, lookUps } = court()
  const failed = failedCalls(600)
  receive(...failed)
  after(2 * SETTLE_MS)
  // Told from what was read when it came.
  expect(lookUps.count).toBe(0)
  receive(...failed.map((call) => ({ ...call, spanId: '00000000000000bb' })))
  after(SETTLE_MS)
  after(SETTLE_MS)
  expect(pending()).toBe(0)
  expect(lookUps.count).toBeGreaterThanOrEqual(600)
  expect(lookUps.count).toBeLessThan(3 * 600)
})

test('what waited on disk is told once, of all that came before it had settled', () => {
  const { receive, clock, crash, turn, verdicts } = court()
  const others = Array.from({ length: 9000 }, (_, index) =>
    buildSpan({ traceId: (index + 1).toString(16).padStart(32, 'f') }),
  )
  receive(attempt)
  clock.nowMs += 500
  receive(...others)
  clock.nowMs += 500
  receive(request)
  crash()
  clock.nowMs += 3_600_000
  const told = new Set<string>()
  while (turn().more) {
    for (const { wire } of verdicts.requests({ limit: 100 }).requests) told.add(wire)
  }
  expect(told.size).toBe(1)
  expect(JSON.parse([...told].join(''))).toMatchObject({ outcome: 'failed' })
})

test('to ask how much waits reads no further into a backlog than it is judged', () => {
  const { receive, after, clock, crash, pending } = court()
  for (const batch of [1, 2, 3]) {
    const spans = Array.from({ length: 4000 }, (_, index) =>
      buildSpan({ traceId: (batch * 10_000 + index).toString(16).padStart(32, 'f') }),
    )
    receive(...spans)
    clock.nowMs += 60_000
  }
  crash()
  // By the time of the second the first is due; the third waits on disk.
  expect(pending()).toBe(8000)
  after(60_000)
  expect(pending()).toBe(0)
})

test('a turn ends when its time is over, so that questions are answered in between', () => {
  const { receive, after, clock, turn, pending } = court()
  receive(...failedCalls(5))
  after(0)
  clock.nowMs += SETTLE_MS
  clock.stepMs = 60
  expect(turn()).toEqual({ more: true, changed: true })
  clock.stepMs = 0
  after(0)
  expect(pending()).toBe(0)
})
