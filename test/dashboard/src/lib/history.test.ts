import { expect, test } from 'vitest'
import { describeMarker, toTimeline } from '../../../../dashboard/src/lib/history.ts'
import { incident } from '../../../browser/wire-fixtures.ts'

test('what changed stands before what happened then, all by time', () => {
  const [opened] = incident.history
  const [marker] = incident.markers
  if (opened === undefined || marker === undefined) throw new Error('the fixture lost its history')
  const same = { ...marker, at: opened.at }
  const line = toTimeline(incident.history, [same, marker])
  expect(line.map(({ kind, at }) => [kind, at])).toEqual([
    ['marker', marker.at],
    ['marker', opened.at],
    ['history', opened.at],
    ['history', incident.history[1]?.at],
  ])
})

test('a change is told by what it was and what it is', () => {
  const base = { source: 's', at: '2026-03-04T05:06:07Z' }
  expect(describeMarker({ ...base, kind: 'release', from: '1.90.7', to: '1.97.0' })).toBe(
    'release 1.90.7 → 1.97.0',
  )
  expect(describeMarker({ ...base, kind: 'release', from: null, to: '1.97.0' })).toBe(
    'release 1.97.0',
  )
  expect(describeMarker({ ...base, kind: 'instance', from: null, to: 'pod-7' })).toBe(
    'new instance pod-7',
  )
  const to = '7d1f3c90-2b4e-4a6d-9a51-0c8e6f7b1d23'
  expect(describeMarker({ ...base, kind: 'instance', from: null, to })).toBe(
    'new instance 7d1f3c90…',
  )
  expect(describeMarker({ ...base, kind: 'router-config', from: 'ab', to: 'cd' })).toBe(
    'router config changed: ab → cd',
  )
})
