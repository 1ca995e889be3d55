import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  GAP_MINUTES,
  toEpisodes,
  type Episode,
  type IncidentTimes,
} from '../../../analyzer/incidents/episodes.ts'

function incident(id: string, over: Partial<IncidentTimes> = {}): IncidentTimes {
  return {
    id,
    source: 's',
    providers: ['openai'],
    targets: [`${id}/1`],
    reasons: ['overloaded'],
    minutes: minutesOf(100, 101, 102),
    ...over,
  }
}

function minutesOf(...minutes: readonly number[]): IncidentTimes['minutes'] {
  return minutes.map((minute) => ({ minute, count: 1 }))
}

function groupsOf(episodes: readonly Episode[]): readonly (readonly string[])[] {
  return episodes.map(({ incidents }) => incidents)
}

describe('one outage is one episode', () => {
  test('incidents of one provider and root cause at one time', () => {
    const episodes = toEpisodes([incident('a'), incident('b', { minutes: minutesOf(102, 105) })])
    expect(episodes).toMatchObject([
      {
        source: 's',
        providers: ['openai'],
        targets: ['a/1', 'b/1'],
        reasons: ['overloaded'],
        fromMinute: 100,
        toMinute: 105,
        count: 5,
        incidents: ['a', 'b'],
      },
    ])
    expect(episodes[0]?.id).toMatch(/^epi-[0-9a-f]{16}$/u)
  })

  test('incidents of one deployment, whose provider no span names', () => {
    const one = { providers: [], targets: ['main/1'] }
    expect(groupsOf(toEpisodes([incident('a', one), incident('b', one)]))).toEqual([['a', 'b']])
  })

  test('a third that overlaps the second joins the first, which it never met', () => {
    const episodes = toEpisodes([
      incident('a', { minutes: minutesOf(100, 105) }),
      incident('c', { minutes: minutesOf(130, 138) }),
      incident('b', { minutes: minutesOf(105, 112, 121) }),
    ])
    expect(groupsOf(episodes)).toEqual([['a', 'b', 'c']])
  })

  test('a third that shares the provider with one and the deployment with the other', () => {
    const episodes = toEpisodes([
      incident('a', { providers: ['openai'], targets: ['x'] }),
      incident('b', { providers: ['azure'], targets: ['y'] }),
      incident('c', { providers: ['openai'], targets: ['y'] }),
    ])
    expect(groupsOf(episodes)).toEqual([['a', 'b', 'c']])
  })

  test.each([
    ['another source', { source: 'other' }],
    ['another provider and deployment', { providers: ['azure'], targets: ['x'] }],
    ['another root cause', { reasons: ['auth'] }],
    ['nobody that is named', { providers: [], targets: [] }],
    ['no reason that is named', { reasons: ['unknown'] }],
    ['another time', { minutes: minutesOf(103 + GAP_MINUTES) }],
  ])('%s is another one', (_, over) => {
    const both = [
      incident('a', 'reasons' in over ? { reasons: over.reasons } : {}),
      incident('b', over),
    ]
    const apart = 'reasons' in over && over.reasons[0] === 'auth'
    const [first, second] = apart ? [incident('a'), incident('b', over)] : both
    expect(toEpisodes([first, second].filter((one) => one !== undefined))).toHaveLength(2)
  })

  test('an incident that comes back the next day is part of two, and of none in between', () => {
    const long = incident('a', { minutes: minutesOf(100, 101, 1540, 1541) })
    const between = incident('b', { minutes: minutesOf(800) })
    const episodes = toEpisodes([long, between])
    expect(episodes.map(({ incidents, fromMinute }) => [incidents, fromMinute])).toEqual([
      [['a'], 1540],
      [['b'], 800],
      [['a'], 100],
    ])
  })

  test('what was counted per hour stands for the hour', () => {
    const hours = [60, 120, 180].map((minute) => ({ minute, count: 9, minutes: 60 }))
    expect(toEpisodes([incident('a', { minutes: hours })])).toMatchObject([
      { fromMinute: 60, toMinute: 239, count: 27 },
    ])
  })

  test('keeps its id when it goes on and when others join it', () => {
    const [before] = toEpisodes([incident('a')])
    const [after] = toEpisodes([
      incident('a', { minutes: minutesOf(100, 101, 102, 103, 110) }),
      incident('b', { minutes: minutesOf(104) }),
    ])
    expect(after?.id).toBe(before?.id)
  })
})

const someIncidents = fc
  .uniqueArray(
    fc.record({
      id: fc.integer({ min: 0, max: 30 }).map((number) => `inc-${number}`),
      source: fc.constantFrom('s', 't'),
      providers: fc.uniqueArray(fc.constantFrom('p', 'q', 'r'), { maxLength: 2 }),
      targets: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { maxLength: 2 }),
      reasons: fc.uniqueArray(fc.constantFrom('overloaded', 'auth', 'unknown'), { maxLength: 2 }),
      minutes: fc
        .uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 12 })
        .map((list) => minutesOf(...list.toSorted((left, right) => left - right))),
    }),
    { selector: ({ id }) => id, maxLength: 10 },
  )
  .map((list): readonly IncidentTimes[] => list)

describe('whatever the incidents', () => {
  test('their order changes nothing', () => {
    fc.assert(
      fc.property(
        someIncidents.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(toEpisodes(shuffled)).toEqual(toEpisodes(list))
        },
      ),
    )
  })

  test('each of their requests is in exactly one episode, and each id is one', () => {
    fc.assert(
      fc.property(someIncidents, (list) => {
        const episodes = toEpisodes(list)
        const total = list
          .flatMap(({ minutes }) => minutes)
          .reduce((sum, { count }) => sum + count, 0)
        expect(episodes.reduce((sum, { count }) => sum + count, 0)).toBe(total)
        expect(new Set(episodes.map(({ id }) => id)).size).toBe(episodes.length)
        for (const { id, minutes } of list) {
          for (const { minute } of minutes) {
            const own = episodes.filter(
              (one) =>
                one.incidents.includes(id) && one.fromMinute <= minute && one.toMinute >= minute,
            )
            expect(own.length).toBeGreaterThanOrEqual(1)
          }
        }
      }),
    )
  })

  test('two that share whom and why and a minute are in one, whatever else there is', () => {
    fc.assert(
      fc.property(someIncidents, (list) => {
        const episodes = toEpisodes(list)
        for (const left of list) {
          for (const right of list) {
            if (!sharesOutage(left, right)) continue
            const minute = left.minutes.find((one) =>
              right.minutes.some((other) => other.minute === one.minute),
            )?.minute
            if (minute === undefined) continue
            const areBothIn = ({ incidents, fromMinute, toMinute }: Episode) =>
              incidents.includes(left.id) &&
              incidents.includes(right.id) &&
              fromMinute <= minute &&
              toMinute >= minute
            const two = left === right ? [left] : [left, right]
            expect(toEpisodes(two).filter(areBothIn)).toHaveLength(1)
            // Another run of one of them may be in a further one that overlaps this.
            expect(episodes.filter(areBothIn)).not.toEqual([])
          }
        }
      }),
      { examples: [[OVERLAPPING_EPISODES]] },
    )
  })
})

/** Joined by its target, the second run of one is in an outage that began before its first. */
const OVERLAPPING_EPISODES: IncidentTimes[] = [
  { id: 'inc-0', source: 't', providers: [], targets: ['x'], ...overloadedIn(0, 1) },
  { id: 'inc-2', source: 't', providers: ['r'], targets: [], ...overloadedIn(0, 11) },
  { id: 'inc-1', source: 't', providers: ['r'], targets: ['x'], ...overloadedIn(11) },
]

function overloadedIn(...minutes: readonly number[]) {
  return { reasons: ['overloaded'], minutes: minutesOf(...minutes) }
}

function sharesOutage(left: IncidentTimes, right: IncidentTimes): boolean {
  return (
    left.source === right.source &&
    (share(left.providers, right.providers) || share(left.targets, right.targets)) &&
    share(left.reasons, right.reasons)
  )
}

function share(one: readonly string[], other: readonly string[]): boolean {
  return one.some((name) => name !== 'unknown' && other.includes(name))
}
