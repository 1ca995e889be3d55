import { expect, test } from 'vitest'
import type { WireIncidentRow } from '../../../../analyzer/api/wire.ts'
import {
  describeEdge,
  filterIncidents,
  sortIncidents,
} from '../../../../dashboard/src/lib/incident-list.ts'
import { incidentRow } from '../../../browser/wire-fixtures.ts'

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
