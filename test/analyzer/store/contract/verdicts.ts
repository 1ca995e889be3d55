import { describe, expect, onTestFinished, test } from 'vitest'

import type {
  RequestFilter,
  RequestPlace,
  Verdict,
  VerdictStore,
} from '../../../../analyzer/store/verdict-store.ts'
import { OTHER_ROUTE } from '../../../../analyzer/store/verdict-tallies.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import {
  buildOccurrence,
  buildVerdict,
  NO_PROGRESS,
  putVerdicts,
} from '../../../support/verdicts.ts'

export interface VerdictEngine {
  readonly name: string
  /** Opens what an earlier call with the same folder has left. */
  readonly open: (folder: string) => VerdictStore
}

const MINUTE_MS = 60_000
const INCIDENT = 'inc-0000000000000001'
const text = (words: string) => ({ wire: JSON.stringify({ words }) })
const everything = { fromMs: 0, toMs: 10 * MINUTE_MS }

function idsOf(store: VerdictStore, filter: RequestFilter): readonly string[] {
  return store.requests(filter).requests.map((request) => request.storyId)
}

function storyOf(traceId: string): string {
  return `${traceId}-${'12'.repeat(8)}`
}

function hexOf(number: number): string {
  return number.toString(16).padStart(32, '0')
}

/** What every engine must do with verdicts. */
const placeOf = (storyId: string): RequestPlace => ({ atMs: 3, storyId, source: 'litellm' })

export function verdictContract({ name, open: openIn }: VerdictEngine): void {
  function open(folder = temporaryFolder()): VerdictStore {
    const store = openIn(folder)
    onTestFinished(() => {
      expect(store.verify()).toEqual([])
      store.close()
    })
    return store
  }

  describe(`verdicts in ${name}`, () => {
    test('progress is kept with them', () => {
      const folder = temporaryFolder()
      const before = openIn(folder)
      expect(before.progress()).toEqual(NO_PROGRESS)
      before.replace([], { judgedUpTo: 7, unrecognised: 3, withoutRequest: 5 })
      before.close()
      expect(open(folder).progress()).toEqual({ judgedUpTo: 7, unrecognised: 3, withoutRequest: 5 })
    })

    test('what each source was seen to send is kept, each once, and goes with its requests', () => {
      const folder = temporaryFolder()
      const before = openIn(folder)
      const sender = { dialect: 'gen-ai', library: 'ai', release: '5.0', mode: 'x', api: 'chat' }
      putVerdicts(
        before,
        buildVerdict('a', { sender }),
        buildVerdict('b', { sender: { dialect: 'litellm-v1', minor: 97, api: 'messages' } }),
        buildVerdict('c', { sender }),
      )
      const seen = [
        { source: 'litellm', sender },
        { source: 'litellm', sender: { dialect: 'litellm-v1', minor: 97, api: 'messages' } },
      ]
      expect(before.senders()).toEqual(seen)
      before.close()
      const store = open(folder)
      expect(store.senders()).toEqual(seen)
      const ages = {
        requestAgeMsMax: MINUTE_MS,
        requestsMax: Infinity,
        incidentAgeMsMax: MINUTE_MS,
      }
      store.prune(ages, 20 * MINUTE_MS)
      expect(store.senders()).toEqual([])
    })

    test('a source that makes up senders without end has only its newest kept', () => {
      const store = open()
      for (let number = 0; number < 100; number += 1) {
        const sender = { dialect: 'gen-ai', library: `library-${number}`, api: 'chat' }
        putVerdicts(store, buildVerdict(`story-${number}`, { sender, atMs: 1000 + number }))
      }
      const kept = store.senders().map(({ sender }) => sender.library)
      expect(kept).toHaveLength(64)
      expect(kept).toContain('library-99')
      expect(kept).not.toContain('library-0')
    })

    test('many of one commit are found by their names, those taken back in it by none', () => {
      const store = open()
      const judgements = Array.from({ length: 150 }, (_, number) => {
        const verdict = buildVerdict(storyOf(hexOf(number)), { names: [`model-${number % 3}`] })
        return { source: 'litellm', traceIds: [hexOf(number)], verdicts: [verdict] }
      })
      const [first, second] = judgements
      if (first === undefined || second === undefined) throw new Error('there are none')
      const renamed = second.verdicts.map((verdict) => ({ ...verdict, names: ['other'] }))
      const again = [
        { ...first, verdicts: [] },
        { ...second, verdicts: renamed },
      ]
      store.replace([...judgements, ...again], NO_PROGRESS)
      const count = (words: string) => idsOf(store, { limit: 1000, text: words }).length
      expect(['model-0', 'model-1', 'model-2', 'other'].map(count)).toEqual([49, 49, 50, 1])
      expect(idsOf(store, { limit: 1000, outcome: 'failed' })).toHaveLength(149)
    })

    test('one told by another source stands beside it, and pages show both', () => {
      const store = open()
      const traceIds = [hexOf(1)]
      const verdict = buildVerdict(storyOf(hexOf(1)), { traceIds })
      const told = (source: string) => ({
        source,
        traceIds,
        verdicts: [{ ...verdict, source }],
      })
      store.replace([told('litellm'), told('other'), told('litellm')], NO_PROGRESS)
      expect(idsOf(store, { limit: 9, source: 'litellm' })).toEqual([verdict.storyId])
      expect(idsOf(store, { limit: 9, source: 'other' })).toEqual([verdict.storyId])
      const [first] = store.requests({ limit: 1 }).requests
      const [second] = store.requests({ limit: 1, ...(first && { before: first }) }).requests
      expect(new Set([first?.source, second?.source])).toEqual(new Set(['litellm', 'other']))
      expect(store.requests({ limit: 1, ...(second && { before: second }) }).requests).toEqual([])
      store.replace([{ source: 'other', traceIds, verdicts: [] }], NO_PROGRESS)
      expect(store.requestsOfTrace(hexOf(1)).map(({ source }) => source)).toEqual(['litellm'])
      expect(store.verify()).toEqual([])
    })

    test('the same again changes nothing', () => {
      const store = open()
      const all = [buildVerdict('a'), buildVerdict('b', { atMs: 2 * MINUTE_MS })]
      putVerdicts(store, ...all)
      const seen = () => [
        store.incidents(),
        store.overview(everything, MINUTE_MS),
        store.requests({ limit: 10 }),
        store.callers(INCIDENT, 10),
        store.tallies(),
      ]
      const before = seen()
      putVerdicts(store, ...all)
      expect(seen()).toEqual(before)
      expect(store.incident(INCIDENT)).toMatchObject({
        count: 2,
        firstSeenMs: 1000,
        lastSeenMs: 2 * MINUTE_MS,
      })
    })

    test('the order of requests makes no difference to their incident', () => {
      const all = [
        buildVerdict('a', { atMs: 3000 }),
        buildVerdict('b', { atMs: 1000 }),
        buildVerdict('c', { atMs: 3000 }),
      ]
      const forwards = open()
      for (const each of all) putVerdicts(forwards, each)
      const backwards = open()
      for (const each of all.toReversed()) putVerdicts(backwards, each)
      expect(forwards.incidents()).toEqual(backwards.incidents())
      expect(forwards.incidents()[0]?.summary).toBe('summary of c')
    })

    test('a verdict that no longer holds withdraws its part of the incident', () => {
      const store = open()
      putVerdicts(store, buildVerdict('a', { atMs: 1000 }), buildVerdict('b', { atMs: 2000 }))
      putVerdicts(
        store,
        buildVerdict('b', { atMs: 2000, occurrence: undefined, outcome: 'rescued' }),
      )
      expect(store.incidents()).toMatchObject([
        { count: 1, firstSeenMs: 1000, lastSeenMs: 1000, summary: 'summary of a' },
      ])
      putVerdicts(store, buildVerdict('a', { atMs: 1000, occurrence: undefined }))
      expect(store.incidents()).toEqual([])
      expect(store.callers(INCIDENT, 10)).toEqual([])
    })

    test('a request that moves to another incident leaves the first', () => {
      const store = open()
      putVerdicts(store, buildVerdict('a'), buildVerdict('b'))
      const { fingerprint } = buildOccurrence('b')
      const other = { ...fingerprint, id: 'inc-0000000000000002' }
      putVerdicts(
        store,
        buildVerdict('b', { occurrence: buildOccurrence('b', { fingerprint: other }) }),
      )
      const counts = store.incidents().map((each) => [each.fingerprint.id, each.count])
      expect(new Map(counts as [string, number][])).toEqual(
        new Map([
          [INCIDENT, 1],
          ['inc-0000000000000002', 1],
        ]),
      )
    })

    test('an incident whose only request is judged again is the same incident', () => {
      const store = open()
      putVerdicts(store, buildVerdict('a', { atMs: 5000 }))
      const before = store.incidents()
      putVerdicts(store, buildVerdict('a', { atMs: 5000 }))
      expect(store.incidents()).toEqual(before)
    })

    test('a joined request replaces those of all its traces', () => {
      const store = open()
      putVerdicts(store, buildVerdict('a', { traceIds: ['t1'] }))
      putVerdicts(store, buildVerdict('b', { traceIds: ['t2'] }))
      const joined = buildVerdict('a', { traceIds: ['t1', 't2'], outcome: 'rescued' })
      store.replace(
        [{ source: 'litellm', traceIds: ['t1', 't2'], verdicts: [joined] }],
        NO_PROGRESS,
      )
      expect(store.requests({ limit: 10 }).requests).toHaveLength(1)
      expect(store.requestsOfTrace('t2').map((request) => request.storyId)).toEqual(['a'])
      expect(store.incidents()[0]?.count).toBe(1)
      expect(store.toldWith('litellm', 't2').toSorted()).toEqual(['t1', 't2'])
      putVerdicts(store, buildVerdict('b', { traceIds: ['t2'] }))
      expect(store.toldWith('litellm', 't2')).toEqual([])
      expect(store.toldWith('litellm', 't1')).toEqual(['t1'])
    })

    test('a trace that runs through two sources keeps the requests of both', () => {
      const store = open()
      const traceId = 'ab'.repeat(16)
      const own = `${traceId}-${'12'.repeat(8)}`
      putVerdicts(store, buildVerdict(own, { traceIds: [traceId] }))
      store.replace(
        [
          {
            source: 'app',
            traceIds: [traceId],
            verdicts: [buildVerdict('b', { source: 'app', traceIds: [traceId] })],
          },
        ],
        NO_PROGRESS,
      )
      expect(store.requestsOfTrace(traceId).map((request) => request.storyId)).toEqual(['b', own])
      expect(idsOf(store, { limit: 10, source: 'app' })).toEqual(['b'])
    })

    test('the overview counts outcomes, rules, buckets and the unrescued share', () => {
      const store = open()
      putVerdicts(
        store,
        buildVerdict('a', { atMs: 1000 }),
        buildVerdict('b', { atMs: 2.5 * MINUTE_MS, outcome: 'rescued', findings: [] }),
        buildVerdict('c', { atMs: 2.6 * MINUTE_MS, outcome: 'ok', eligible: false, findings: [] }),
        buildVerdict('d', { atMs: 99 * MINUTE_MS }),
      )
      const overview = store.overview(everything, MINUTE_MS)
      expect(overview).toMatchObject({ eligible: 2, unrescued: 1 })
      expect(Object.fromEntries(overview.outcomes)).toEqual({ failed: 1, rescued: 1, ok: 1 })
      expect(overview.rules).toEqual([{ rule: 'r', title: 'A title', severity: 'high', count: 1 }])
      expect(overview.buckets).toEqual([
        { bucket: 0, outcome: 'failed', count: 1 },
        { bucket: 2, outcome: 'ok', count: 1 },
        { bucket: 2, outcome: 'rescued', count: 1 },
      ])
    })

    test('an incident has its newest requests, its callers and its sparkline', () => {
      const store = open()
      putVerdicts(
        store,
        buildVerdict('a', { atMs: MINUTE_MS }),
        buildVerdict('b', { atMs: 3 * MINUTE_MS, caller: 'team red' }),
        buildVerdict('c', { atMs: 3.5 * MINUTE_MS }),
      )
      expect(store.occurrences(INCIDENT, 2).map((request) => request.storyId)).toEqual(['c', 'b'])
      expect(store.callers(INCIDENT, 10)).toEqual([
        { name: 'team blue', count: 2 },
        { name: 'team red', count: 1 },
      ])
      const range = { fromMs: 0, toMs: 4 * MINUTE_MS }
      expect(store.sparkline(INCIDENT, range, MINUTE_MS)).toEqual([0, 1, 0, 2])
      expect(store.occurrences('inc-ffffffffffffffff', 2)).toEqual([])
      expect(store.sparkline('inc-ffffffffffffffff', range, 2 * MINUTE_MS)).toEqual([0, 0])
    })

    test('requests are listed newest first, in pages, and filtered', () => {
      const store = open()
      putVerdicts(
        store,
        buildVerdict('a', { atMs: 1, ...text('100%_sure') }),
        buildVerdict('b', { atMs: 2, route: 'other', ...text('plain') }),
        buildVerdict('c', { atMs: 3, outcome: 'ok', findings: [], ...text("it's; DROP TABLE--") }),
      )
      expect(idsOf(store, { limit: 10 })).toEqual(['c', 'b', 'a'])
      expect(idsOf(store, { limit: 1 })).toEqual(['c'])
      expect(idsOf(store, { limit: 10, before: placeOf('c') })).toEqual(['b', 'a'])
      expect(idsOf(store, { limit: 10, before: placeOf('gone') })).toContain('a')
      expect(idsOf(store, { limit: 10, outcome: 'ok' })).toEqual(['c'])
      expect(idsOf(store, { limit: 10, route: 'other' })).toEqual(['b'])
      expect(idsOf(store, { limit: 10, route: 'other', outcome: 'ok' })).toEqual([])
      expect(idsOf(store, { limit: 10, route: 'unheard of' })).toEqual([])
      expect(idsOf(store, { limit: 10, rule: 'r' })).toEqual(['b', 'a'])
      expect(idsOf(store, { limit: 10, text: '100%_s' })).toEqual(['a'])
      expect(idsOf(store, { limit: 10, text: '%' })).toEqual(['a'])
      expect(idsOf(store, { limit: 10, text: "'s; DROP TABLE" })).toEqual(['c'])
    })

    test('all pages together are all requests, each once, many of one millisecond among them', () => {
      const store = open()
      const all = Array.from({ length: 1500 }, (_, index) =>
        buildVerdict(`${index}`, { atMs: index < 1300 ? 5 : index, occurrence: undefined }),
      )
      for (let from = 0; from < all.length; from += 100) {
        putVerdicts(store, ...all.slice(from, from + 100))
      }
      const seen: string[] = []
      let before: RequestPlace | undefined
      do {
        const { requests } = store.requests({ limit: 70, ...(before && { before }) })
        seen.push(...requests.map(({ storyId }) => storyId))
        before = requests.at(-1)
      } while (before !== undefined)
      expect(new Set(seen).size).toBe(1500)
      expect(seen).toHaveLength(1500)
    })

    test('requests are found by trace id and by what they are called', () => {
      const store = open()
      const first = 'ab'.repeat(16)
      const second = 'cd'.repeat(16)
      const third = 'abababab'.padEnd(32, '0')
      putVerdicts(
        store,
        buildVerdict(storyOf(first), { atMs: 1, traceIds: [first, second] }),
        buildVerdict(storyOf(third), { atMs: 2, traceIds: [third], names: ['claude-sonnet-4-6'] }),
      )
      expect(idsOf(store, { limit: 10, text: first })).toEqual([storyOf(first)])
      expect(idsOf(store, { limit: 10, text: second.toUpperCase() })).toEqual([storyOf(first)])
      expect(idsOf(store, { limit: 10, text: 'abababab' })).toEqual([
        storyOf(third),
        storyOf(first),
      ])
      expect(idsOf(store, { limit: 10, text: 'abababab', route: 'no' })).toEqual([])
      expect(idsOf(store, { limit: 10, text: 'SONNET' })).toEqual([storyOf(third)])
      expect(idsOf(store, { limit: 10, text: 'a' })).toEqual([storyOf(third), storyOf(first)])
      expect(idsOf(store, { limit: 10, text: 'team blue' })).toHaveLength(2)
    })

    test('text that is no name is looked for as far back as can be read, and that is said', () => {
      const store = open()
      for (let from = 0; from < 12_000; from += 500) {
        putVerdicts(
          store,
          ...Array.from({ length: 500 }, (_, index) =>
            buildVerdict(`s${from + index}`, {
              atMs: 1_000_000 + from + index,
              occurrence: undefined,
              findings: [],
              ...text(from + index === 3 ? 'a needle' : 'hay'),
            }),
          ),
        )
      }
      const { requests, searchedTo } = store.requests({ limit: 10, text: 'needle' })
      expect(requests).toEqual([])
      if (searchedTo === undefined) throw new Error('it does not say how far it has searched')
      expect(searchedTo.atMs).toBe(1_000_000 + 2000)
      const rest = store.requests({ limit: 10, text: 'needle', before: searchedTo })
      expect(rest.requests.map(({ storyId }) => storyId)).toEqual(['s3'])
      expect(rest.searchedTo).toBeUndefined()
    })

    test('routes beyond two hundred of a source are counted as one', () => {
      const store = open()
      putVerdicts(
        store,
        ...Array.from({ length: 250 }, (_, index) =>
          buildVerdict(`s${index}`, { atMs: index, route: `route-${index}` }),
        ),
      )
      const routes = new Map(store.tallies().requests.map(({ route, judged }) => [route, judged]))
      expect(routes.size).toBe(201)
      expect(routes.get(OTHER_ROUTE)).toBe(50)
      expect(idsOf(store, { limit: 10, route: 'route-249' })).toEqual(['s249'])
    })

    test('old requests go, an incident keeps its newest and its count, and goes later', () => {
      const store = open()
      const hour = 60 * MINUTE_MS
      const limits = { requestAgeMsMax: hour, requestsMax: Infinity, incidentAgeMsMax: 100 * hour }
      putVerdicts(store, buildVerdict('a', { atMs: 1000 }), buildVerdict('b', { atMs: 2000 }))
      while (store.prune(limits, 5 * hour)) continue
      expect(idsOf(store, { limit: 10 })).toEqual(['b'])
      expect(store.incidents()[0]).toMatchObject({ count: 2, firstSeenMs: 1000 })
      expect(store.callers(INCIDENT, 1)).toEqual([{ name: 'team blue', count: 2 }])
      while (store.prune({ ...limits, incidentAgeMsMax: hour }, 5 * hour)) continue
      expect(store.incidents()).toEqual([])
      while (store.prune(limits, 5 * hour)) continue
      expect(idsOf(store, { limit: 10 })).toEqual([])
    })

    test('which traces were told together is forgotten with their requests', () => {
      const store = open()
      const hour = 60 * MINUTE_MS
      const [old, young] = ['01', '02'].map((digits) => digits.repeat(16))
      const tell = (traceIds: readonly string[], atMs: number): void => {
        const [first = ''] = traceIds
        const verdict = buildVerdict(storyOf(first), { traceIds, atMs, occurrence: undefined })
        store.replace([{ source: 'litellm', traceIds, verdicts: [verdict] }], NO_PROGRESS)
      }
      tell([old ?? '', 'a further one'], 1000)
      tell([young ?? '', 'another one'], 4 * hour)
      while (
        store.prune(
          { requestAgeMsMax: 2 * hour, requestsMax: Infinity, incidentAgeMsMax: 99 * hour },
          5 * hour,
        )
      ) {
        continue
      }
      expect(store.toldWith('litellm', old ?? '')).toEqual([])
      expect(store.toldWith('litellm', 'a further one')).toEqual([])
      expect(store.toldWith('litellm', young ?? '')).toHaveLength(2)
    })

    test('counts outlive their requests, by the hour, and end with the incidents', () => {
      const store = open()
      const hour = 60 * MINUTE_MS
      const limits = {
        requestAgeMsMax: 2 * hour,
        requestsMax: Infinity,
        incidentAgeMsMax: 50 * hour,
      }
      const minutes = [10, 10.5, 59, 61, 130, 199]
      putVerdicts(
        store,
        ...minutes.map((minute) => buildVerdict(`at ${minute}`, { atMs: minute * MINUTE_MS })),
      )
      while (store.prune(limits, 4 * hour)) continue
      const perHour = (fromMs: number) =>
        store
          .overview({ fromMs, toMs: fromMs + 4 * hour }, hour)
          .buckets.map(({ bucket, count }) => [bucket, count])
      expect(perHour(0)).toEqual([
        [0, 3],
        [1, 1],
        [2, 1],
        [3, 1],
      ])
      expect(idsOf(store, { limit: 10 })).toEqual(['at 199', 'at 130'])
      // What is known of the past is not changed by what is judged anew.
      putVerdicts(store, buildVerdict('at 130', { atMs: 130 * MINUTE_MS, outcome: 'ok' }))
      expect(perHour(0).map(([, count]) => count)).toEqual([3, 1, 1, 1])
      while (store.prune(limits, 53 * hour)) continue
      expect(perHour(0)).toEqual([[3, 1]])
    })

    test('of more requests than are kept the oldest go by whole hours, and their counts stay', () => {
      const store = open()
      const hour = 60 * MINUTE_MS
      const nowMs = 9.5 * hour
      const limits = { requestAgeMsMax: 99 * hour, requestsMax: 5, incidentAgeMsMax: 99 * hour }
      const hours = [1.1, 2.2, 2.8, 3.3, 3.6, 4.4, 8.5]
      putVerdicts(
        store,
        ...hours.map((each) =>
          buildVerdict(`at ${each}`, { atMs: Math.round(each * hour), occurrence: undefined }),
        ),
      )
      const counted = (): number =>
        store
          .overview({ fromMs: 0, toMs: 10 * hour }, hour)
          .buckets.reduce((sum, { count }) => sum + count, 0)
      const prune = (requestsMax: number): readonly string[] => {
        while (store.prune({ ...limits, requestsMax }, nowMs)) continue
        expect(counted()).toBe(hours.length)
        return idsOf(store, { limit: 10 })
      }
      expect(prune(7)).toHaveLength(7)
      expect(prune(6)).toHaveLength(6)
      // Of the hour in which there is one too many nothing is kept.
      expect(prune(5)).toEqual(['at 8.5', 'at 4.4', 'at 3.6', 'at 3.3'])
      expect(prune(3)).toEqual(['at 8.5', 'at 4.4'])
      // The last full hour is not given up, however many there are.
      expect(prune(0)).toEqual(['at 8.5'])
    })

    test('what was judged is tallied once, and what is taken back beside it', () => {
      const store = open()
      const judged = () =>
        store.tallies().requests.map((each) => [each.outcome, each.judged, each.withdrawn])
      putVerdicts(store, buildVerdict('a'), buildVerdict('b', { atMs: 2000 }))
      expect(store.tallies()).toEqual({
        requests: [
          {
            source: 'litellm',
            route: 'a',
            api: 'chat',
            outcome: 'failed',
            judged: 2,
            withdrawn: 0,
          },
        ],
        firstTargetFailures: [
          {
            source: 'litellm',
            route: 'a',
            target: 'primary',
            result: 'failed',
            judged: 2,
            withdrawn: 0,
          },
        ],
        findings: [{ rule: 'r', severity: 'high', confidence: 'certain', judged: 2, withdrawn: 0 }],
      })
      putVerdicts(store, buildVerdict('a', { outcome: 'rescued' }))
      expect(judged()).toEqual([
        ['failed', 2, 1],
        ['rescued', 0, 0],
      ])
      const told = (verdicts: readonly Verdict[], again: boolean): void =>
        store.replace(
          [{ source: 'litellm', traceIds: ['trace of c'], verdicts, again }],
          NO_PROGRESS,
        )
      told([buildVerdict('c')], true)
      expect(judged()).toContainEqual(['failed', 2, 1])
      told([], false)
      expect(judged()).toContainEqual(['failed', 2, 2])
    })

    test('traces find those that look out for them', () => {
      const store = open()
      const failedIn = { fromUs: 100, toUs: 200 }
      store.replace(
        [
          {
            source: 'litellm',
            traceIds: ['t1'],
            verdicts: [],
            lookouts: [{ traceId: 't1', failedIn, startedIn: { fromUs: 150, toUs: 2 ** 53 } }],
          },
          {
            source: 'litellm',
            traceIds: ['t2'],
            verdicts: [],
            lookouts: [{ traceId: 't2', failedIn, startedIn: undefined }],
          },
        ],
        NO_PROGRESS,
      )
      const at = (startUs: number, ...failedUs: readonly number[]) =>
        store.lookingAt({ source: 'litellm', startUs, failedUs }, 10).toSorted()
      expect(at(150)).toEqual(['t1'])
      expect(at(149)).toEqual([])
      expect(at(149, 200)).toEqual(['t1', 't2'])
      expect(at(149, 201)).toEqual([])
      expect(store.lookingAt({ source: 'app', startUs: 150, failedUs: [150] }, 10)).toEqual([])
      store.replace([{ source: 'litellm', traceIds: ['t1'], verdicts: [] }], NO_PROGRESS)
      expect(at(150, 150)).toEqual(['t2'])
    })
  })
}
