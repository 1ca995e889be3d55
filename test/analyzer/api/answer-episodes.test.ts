import { expect, onTestFinished, test } from 'vitest'

import { listEpisodes, recentMarkers } from '../../../analyzer/api/answer-episodes.ts'
import { answerIncident, listIncidents } from '../../../analyzer/api/answer-incidents.ts'
import type { IncidentContext } from '../../../analyzer/api/incident-context.ts'
import type { WireIncident } from '../../../analyzer/api/wire.ts'
import { fingerprintStory } from '../../../analyzer/incidents/fingerprint.ts'
import { openStore } from '../../../analyzer/store/open-store.ts'
import { buildStory } from '../../support/build-story.ts'
import { WIDE_LIMITS } from '../../support/open-test-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { buildOccurrence, buildVerdict, putVerdicts } from '../../support/verdicts.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const NOW_MS = 1_760_000_000_000

function stored() {
  const environment = { now: () => NOW_MS, log: () => undefined }
  const store = openStore({ path: temporaryFolder(), limits: WIDE_LIMITS }, environment)
  const verdicts = store.openVerdicts()
  const acts = store.openActs(verdicts.actsUpTo())
  onTestFinished(() => {
    verdicts.close()
    acts.close()
  })
  const context: IncidentContext = { verdicts, acts, nowMs: NOW_MS, deriving: false }
  /** A failed request of this rule, so many minutes ago. */
  const see = (rule: string, minutesAgo: number, target = 'main/1'): string => {
    const atMs = NOW_MS - minutesAgo * MINUTE_MS
    const storyId = `${rule} ${target} ${minutesAgo}`
    const fingerprint = fingerprintStory(buildStory({ source: 'litellm', route: target }), {
      rule,
      cause: 'overloaded',
    })
    const rootCause = { target, provider: 'anthropic', reason: 'overloaded' }
    const gateway = { name: 'litellm', release: minutesAgo > 90 ? '1.90.7' : '1.97.0', atMs }
    putVerdicts(
      verdicts,
      buildVerdict(storyId, {
        atMs,
        gateway,
        wire: JSON.stringify({ traceId: 't', requestSpanId: 's', outcome: 'failed', route: 'a' }),
        occurrence: buildOccurrence(storyId, { atMs, fingerprint, rule, rootCause }),
      }),
    )
    return fingerprint.id
  }
  return { context, acts, see }
}

test('incidents of one outage are one episode, which their rows name', () => {
  const { context, see } = stored()
  const one = see('fallback-exhausted', 20)
  const other = see('error-masked', 19)
  see('error-masked', 15)
  const { episodes } = listEpisodes(HOUR_MS, context)
  expect(episodes).toMatchObject([
    {
      source: 'litellm',
      providers: ['anthropic'],
      deployments: ['main/1'],
      rootCauses: ['overloaded'],
      severity: 'high',
      count: 3,
      stillHappening: false,
    },
  ])
  expect(episodes[0]?.incidents.toSorted()).toEqual([one, other].toSorted())
  const { incidents } = listIncidents({ windowMs: HOUR_MS, filter: {} }, context)
  expect(incidents.map(({ episode }) => episode)).toEqual([episodes[0]?.id, episodes[0]?.id])
})

test('an outage of yesterday is not in the last hour, and an incident says which was its last', () => {
  const { context, see } = stored()
  const id = see('fallback-exhausted', 23 * 60)
  expect(listEpisodes(HOUR_MS, context).episodes).toEqual([])
  const day = listEpisodes(24 * HOUR_MS, context).episodes
  expect(day).toHaveLength(1)
  const answer = answerIncident(id, context)
  if (answer.kind !== 'found') throw new Error(answer.kind)
  const incident = JSON.parse(answer.json) as WireIncident
  expect(incident.episode).toBe(day[0]?.id)
  expect(incident.gateways).toEqual([{ gateway: 'litellm', release: '1.90.7' }])
  expect(incident.counted).toBe('requests')
})

test('an episode that began before the window keeps its id as the window moves', () => {
  const { context, see } = stored()
  for (let minutesAgo = 85; minutesAgo > 0; minutesAgo -= 5) see('fallback-exhausted', minutesAgo)
  const [hour] = listEpisodes(HOUR_MS, context).episodes
  const [quarter] = listEpisodes(15 * MINUTE_MS, context).episodes
  expect(quarter?.id).toBe(hour?.id)
  expect(hour?.stillHappening).toBe(true)
})

test('what changed before it began stands beside an incident and its episode', () => {
  const { context, acts, see } = stored()
  see('healthy before', 100, 'another')
  acts.noteConfig({ source: 'litellm', hash: 'aaa', atMs: NOW_MS - 200 * MINUTE_MS })
  acts.noteConfig({ source: 'litellm', hash: 'aaa', atMs: NOW_MS - 99 * MINUTE_MS })
  acts.noteConfig({ source: 'litellm', hash: 'bbb', atMs: NOW_MS - 70 * MINUTE_MS })
  const id = see('fallback-exhausted', 30)
  const answer = answerIncident(id, context)
  if (answer.kind !== 'found') throw new Error(answer.kind)
  const { markers } = JSON.parse(answer.json) as WireIncident
  expect(markers.map(({ kind, from, to }) => [kind, from, to])).toEqual([
    ['release', '1.90.7', '1.97.0'],
    ['router-config', 'aaa', 'bbb'],
  ])
  expect(recentMarkers(HOUR_MS, context).map(({ kind }) => kind)).toEqual(['release'])
  const [episode] = listEpisodes(HOUR_MS, context).episodes
  expect(episode?.markers.map(({ kind }) => kind)).toEqual(['release', 'router-config'])
})
