import { expect, onTestFinished, test } from 'vitest'

import type { JudgeLoop } from '../../../analyzer/settling/judge-loop.ts'
import type { SpanReader } from '../../../analyzer/store/store.ts'
import type { VerdictStore } from '../../../analyzer/store/verdict-store.ts'
import {
  buildWorld,
  deliveriesOf,
  loopOver,
  quickFolder,
  runOut,
  snapshotOf,
  SOURCE,
} from '../../support/metamorphic.ts'
import { arrivalOf } from '../../support/arrivals.ts'
import { openTestStore } from '../../support/open-test-store.ts'

// Invariant I12 for the judging thread: killed at any moment, it goes on from its watermark, and
// nothing that anyone sees differs. A request that counts twice, or never, would be silent.

const world = buildWorld(16, 7)
const TROUBLE = { seed: 3, duplicated: 0.2, delayed: 0.3, killed: 0 }

const ROUNDS = 10

class Killed extends Error {}

/** Every call of the judge's to a store; the one that is its last throws, before or after it. */
interface Fuse {
  callsLeft: number
  readonly after: boolean
}

function fused<T extends object>(store: T, fuse: Fuse): T {
  return new Proxy(store, {
    get: (target, key) => {
      const method: unknown = Reflect.get(target, key, target)
      if (typeof method !== 'function') return method
      return (...parameters: unknown[]): unknown => {
        fuse.callsLeft -= 1
        if (fuse.callsLeft === 0 && !fuse.after) throw new Killed()
        const result: unknown = method.apply(target, parameters)
        if (fuse.callsLeft === 0) throw new Killed()
        return result
      }
    },
  })
}

/** Judges the world, killed at this call and begun again; and how many calls that took. */
function judgeKilledAt(call: number, after: boolean) {
  const { store, writer, reader } = openTestStore({ path: quickFolder() })
  const verdicts = store.openVerdicts()
  onTestFinished(() => verdicts.close())
  const fuse: Fuse = { callsLeft: call, after }
  const clock = { nowMs: 0 }
  const newLoop = () =>
    loopOver({
      world,
      reader: fused<SpanReader>(reader, fuse),
      verdicts: fused<VerdictStore>(verdicts, fuse),
      clock,
    })
  let loop: JudgeLoop | undefined
  const orBeginAgain = (work: (loop: JudgeLoop) => void): void => {
    try {
      loop ??= newLoop()
      work(loop)
    } catch (error: unknown) {
      if (!(error instanceof Killed)) throw error
      loop = newLoop()
      work(loop)
    }
  }
  for (const { atMs, spans } of deliveriesOf(world, TROUBLE)) {
    clock.nowMs = atMs
    writer.append([arrivalOf(spans, { source: SOURCE, receivedAtMs: atMs })])
    orBeginAgain((judging) => judging.turn())
  }
  orBeginAgain((judging) => runOut(judging, clock))
  expect(verdicts.verify()).toEqual([])
  return {
    end: {
      shown: snapshotOf(verdicts),
      tallies: sorted(verdicts),
      unrecognised: loop?.unrecognised,
    },
    calls: call - fuse.callsLeft,
  }
}

/** What was judged first is tallied once, whatever was judged again after a crash. */
function sorted(verdicts: VerdictStore): unknown {
  return verdicts
    .tallies()
    .requests.map((one) => JSON.stringify(one))
    .toSorted()
}

test('killed at any call to a store, it ends where it would have ended', () => {
  const { end, calls } = judgeKilledAt(Number.MAX_SAFE_INTEGER, false)
  expect(calls).toBeGreaterThan(50)
  const step = Math.ceil(calls / ROUNDS)
  for (let call = 1; call <= calls; call += step) {
    for (const after of [false, true]) {
      expect(judgeKilledAt(call, after).end, `call ${call}, after ${after}`).toEqual(end)
    }
  }
})
