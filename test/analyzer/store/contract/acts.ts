import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'

import { ACT_KINDS, type Act } from '../../../../analyzer/incidents/act.ts'
import {
  ACTS_OF_INCIDENT_MAX,
  ANSWER_MS,
  type ActStore,
  type Appended,
} from '../../../../analyzer/store/act-store.ts'
import { emptyActs, ModelActStore } from '../../../support/model-acts.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

export interface ActEngine {
  readonly name: string
  /** Opens what an earlier call with the same folder has left. */
  readonly open: (folder: string, knownUpTo: number) => ActStore
}

const INCIDENT = 'inc-0000000000000001'
const OTHER = 'inc-0000000000000002'

function actAt(atMs: number, rest: Partial<Act> = {}): Act {
  return { kind: 'acknowledge', atMs, by: 'ana', ...rest }
}

/** What every engine must do with what people do: it can be made again from nothing. */
export function actContract({ name, open: openIn }: ActEngine): void {
  function open(folder = temporaryFolder(), knownUpTo = 0): ActStore {
    const store = openIn(folder, knownUpTo)
    onTestFinished(() => store.close())
    return store
  }

  /** Closed and opened again, as by a process that starts again. */
  function reopened(folder: string, store: ActStore): ActStore {
    const lastId = store.lastId()
    store.close()
    return open(folder, lastId)
  }

  describe(`acts in ${name}`, () => {
    test('are kept in the order in which they were done, with all that was said', () => {
      const folder = temporaryFolder()
      const store = open(folder)
      const acts = [
        actAt(10),
        actAt(20, { kind: 'note', note: "it's; DROP TABLE acts--\n'%_" }),
        actAt(20, { kind: 'mute', by: 'bo', untilMs: 5000, note: 'until the deploy' }),
      ]
      const ids = acts.map((each) => store.append(INCIDENT, each))
      expect(ids).toEqual([1, 2, 3].map((lastId) => ({ kind: 'kept', lastId })))
      const again = reopened(folder, store)
      expect(again.actsOf(INCIDENT)).toEqual(acts)
      expect(again.actsOf(OTHER)).toEqual([])
      expect(again.lastId()).toBe(3)
      expect(again.health()).toEqual({ trouble: undefined, losses: [] })
    })

    test('tell which incidents they are on, the one that was acted on last first', () => {
      const store = open()
      expect(store.incidents()).toEqual([])
      for (const incident of [INCIDENT, OTHER, INCIDENT]) store.append(incident, actAt(1))
      expect(store.incidents()).toEqual([INCIDENT, OTHER])
      store.append(OTHER, actAt(1))
      expect(store.incidents()).toEqual([OTHER, INCIDENT])
    })

    test('tell when a mute ends: behind the first time, and up to the second', () => {
      const store = open()
      store.append(INCIDENT, actAt(10, { kind: 'mute', untilMs: 500 }))
      store.append(OTHER, actAt(10, { kind: 'mute' }))
      const spans = [
        [499, 500],
        [500, 9000],
        [0, 499],
        [0, 9000],
      ] as const
      expect(spans.map(([after, to]) => store.hasMuteEndIn(after, to))).toEqual([
        true,
        false,
        false,
        true,
      ])
    })

    test('are bounded for each incident, and nothing is kept of what is too much', () => {
      const store = open()
      for (let atMs = 1; atMs <= ACTS_OF_INCIDENT_MAX; atMs += 1) {
        store.append(INCIDENT, actAt(atMs))
      }
      const full = { kind: 'full', of: 'incident', limit: ACTS_OF_INCIDENT_MAX }
      const answer = { key: 'k', digest: 'd' }
      expect(store.append(INCIDENT, actAt(900), answer)).toEqual(full)
      expect(store.actsOf(INCIDENT)).toHaveLength(ACTS_OF_INCIDENT_MAX)
      expect(store.answerTo('k')).toBeUndefined()
      expect(store.append(OTHER, actAt(900), answer).kind).toBe('kept')
    })

    test('go with their incidents, whole, and not before these are forgotten', () => {
      const store = open()
      store.append(INCIDENT, actAt(10))
      store.append(OTHER, actAt(10))
      store.append(OTHER, actAt(900))
      const forgetAll = (beforeMs: number): void => {
        while (store.forget(beforeMs, (id) => id !== INCIDENT)) continue
      }
      forgetAll(900)
      expect(store.actsOf(OTHER)).toHaveLength(2)
      forgetAll(901)
      expect(store.actsOf(OTHER)).toEqual([])
      expect(store.actsOf(INCIDENT)).toHaveLength(1)
      expect(store.append(INCIDENT, actAt(901))).toEqual({ kind: 'kept', lastId: 4 })
    })

    test('that are forgotten are many, and go step by step', () => {
      const store = open()
      const ids = Array.from({ length: 250 }, (_, index) => `inc-${index}`)
      for (const id of ids) store.append(id, actAt(10))
      let steps = 0
      while (store.forget(11, () => true) && steps < 250) steps += 1
      expect(store.incidents()).toEqual([])
    })
  })

  describe(`answers under a key in ${name}`, () => {
    test('are there with their act after a restart, and say whether it was refused', () => {
      const folder = temporaryFolder()
      const store = open(folder)
      store.append(INCIDENT, actAt(10), { key: 'k', digest: 'd' })
      expect(store.keepAnswer({ key: 'no', digest: 'e', refused: 'why' }, 11)).toEqual({
        kind: 'kept',
        lastId: 1,
      })
      const again = reopened(folder, store)
      expect(again.answerTo('k')).toEqual({ digest: 'd' })
      expect(again.answerTo('no')).toEqual({ digest: 'e', refused: 'why' })
      expect(again.answerTo('other')).toBeUndefined()
    })

    test('are given once: an act under a key that is taken is not done', () => {
      const store = open()
      store.append(INCIDENT, actAt(10), { key: 'k', digest: 'd' })
      expect(store.append(INCIDENT, actAt(11), { key: 'k', digest: 'e' }).kind).toBe('failed')
      expect(store.actsOf(INCIDENT)).toEqual([actAt(10)])
      expect(store.answerTo('k')).toEqual({ digest: 'd' })
      expect(store.append(INCIDENT, actAt(12))).toEqual({ kind: 'kept', lastId: 2 })
    })

    test('are forgotten after a day, and not a millisecond before', () => {
      const store = open()
      store.keepAnswer({ key: 'k', digest: 'd' }, 0)
      store.keepAnswer({ key: 'next', digest: 'd' }, ANSWER_MS)
      expect(store.answerTo('k')).toBeDefined()
      store.keepAnswer({ key: 'last', digest: 'd' }, ANSWER_MS + 1)
      expect(store.answerTo('k')).toBeUndefined()
      expect(store.answerTo('next')).toBeDefined()
    })
  })

  describe(`what router files meant in ${name}`, () => {
    test('is kept where it changed, and where it changed back, the latest first', () => {
      const folder = temporaryFolder()
      const store = open(folder)
      const readings = ['a', 'a', 'b', 'a'].map((hash, atMs) => ({ source: 'eu', hash, atMs }))
      for (const reading of readings) store.noteConfig(reading)
      store.noteConfig({ source: 'us', hash: 'a', atMs: 2 })
      const [first, , third, fourth] = readings
      const us = { source: 'us', hash: 'a', atMs: 2 }
      expect(reopened(folder, store).configReadings()).toEqual([fourth, us, third, first])
    })
  })

  describe(`acts that were lost in ${name}`, () => {
    test('are missed: all of them, or the last ones, and no id is given again', () => {
      const gone = open(temporaryFolder(), 5)
      expect(gone.health().losses).toMatchObject([{ how: 'missing', saved: 0 }])
      expect(gone.append(INCIDENT, actAt(9))).toEqual({ kind: 'kept', lastId: 6 })
      const folder = temporaryFolder()
      const whole = open(folder)
      for (const atMs of [1, 2, 3]) whole.append(INCIDENT, actAt(atMs))
      whole.close()
      const older = open(folder, 5)
      expect(older.health().losses).toMatchObject([{ how: 'older', saved: 3 }])
      expect(older.append(INCIDENT, actAt(9))).toEqual({ kind: 'kept', lastId: 6 })
      // Told once, and remembered.
      expect(reopened(folder, older).health().losses).toHaveLength(1)
    })
  })

  test(`whatever people do, ${name} holds what the model holds`, () => {
    const incidents = fc.constantFrom(INCIDENT, OTHER, 'inc-0000000000000003')
    const step = fc.oneof(
      fc.record({
        do: fc.constant('append' as const),
        incident: incidents,
        kind: fc.constantFrom(...ACT_KINDS),
        key: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
        untilMs: fc.option(fc.nat(100), { nil: undefined }),
      }),
      fc.record({ do: fc.constant('forget' as const), incident: incidents, beforeMs: fc.nat(40) }),
      fc.record({ do: fc.constant('reopen' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const folder = temporaryFolder()
        let store = openIn(folder, 0)
        const model = new ModelActStore(emptyActs(), { knownUpTo: 0, nowMs: 0 })
        const kinds = steps.map((each, atMs) => {
          if (each.do === 'append') {
            return [store, model].map((one) => appendTo(one, each, atMs).kind)
          }
          if (each.do === 'forget') {
            const isForgotten = (id: string): boolean => id === each.incident
            return [store, model].map((one) => one.forget(each.beforeMs, isForgotten))
          }
          const knownUpTo = store.lastId()
          store.close()
          store = openIn(folder, knownUpTo)
          return [knownUpTo, model.lastId()]
        })
        expect(kinds.map(([real]) => real)).toEqual(kinds.map(([, expected]) => expected))
        expect(factsOf(store)).toEqual(factsOf(model))
        store.close()
      }),
      { numRuns: 25 },
    )
  })
}

interface Done {
  readonly incident: string
  readonly kind: Act['kind']
  readonly key: string | undefined
  readonly untilMs: number | undefined
}

function appendTo(store: ActStore, { incident, kind, key, untilMs }: Done, atMs: number): Appended {
  const act = actAt(atMs, { kind, ...(untilMs !== undefined && { untilMs }) })
  return store.append(incident, act, key === undefined ? undefined : { key, digest: kind })
}

function factsOf(store: ActStore) {
  const incidents = store.incidents()
  return {
    incidents,
    acts: incidents.map((id) => store.actsOf(id)),
    answers: ['a', 'b', 'c'].map((key) => store.answerTo(key)),
    lastId: store.lastId(),
    mutes: Array.from({ length: 100 }, (_, ms) => store.hasMuteEndIn(ms, ms + 1)),
  }
}
