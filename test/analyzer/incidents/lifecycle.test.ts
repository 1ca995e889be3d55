import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { ACT_KINDS, type Act, type ActKind } from '../../../analyzer/incidents/act.ts'
import {
  effectOf,
  lifecycleOf,
  REGRESSION_GRACE_MS,
  regressionTurns,
  type IncidentState,
  type IncidentStateName,
} from '../../../analyzer/incidents/lifecycle.ts'

const GRACE = REGRESSION_GRACE_MS

function act(kind: ActKind, atMs: number, rest: Partial<Act> = {}): Act {
  return { kind, atMs, by: 'ana', ...rest }
}

/** Requests at these times, in whatever order. */
function seenAt(...atMss: readonly number[]) {
  return {
    firstSeenMs: Math.min(...atMss),
    firstAfter: (ms: number) => {
      const later = atMss.filter((atMs) => atMs > ms)
      return later.length === 0 ? undefined : Math.min(...later)
    },
  }
}

function lifeOf(acts: readonly Act[], atMss: readonly number[], nowMs = 10 ** 9) {
  return lifecycleOf(acts, seenAt(...atMss), nowMs)
}

describe('lifecycleOf', () => {
  test('an incident that nobody has touched is open since its first request', () => {
    const state = { name: 'open', sinceMs: 1000 }
    expect(lifeOf([], [3000, 1000])).toEqual({
      state,
      history: [{ kind: 'opened', atMs: 1000, state }],
    })
  })

  test('an acknowledged incident stays acknowledged while it goes on', () => {
    expect(lifeOf([act('acknowledge', 20)], [10, 10 ** 8]).state).toEqual({
      name: 'acknowledged',
      sinceMs: 20,
      by: 'ana',
    })
  })

  test('a resolved incident regresses on a request after the grace, not at its end', () => {
    const resolved = { name: 'resolved', sinceMs: 1000, by: 'ana' }
    expect(lifeOf([act('resolve', 1000)], [10, 1000 + GRACE]).state).toEqual(resolved)
    expect(lifeOf([act('resolve', 1000)], [10, 1001 + GRACE, 10 ** 8])).toEqual({
      state: { name: 'regressed', sinceMs: 1001 + GRACE, resolved },
      history: [
        expect.objectContaining({ kind: 'opened', atMs: 10 }),
        expect.objectContaining({ kind: 'act', atMs: 1000, state: resolved }),
        expect.objectContaining({ kind: 'regressed', atMs: 1001 + GRACE, resolved }),
      ],
    })
  })

  test('a request from before the resolving that arrives late regresses nothing', () => {
    expect(lifeOf([act('resolve', 1000)], [10, 500, 900]).state.name).toBe('resolved')
  })

  test('what it regressed to before the next act is told between them', () => {
    const acts = [act('resolve', 1000), act('acknowledge', 3 * GRACE, { by: 'bo' })]
    const { history, state } = lifeOf(acts, [10, 2 * GRACE])
    expect(history.map((entry) => [entry.kind, entry.atMs, entry.state.name])).toEqual([
      ['opened', 10, 'open'],
      ['act', 1000, 'resolved'],
      ['regressed', 2 * GRACE, 'regressed'],
      ['act', 3 * GRACE, 'acknowledged'],
    ])
    expect(state).toEqual({ name: 'acknowledged', sinceMs: 3 * GRACE, by: 'bo' })
  })

  test('each resolving has its own regression', () => {
    const acts = [act('resolve', GRACE), act('resolve', 10 * GRACE)]
    const { history } = lifeOf(acts, [10, 4 * GRACE, 8 * GRACE, 20 * GRACE])
    const regressed = history.filter(({ kind }) => kind === 'regressed').map(({ atMs }) => atMs)
    expect(regressed).toEqual([4 * GRACE, 20 * GRACE])
  })

  test('a mute ends by itself at its time, whether or not anything comes, and says so', () => {
    const acts = [act('mute', 20, { untilMs: 1000 })]
    expect(lifeOf(acts, [10, 500], 999).state).toEqual({
      name: 'muted',
      sinceMs: 20,
      by: 'ana',
      untilMs: 1000,
    })
    const { state, history } = lifeOf(acts, [10, 500], 1000)
    expect(state).toEqual({ name: 'open', sinceMs: 1000 })
    expect(history.at(-1)).toEqual({ kind: 'mute-ended', atMs: 1000, state })
  })

  test('a mute without an end stays, and a longer one takes the place of a shorter', () => {
    expect(lifeOf([act('mute', 20)], [10, 10 ** 8]).state.name).toBe('muted')
    const acts = [act('mute', 20, { untilMs: 100 }), act('mute', 50, { untilMs: 300 })]
    const { history } = lifeOf(acts, [10])
    expect(history.filter(({ kind }) => kind === 'mute-ended').map(({ atMs }) => atMs)).toEqual([
      300,
    ])
  })

  test('a note changes nothing and is kept where it was made', () => {
    const acts = [act('note', 20, { note: 'rolled back' }), act('resolve', 30)]
    const { history } = lifeOf(acts, [10])
    expect(history.map((entry) => (entry.kind === 'act' ? entry.act.note : undefined))).toEqual([
      undefined,
      'rolled back',
      undefined,
    ])
  })

  test('an act that has lost its meaning, for what was seen is known better, changes nothing', () => {
    // The regression that was acknowledged has been withdrawn since.
    const acts = [act('resolve', 1000), act('acknowledge', 3 * GRACE)]
    const { state, history } = lifeOf(acts, [10])
    expect(state.name).toBe('resolved')
    expect(history.at(-1)).toMatchObject({ kind: 'act', state: { name: 'resolved' } })
  })

  test('known from its later requests alone, it is in the same state', () => {
    // As after a derivation from spans of which the oldest are gone.
    const acts = [act('resolve', 1000)]
    const all = lifeOf(acts, [10, 500, 2 * GRACE, 3 * GRACE])
    expect(lifeOf(acts, [2 * GRACE, 3 * GRACE]).state).toEqual(all.state)
  })

  test('is a function of what was done and seen, and of no order of arrival', () => {
    const time = fc.integer({ min: 0, max: 8 * GRACE })
    const drawn = fc.record({
      kind: fc.constantFrom(...ACT_KINDS),
      atMs: time,
      untilMs: fc.option(time, { nil: undefined }),
    })
    fc.assert(
      fc.property(
        fc.array(drawn, { maxLength: 8 }),
        fc.uniqueArray(time, { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 8 * GRACE, max: 20 * GRACE }),
        (some, atMss, nowMs) => {
          const acts = some
            .toSorted((left, right) => left.atMs - right.atMs)
            .map(({ kind, atMs, untilMs }) =>
              act(kind, atMs, kind === 'mute' && untilMs !== undefined ? { untilMs } : {}),
            )
          const life = lifeOf(acts, atMss, nowMs)
          expect(lifeOf(acts, atMss.toReversed(), nowMs)).toEqual(life)
          expect(life.history.at(-1)?.state).toEqual(life.state)
          // What is remembered of requests that were pruned is enough.
          const turns = regressionTurns(acts)
          const kept = [
            Math.min(...atMss),
            ...turns.flatMap((turnMs) => seenAt(...atMss).firstAfter(turnMs) ?? []),
          ]
          expect(lifeOf(acts, kept, nowMs)).toEqual(life)
        },
      ),
      { numRuns: 500 },
    )
  })
})

const STATES: Readonly<Record<IncidentStateName, IncidentState>> = {
  open: { name: 'open', sinceMs: 1 },
  acknowledged: { name: 'acknowledged', sinceMs: 1, by: 'ana' },
  resolved: { name: 'resolved', sinceMs: 1, by: 'ana' },
  regressed: {
    name: 'regressed',
    sinceMs: 2,
    resolved: { name: 'resolved', sinceMs: 1, by: 'ana' },
  },
  muted: { name: 'muted', sinceMs: 1, by: 'ana' },
}

describe('effectOf', () => {
  test.each<[ActKind, IncidentStateName, IncidentStateName | 'nothing' | 'impossible']>([
    ['acknowledge', 'open', 'acknowledged'],
    ['acknowledge', 'regressed', 'acknowledged'],
    ['acknowledge', 'acknowledged', 'nothing'],
    ['acknowledge', 'resolved', 'impossible'],
    ['acknowledge', 'muted', 'impossible'],
    ['resolve', 'open', 'resolved'],
    ['resolve', 'acknowledged', 'resolved'],
    ['resolve', 'regressed', 'resolved'],
    ['resolve', 'muted', 'resolved'],
    ['resolve', 'resolved', 'nothing'],
    ['reopen', 'acknowledged', 'open'],
    ['reopen', 'resolved', 'open'],
    ['reopen', 'muted', 'open'],
    ['reopen', 'open', 'nothing'],
    ['reopen', 'regressed', 'nothing'],
    ['mute', 'open', 'muted'],
    ['mute', 'acknowledged', 'muted'],
    ['mute', 'resolved', 'muted'],
    ['mute', 'regressed', 'muted'],
    ['mute', 'muted', 'nothing'],
    ['note', 'open', 'nothing'],
    ['note', 'resolved', 'nothing'],
  ])('to %s what is %s: %s', (kind, before, expected) => {
    const effect = effectOf(act(kind, 50), STATES[before])
    expect(effect.kind === 'changes' ? effect.state.name : effect.kind).toBe(expected)
  })

  test('another person takes an acknowledged incident over', () => {
    const effect = effectOf(act('acknowledge', 50, { by: 'bo' }), STATES.acknowledged)
    expect(effect).toEqual({
      kind: 'changes',
      state: { name: 'acknowledged', sinceMs: 50, by: 'bo' },
    })
  })
})
