import { join } from 'node:path'

import Database from 'better-sqlite3'
import { array, assert, integer, nat, property, shuffledSubarray } from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Pick } from '../../../../../../analyzer/rules/window/picks.ts'
import type { Incident } from '../../../../../../analyzer/incidents/incident.ts'
import { openVerdictStore } from '../../../../../../analyzer/store/sqlite/verdicts/open-verdict-store.ts'
import type { Verdict, VerdictStore } from '../../../../../../analyzer/store/verdict-store.ts'
import { temporaryFolder } from '../../../../../support/temporary-folder.ts'
import { buildVerdict, NO_PROGRESS } from '../../../../../support/verdicts.ts'

/** A whole minute. */
const START_MS = 1_700_000_040_000
const DAY_MS = 86_400_000

function openNew(): VerdictStore {
  return openVerdictStore(join(temporaryFolder(), 'verdicts.db'), { nowMs: 0, log: () => {} })
}

function pick(over: Partial<Pick> & { readonly endMs: number }): Pick {
  return {
    target: 'main/1',
    provider: 'openai',
    result: 'failed',
    reason: 'connection',
    isFirst: true,
    answeredByOther: true,
    isSure: true,
    beganMs: over.endMs - 100,
    ...over,
  }
}

/** A request that its first target failed, and another one answered half a second later. */
function rescued(number: number, atMs: number, route = 'chat'): Verdict {
  return verdict(number, atMs, {
    route,
    outcome: 'rescued',
    picks: [
      pick({ endMs: atMs - 500 }),
      pick({
        target: 'backup/1',
        provider: 'anthropic',
        result: 'alive',
        reason: undefined,
        isFirst: false,
        endMs: atMs,
      }),
    ],
  })
}

function answered(number: number, atMs: number): Verdict {
  const alive = pick({ result: 'alive', reason: undefined, endMs: atMs })
  return verdict(number, atMs, { route: 'chat', outcome: 'ok', picks: [alive] })
}

function verdict(number: number, atMs: number, over: Partial<Verdict>): Verdict {
  const traceId = number.toString(16).padStart(32, '0')
  return buildVerdict(`${traceId}-${'0'.repeat(15)}1`, {
    traceIds: [traceId],
    atMs,
    occurrence: undefined,
    findings: [],
    ...over,
  })
}

function put(store: VerdictStore, verdicts: readonly Verdict[]): void {
  store.replace(
    verdicts.map((one) => ({ source: one.source, traceIds: one.traceIds, verdicts: [one] })),
    NO_PROGRESS,
  )
}

/** Dead for eight minutes: a request every ten seconds. */
const OUTAGE = Array.from({ length: 48 }, (_, index) =>
  rescued(index, START_MS + 1000 + index * 10_000),
)

function shownOf({ rule, count, firstSeenMs, lastSeenMs, summary, fingerprint }: Incident) {
  return { rule, count, firstSeenMs, lastSeenMs, summary, fingerprint }
}

/** What `/metrics` tells of it. */
function foundIn(store: VerdictStore): Readonly<Record<string, number>> {
  return Object.fromEntries(store.tallies().findings.map(({ rule, judged }) => [rule, judged]))
}

function endOf(store: VerdictStore): unknown {
  const incidents = store.incidents()
  return incidents
    .map((incident) => ({
      ...shownOf(incident),
      shownBy: store.occurrences(incident.fingerprint.id, 100).map(({ storyId }) => storyId),
    }))
    .toSorted((left, right) => (left.fingerprint.id < right.fingerprint.id ? -1 : 1))
}

describe('what is found in windows', () => {
  test('is an incident of the route and the target, once for each minute in which it is so', () => {
    const store = openNew()
    put(store, OUTAGE)
    expect(store.incidents().map(shownOf)).toMatchObject([
      {
        rule: 'fallback-sustained',
        count: 3,
        firstSeenMs: START_MS + 5 * 60_000,
        lastSeenMs: START_MS + 7 * 60_000,
        fingerprint: {
          ingredients: {
            source: 'litellm',
            from: 'chat',
            to: '',
            provider: 'openai',
            cause: 'main/1',
          },
        },
      },
    ])
    expect(store.verify()).toEqual([])
    store.close()
  })

  test('is shown by requests: the newest that the target failed in each of the minutes', () => {
    const store = openNew()
    put(store, OUTAGE)
    const [incident] = store.incidents()
    const shownBy = store.occurrences(incident?.fingerprint.id ?? '', 10)
    expect(shownBy.map(({ atMs }) => (atMs - START_MS) / 1000)).toEqual([471, 411, 351])
    store.close()
  })

  test('is withdrawn where one late answer shows that the target was alive', () => {
    const store = openNew()
    put(store, OUTAGE)
    put(store, [answered(1000, START_MS + 4 * 60_000 + 30_000)])
    expect(store.incidents()).toEqual([])
    expect(store.verify()).toEqual([])
    store.close()
  })

  test('comes back where that answer is taken back', () => {
    const store = openNew()
    put(store, OUTAGE)
    const late = answered(1000, START_MS + 4 * 60_000 + 30_000)
    put(store, [late])
    store.replace([{ source: late.source, traceIds: late.traceIds, verdicts: [] }], NO_PROGRESS)
    const whole = openNew()
    put(whole, OUTAGE)
    expect(endOf(store)).toEqual(endOf(whole))
    store.close()
    whole.close()
  })

  test('counts once in the tallies, in whatever steps it is found, taken back and found again', () => {
    const whole = openNew()
    put(whole, OUTAGE)
    expect(foundIn(whole)).toEqual({ 'fallback-sustained': 3 })
    whole.close()
    const store = openNew()
    for (const one of OUTAGE) put(store, [one])
    const late = answered(1000, START_MS + 4 * 60_000 + 30_000)
    put(store, [late])
    store.replace([{ source: late.source, traceIds: late.traceIds, verdicts: [] }], NO_PROGRESS)
    put(store, OUTAGE)
    expect(foundIn(store)).toEqual({ 'fallback-sustained': 3 })
    store.close()
  })

  test('counts no more in the tallies when all of it is derived anew', () => {
    const file = join(temporaryFolder(), 'verdicts.db')
    const before = openVerdictStore(file, { nowMs: 0, log: () => {} })
    put(before, OUTAGE)
    before.close()
    const database = new Database(file)
    database.exec('UPDATE progress SET derivation = 0')
    database.close()
    const store = openVerdictStore(file, { nowMs: 0, log: () => {} })
    expect(store.incidents()).toEqual([])
    put(store, OUTAGE)
    expect(store.incidents()).toHaveLength(1)
    expect(foundIn(store)).toEqual({ 'fallback-sustained': 3 })
    store.close()
  })

  test('does not mix routes or sources', () => {
    const store = openNew()
    const halves = OUTAGE.map((one, index) =>
      index % 6 === 0 ? one : { ...one, route: `other ${index % 6}` },
    )
    put(store, halves)
    expect(store.incidents()).toEqual([])
    put(
      store,
      OUTAGE.map((one, index) => ({
        ...one,
        source: index % 6 === 0 ? 'litellm' : `s${index % 6}`,
      })),
    )
    expect(store.incidents()).toEqual([])
    expect(store.verify()).toEqual([])
    store.close()
  })

  test('outlives its requests, with one of them as its example', () => {
    const store = openNew()
    put(store, OUTAGE)
    const limits = { requestAgeMsMax: DAY_MS, requestsMax: Infinity, incidentAgeMsMax: 90 * DAY_MS }
    const nowMs = START_MS + 3 * DAY_MS
    for (let steps = 0; store.prune(limits, nowMs) && steps < 100; steps += 1) continue
    expect(store.requests({ limit: 100 }).requests).toHaveLength(1)
    const [incident] = store.incidents()
    expect(incident).toMatchObject({ rule: 'fallback-sustained', count: 3 })
    expect(store.occurrences(incident?.fingerprint.id ?? '', 10)).toHaveLength(1)
    expect(store.verify()).toEqual([])
    // And is forgotten with it.
    for (let steps = 0; store.prune(limits, nowMs + 90 * DAY_MS) && steps < 100; steps += 1)
      continue
    expect(store.incidents()).toEqual([])
    store.close()
  })

  test('is the same in whatever order verdicts come, in whatever steps, however often', () => {
    const truth = [...OUTAGE, answered(500, START_MS + 9 * 60_000)]
    const burst = Array.from({ length: 30 }, (_, index) =>
      rescued(2000 + index, START_MS + 20 * 60_000 + index * 1000, 'burst'),
    )
    const all = [...truth, ...burst]
    const expected = openNew()
    put(expected, all)
    const end = endOf(expected)
    expect(expected.incidents().map(({ rule }) => rule)).toContain('cooldown-missed')
    const found = foundIn(expected)
    expected.close()
    assert(
      property(
        shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
        array(nat(all.length - 1), { maxLength: 20 }),
        integer({ min: 1, max: 40 }),
        (shuffled, provisional, step) => {
          const store = openNew()
          // Some were judged before all of their spans were there: as failures, a moment earlier.
          const early = provisional.flatMap((index) => {
            const one = all[index]
            if (one === undefined) return []
            const picks = (one.picks ?? []).map((each) => ({ ...each, endMs: each.endMs - 50_000 }))
            return [{ ...one, atMs: one.atMs - 40_000, outcome: 'failed', picks }]
          })
          put(store, early)
          for (let at = 0; at < shuffled.length; at += step) {
            put(store, shuffled.slice(at, at + step))
          }
          put(store, shuffled.slice(0, 7))
          expect(endOf(store)).toEqual(end)
          // What was found too early, and was not so, is not taken from what was counted.
          for (const [rule, count] of Object.entries(found)) {
            expect(foundIn(store)[rule]).toBeGreaterThanOrEqual(count)
          }
          expect(store.verify()).toEqual([])
          store.close()
        },
      ),
      { numRuns: 25 },
    )
  })
})
