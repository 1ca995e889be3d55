import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import { answerIncident, listIncidents } from '../../../analyzer/api/answer-incidents.ts'
import type { IncidentContext } from '../../../analyzer/api/incident-context.ts'
import { performAct } from '../../../analyzer/api/perform-act.ts'
import type { ApiAnswer } from '../../../analyzer/api/query.ts'
import type { WireIncident } from '../../../analyzer/api/wire.ts'
import { INCIDENTS_OF_RULE_MAX } from '../../../analyzer/incidents/caps.ts'
import { fingerprintStory, OTHER } from '../../../analyzer/incidents/fingerprint.ts'
import { regressionTurns } from '../../../analyzer/incidents/lifecycle.ts'
import { openStore } from '../../../analyzer/store/open-store.ts'
import { buildStory } from '../../support/build-story.ts'
import { WIDE_LIMITS } from '../../support/open-test-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { buildOccurrence, buildVerdict, putVerdicts } from '../../support/verdicts.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const INCIDENT = 'inc-0000000000000001'

function stored(path = temporaryFolder()) {
  const clock = { nowMs: 0 }
  const environment = { now: () => clock.nowMs, log: () => undefined }
  const store = openStore({ path, limits: WIDE_LIMITS }, environment)
  const verdicts = store.openVerdicts()
  const acts = store.openActs(verdicts.actsUpTo())
  const close = (): void => {
    verdicts.close()
    acts.close()
  }
  onTestFinished(close)
  const context = (deriving = false): IncidentContext => {
    return { verdicts, acts, nowMs: clock.nowMs, deriving }
  }
  const see = (storyId: string, atMs: number): void =>
    putVerdicts(verdicts, buildVerdict(storyId, { atMs, wire: wireOf(storyId) }))
  const act = (kind: 'resolve' | 'acknowledge', atMs: number): WireIncident => {
    clock.nowMs = atMs
    return parse(
      performAct({ kind: 'act', incidentId: INCIDENT, act: { kind, by: 'ana' } }, context()),
    )
  }
  const incident = (nowMs: number): WireIncident => {
    clock.nowMs = nowMs
    return parse(answerIncident(INCIDENT, context()))
  }
  return { path, verdicts, acts, context, see, act, incident, close }
}

function wireOf(storyId: string): string {
  return JSON.stringify({ traceId: storyId, requestSpanId: 's', outcome: 'failed', route: 'a' })
}

const fingerprintOf = (index: number) =>
  fingerprintStory(buildStory({ source: 'litellm', route: `made up ${index}` }), {
    rule: 'r',
    cause: 'c',
  })

function parse(answer: ApiAnswer): WireIncident {
  if (answer.kind !== 'found') throw new Error(answer.what)
  return JSON.parse(answer.json) as WireIncident
}

const historyOf = ({ history }: WireIncident) =>
  history.map(({ kind, at }) => [kind, Date.parse(at)])

test('a resolved incident regresses, says why, and is acknowledged again', () => {
  const { see, act, incident } = stored()
  see('a', 1000)
  act('resolve', MINUTE_MS)
  see('b', 3 * MINUTE_MS)
  expect(incident(HOUR_MS).state).toBe('resolved')
  see('c', 30 * MINUTE_MS)
  see('d', 20 * MINUTE_MS)
  const regressed = incident(HOUR_MS)
  expect(regressed).toMatchObject({
    state: 'regressed',
    stateSince: new Date(20 * MINUTE_MS).toISOString(),
    stateBy: null,
    count: 4,
  })
  expect(regressed.history.at(-1)).toEqual({
    at: new Date(20 * MINUTE_MS).toISOString(),
    kind: 'regressed',
    by: null,
    state: 'regressed',
    note: null,
    until: null,
    why: 'a request failed in the same way more than 5 minutes after ana resolved it at 1970-01-01T00:01:00.000Z',
  })
  expect(act('acknowledge', 2 * HOUR_MS).state).toBe('acknowledged')
})

test('a regression that rested on a request which is withdrawn is taken back', () => {
  const { verdicts, see, act, incident } = stored()
  see('a', 1000)
  act('resolve', MINUTE_MS)
  see('b', 20 * MINUTE_MS)
  expect(incident(HOUR_MS).state).toBe('regressed')
  putVerdicts(verdicts, buildVerdict('b', { atMs: 20 * MINUTE_MS, occurrence: undefined }))
  expect(incident(HOUR_MS).state).toBe('resolved')
})

test('what was done to an incident that was withdrawn is told, and counts again when it comes again', () => {
  const { verdicts, see, act, context } = stored()
  const list = (filter = {}) => listIncidents({ windowMs: HOUR_MS, filter }, context())
  see('a', 1000)
  act('acknowledge', MINUTE_MS)
  expect(list().former).toEqual([])
  putVerdicts(verdicts, buildVerdict('a', { atMs: 1000, occurrence: undefined }))
  const done = { at: new Date(MINUTE_MS).toISOString(), kind: 'acknowledged', by: 'ana' }
  const former = [{ id: INCIDENT, acts: 1, done: [{ ...done, note: null, until: null }] }]
  expect(list()).toMatchObject({ incidents: [], former })
  expect(list({ idPrefix: 'inc-00', states: ['open'] }).former).toEqual(former)
  expect(list({ idPrefix: 'inc-f' }).former).toEqual([])
  expect(list({ rule: 'prefill-rejected' }).former).toEqual([])
  see('a', 1000)
  expect(list().former).toEqual([])
  expect(list().states.acknowledged).toBe(1)
})

test('of more than fifty that are no more the rest is counted, and found by its id', () => {
  const { acts, context } = stored()
  const list = (filter = {}) => listIncidents({ windowMs: HOUR_MS, filter }, context())
  for (let number = 0; number < 53; number += 1) {
    const id = `inc-${String(number).padStart(16, '0')}`
    acts.append(id, { kind: 'note', atMs: 1, by: 'ana', note: 'n' })
  }
  expect([list().former.length, list().formerMore]).toEqual([50, 3])
  const oldest = 'inc-0000000000000000'
  expect(list().former.map(({ id }) => id)).not.toContain(oldest)
  expect(list({ idPrefix: oldest })).toMatchObject({ former: [{ id: oldest }], formerMore: 0 })
  expect(list({ rule: 'prefill-rejected' }).formerMore).toBe(0)
})

test('while verdicts are made anew nothing is said to be gone', () => {
  const { acts, context } = stored()
  acts.append(INCIDENT, { kind: 'note', atMs: 1, by: 'ana', note: 'n' })
  const list = (deriving: boolean) =>
    listIncidents({ windowMs: HOUR_MS, filter: {} }, context(deriving))
  expect(list(true)).toMatchObject({ deriving: true, former: [] })
  expect(answerIncident(INCIDENT, context(true))).toMatchObject({
    kind: 'not-found',
    what: `There is no incident ${INCIDENT} yet: verdicts are being derived anew.`,
  })
  const resolve = { kind: 'resolve', by: 'ana' } as const
  const query = { kind: 'act', incidentId: INCIDENT, act: resolve } as const
  expect(performAct(query, context(true))).toMatchObject({ kind: 'refused', status: 503 })
  expect(performAct(query, context(false))).toMatchObject({ kind: 'not-found' })
  expect(acts.actsOf(INCIDENT)).toHaveLength(1)
  expect(list(false)).toMatchObject({ deriving: false, former: [{ id: INCIDENT, acts: 1 }] })
})

test('when it regressed stays known when the requests of that time have gone', () => {
  const { verdicts, acts, see, act, incident } = stored()
  see('a', 1000)
  act('resolve', MINUTE_MS)
  see('b', 20 * MINUTE_MS)
  see('c', 30 * MINUTE_MS)
  act('resolve', HOUR_MS)
  see('d', 3 * HOUR_MS)
  see('e', 50 * HOUR_MS)
  const before = historyOf(incident(50 * HOUR_MS))
  const limits = {
    requestAgeMsMax: HOUR_MS,
    requestsMax: Infinity,
    incidentAgeMsMax: 1000 * HOUR_MS,
  }
  const turns = (id: string) => regressionTurns(acts.actsOf(id))
  while (verdicts.prune(limits, 60 * HOUR_MS, turns)) continue
  expect(verdicts.requests({ limit: 10 }).requests).toHaveLength(1)
  expect(historyOf(incident(60 * HOUR_MS))).toEqual(before)
  expect(before.map(([kind]) => kind)).toEqual([
    'opened',
    'resolved',
    'regressed',
    'resolved',
    'regressed',
  ])
  expect(verdicts.verify()).toEqual([])
})

test('derived anew, in another order, incidents are in the same states', () => {
  const first = stored()
  const seen = [
    ['a', 1000],
    ['b', 20 * MINUTE_MS],
    ['c', 3 * HOUR_MS],
  ] as const
  for (const [storyId, atMs] of seen) first.see(storyId, atMs)
  first.act('resolve', HOUR_MS)
  const before = first.incident(5 * HOUR_MS)
  first.close()
  const file = new Database(join(first.path, 'verdicts.db'))
  file.exec('UPDATE progress SET derivation = 1')
  file.close()
  const again = stored(first.path)
  expect(again.verdicts.incidents()).toEqual([])
  for (const [storyId, atMs] of seen.toReversed()) again.see(storyId, atMs)
  const after = again.incident(5 * HOUR_MS)
  expect([after.state, after.history]).toEqual([before.state, before.history])
  expect(after.state).toBe('regressed')
})

test('acts stay in their order where the clock was put back', () => {
  const { see, act } = stored()
  see('a', 1000)
  act('acknowledge', HOUR_MS)
  const resolved = act('resolve', 2 * MINUTE_MS)
  expect(historyOf(resolved)).toEqual([
    ['opened', 1000],
    ['acknowledged', HOUR_MS],
    ['resolved', HOUR_MS],
  ])
})

test('incidents beyond the places of a rule share one, which says what was folded', () => {
  const { verdicts, context } = stored()
  const all = Array.from({ length: INCIDENTS_OF_RULE_MAX + 30 }, (_, index) => {
    const fingerprint = fingerprintOf(index)
    const occurrence = buildOccurrence(`s${index}`, { fingerprint, atMs: index })
    return buildVerdict(`s${index}`, { atMs: index, occurrence, wire: wireOf(`s${index}`) })
  })
  putVerdicts(verdicts, ...all)
  const { incidents, cut } = listIncidents({ windowMs: HOUR_MS, filter: {} }, context())
  expect([incidents.length, cut]).toEqual([INCIDENTS_OF_RULE_MAX + 1, false])
  const [other] = incidents.filter(({ cause }) => cause === OTHER)
  expect(other).toMatchObject({ count: 30, rule: 'r', source: 'litellm', route: OTHER })
  const shared = parse(answerIncident(other?.id ?? '', context()))
  expect(shared.folded).toMatchObject({ requests: 30, further: 10 })
  expect(shared.folded?.most[0]).toEqual({
    edge: { from: `made up ${INCIDENTS_OF_RULE_MAX + 29}`, to: null },
    provider: 'anthropic',
    cause: 'c',
    count: 1,
  })
  // What has a place keeps it, and what is taken back leaves the shared one.
  putVerdicts(verdicts, ...all)
  putVerdicts(verdicts, buildVerdict(`s${INCIDENTS_OF_RULE_MAX}`, { occurrence: undefined }))
  expect(parse(answerIncident(other?.id ?? '', context())).count).toBe(29)
  expect(parse(answerIncident(fingerprintOf(3).id, context())).folded).toBeNull()
  expect(verdicts.verify()).toEqual([])
})
