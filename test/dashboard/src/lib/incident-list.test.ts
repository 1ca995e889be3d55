import { expect, test } from 'vitest'
import type { WireIncidentRow } from '../../../../analyzer/api/wire.ts'
import {
  countStates,
  describeEdge,
  describeEpisode,
  filterIncidents,
  groupByEpisode,
  sortIncidents,
  sumEpisode,
} from '../../../../dashboard/src/lib/incident-list.ts'
import { episode, incidentRow } from '../../../browser/wire-fixtures.ts'

function row(change: Partial<WireIncidentRow>): WireIncidentRow {
  return { ...incidentRow, ...change }
}

test('high comes before medium, and the newest first among equals', () => {
  const rows = [
    row({ id: 'old-high', lastSeen: '2026-03-01T00:00:00Z' }),
    row({ id: 'medium', severity: 'medium', lastSeen: '2026-03-04T00:00:00Z' }),
    row({ id: 'new-high', lastSeen: '2026-03-03T00:00:00Z' }),
    row({ id: 'info', severity: 'info', lastSeen: '2026-03-05T00:00:00Z' }),
  ]
  const ids = sortIncidents(rows).map((incident) => incident.id)
  expect(ids).toEqual(['new-high', 'old-high', 'medium', 'info'])
  expect(sortIncidents(rows.toReversed()).map((incident) => incident.id)).toEqual(ids)
})

test('every word of the filter must be found, in any field and any case', () => {
  const rows = [
    row({ id: 'a', title: 'Fallback skipped', route: 'gpt', edge: { from: 'gpt', to: 'claude' } }),
    row({ id: 'b', title: 'Nothing to fall back to', severity: 'medium' }),
  ]
  const find = (text: string, severity: 'all' | 'medium' = 'all'): readonly string[] =>
    filterIncidents(rows, { text, severity }).map((incident) => incident.id)
  expect(find('')).toEqual(['a', 'b'])
  expect(find('  SKIPPED gpt ')).toEqual(['a'])
  expect(find('skipped nowhere')).toEqual([])
  expect(find('fall', 'medium')).toEqual(['b'])
})

test('an edge without a fallback is its route alone', () => {
  expect(describeEdge(row({ edge: { from: 'a', to: 'b' } }))).toBe('a → b')
  expect(describeEdge(row({ edge: { from: null, to: null }, route: 'r' }))).toBe('r')
  expect(describeEdge(row({ edge: { from: null, to: null }, route: null }))).toBe('unknown route')
})

test('incidents of one outage are one group, in the place of the first; one alone is a row', () => {
  const rows = [
    row({ id: 'a', episode: 'epi-1' }),
    row({ id: 'b', episode: null }),
    row({ id: 'c', episode: 'epi-1' }),
    row({ id: 'd', episode: 'epi-2' }),
  ]
  const groups = groupByEpisode(rows).map((group) =>
    group.kind === 'incident'
      ? group.incident.id
      : [group.key, ...group.incidents.map(({ id }) => id)],
  )
  expect(groups).toEqual([['epi-1', 'a', 'c'], 'b', 'd'])
})

test('an outage counts the requests of its incidents, and adds no minutes to them', () => {
  const sum = sumEpisode([
    row({ count: 3, sparkline: [0, 3], firstSeen: '2026-03-04T05:00:00Z', stillHappening: false }),
    row({ count: 9, sparkline: [9, 0], counted: 'minutes', lastSeen: '2026-03-04T09:00:00Z' }),
    row({ count: 4, sparkline: [2, 2], stillHappening: true }),
  ])
  expect(sum).toMatchObject({ count: 7, sparkline: [2, 5], stillHappening: true })
  expect(sum.firstSeen < sum.lastSeen).toBe(true)
  expect(sum.lastSeen).toBe('2026-03-04T09:00:00Z')
})

test('an outage is described by what is known of it', () => {
  const rows = [row({ source: 'litellm', provider: 'anthropic' }), row({ provider: null })]
  expect(describeEpisode(rows, undefined)).toBe('litellm, anthropic')
  expect(describeEpisode(rows, episode)).toBe('litellm, anthropic · overloaded · claude-primary-id')
})

test('open are those that somebody still has to see to', () => {
  const states = { open: 1, acknowledged: 2, regressed: 4, resolved: 8, muted: 16 }
  expect(countStates(states, 'open')).toBe(7)
  expect(countStates(states, 'all')).toBe(31)
  expect(countStates(states, 'muted')).toBe(16)
})
