import { expect, test } from 'vitest'
import {
  ACT_KINDS,
  BY_CHARS_MAX,
  NOTE_CHARS_MAX as NOTE_MAX,
} from '../../../../analyzer/incidents/act.ts'
import { effectOf, type IncidentState } from '../../../../analyzer/incidents/lifecycle.ts'
import {
  fittingActs,
  muteUntil,
  NAME_CHARS_MAX,
  NOTE_CHARS_MAX,
} from '../../../../dashboard/src/lib/acts.ts'

const STATES: readonly IncidentState[] = [
  { name: 'open', sinceMs: 0 },
  { name: 'acknowledged', sinceMs: 0, by: 'ana' },
  { name: 'resolved', sinceMs: 0, by: 'ana' },
  { name: 'regressed', sinceMs: 1, resolved: { name: 'resolved', sinceMs: 0, by: 'ana' } },
  { name: 'muted', sinceMs: 0, by: 'ana' },
]

test('no act is offered that the analyzer would refuse, and none that would change nothing', () => {
  for (const state of STATES) {
    for (const kind of fittingActs(state.name)) {
      const effect = effectOf({ kind, atMs: 5, by: 'bo', untilMs: 9 }, state)
      const expected = kind === 'note' ? 'nothing' : 'changes'
      expect([state.name, kind, effect.kind]).toEqual([state.name, kind, expected])
    }
  }
})

test('every act is offered in some state, with the limits of the analyzer', () => {
  const offered = new Set(STATES.flatMap(({ name }) => fittingActs(name)))
  expect([...offered].toSorted()).toEqual([...ACT_KINDS].toSorted())
  expect([NAME_CHARS_MAX, NOTE_CHARS_MAX]).toEqual([BY_CHARS_MAX, NOTE_MAX])
})

test('a mute ends in an hour, in a day, or not by itself', () => {
  const nowMs = Date.parse('2026-03-04T05:06:07.000Z')
  expect(muteUntil('hour', nowMs)).toBe('2026-03-04T06:06:07.000Z')
  expect(muteUntil('day', nowMs)).toBe('2026-03-05T05:06:07.000Z')
  expect(muteUntil('reopened', nowMs)).toBeUndefined()
})
