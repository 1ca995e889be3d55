import { expect, onTestFinished, test } from 'vitest'

import { JudgeLoop } from '../../../analyzer/settling/judge-loop.ts'
import type { SpanReader } from '../../../analyzer/store/store.ts'
import type { VerdictStore } from '../../../analyzer/store/verdict-store.ts'
import { arrivalOf } from '../../support/arrivals.ts'
import { quickFolder } from '../../support/metamorphic.ts'
import { openTestStore } from '../../support/open-test-store.ts'
import { buildOutage } from '../../support/outage.ts'

// In an outage every attempt of a router in process fails, and each may belong to any that is near.
// Judging has to keep up then of all times: what it does for one request must not grow with how
// many have failed before it. Counted, for time depends on the machine.

const START_MS = 1_760_000_000_000
const SETTLE_MS = 15_000
const STEP_MS = 200
const SOURCE = 'router'

/** Of one request, on average. */
interface Work {
  readonly tracesRead: number
  readonly tracesTold: number
  /** Times that the spans of a time were asked for. */
  readonly timesRead: number
}

function judgeOutage(requests: number, perSecond: number): Work {
  const outage = buildOutage({ mode: '1.97.0/sdk-v1', requests, perSecond, startMs: START_MS })
  const { store, writer, reader } = openTestStore({ path: quickFolder() })
  const verdicts = store.openVerdicts()
  onTestFinished(() => verdicts.close())
  const clock = { nowMs: START_MS }
  const work = { read: 0, told: 0, times: 0 }
  const loop = new JudgeLoop({
    reader: countingReads(reader, work),
    verdicts: countingTold(verdicts, work),
    routerConfigs: new Map([[SOURCE, outage.routerConfig]]),
    settleMs: SETTLE_MS,
    isStoreTrouble: () => true,
    now: () => clock.nowMs,
    log: (line) => {
      throw new Error(line)
    },
  })
  const inStep = (perSecond * STEP_MS) / 1000
  for (let at = 0; at < requests; at += inStep) {
    clock.nowMs += STEP_MS
    const spans = outage.requests.slice(at, at + inStep).flat()
    writer.append([arrivalOf(spans, { source: SOURCE, receivedAtMs: clock.nowMs })])
    loop.turn()
  }
  while (loop.countPending() > 0) {
    clock.nowMs += STEP_MS
    while (loop.turn().more) continue
  }
  expect(verdicts.verify()).toEqual([])
  return {
    tracesRead: work.read / requests,
    tracesTold: work.told / requests,
    timesRead: work.times / requests,
  }
}

function countingReads(reader: SpanReader, work: { read: number; times: number }): SpanReader {
  return {
    readAfter: (position, limit) => reader.readAfter(position, limit),
    spansOf: (source, traceId) => {
      work.read += 1
      return reader.spansOf(source, traceId)
    },
    trace: (traceId) => reader.trace(traceId),
    failuresIn: (source, range, limit) => {
      work.times += 1
      return reader.failuresIn(source, range, limit)
    },
    startsIn: (source, range, limit) => {
      work.times += 1
      return reader.startsIn(source, range, limit)
    },
    counts: () => reader.counts(),
    close: () => reader.close(),
  }
}

function countingTold(verdicts: VerdictStore, work: { told: number }): VerdictStore {
  return new Proxy(verdicts, {
    get(target, key) {
      if (key === 'replace') {
        const replace: VerdictStore['replace'] = (judgements, progress) => {
          for (const { traceIds } of judgements) work.told += traceIds.length
          target.replace(judgements, progress)
        }
        return replace
      }
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('failures in a crowd are each read and told a time or two, however many there are', () => {
  const { tracesRead, tracesTold, timesRead } = judgeOutage(700, 100)
  expect(tracesRead).toBeLessThan(2)
  expect(tracesTold).toBeLessThan(2)
  // Each second of theirs once, and not for each of them.
  expect(timesRead).toBeLessThan(0.2)
}, 120_000)

test('a group that grows for as long as an outage lasts is not told anew with each failure', () => {
  const { tracesRead, tracesTold } = judgeOutage(150, 5)
  expect(tracesRead).toBeLessThan(2)
  // It is told whole each time: with each failure it would be dozens of times.
  expect(tracesTold).toBeLessThan(20)
}, 120_000)
