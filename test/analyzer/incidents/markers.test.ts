import { describe, expect, test } from 'vitest'

import {
  MARKER_BEFORE_MS,
  markersBefore,
  releasesSeen,
  RUN_GAP_MINUTES,
  toMarkers,
  type GatewayRun,
} from '../../../analyzer/incidents/markers.ts'

const MINUTE_MS = 60_000

function run(value: string, fromMinute: number, over: Partial<GatewayRun> = {}): GatewayRun {
  const toMinute = over.toMinute ?? fromMinute + 5
  return { source: 's', gateway: 'litellm', kind: 'release', value, fromMinute, toMinute, ...over }
}

function shown(runs: readonly GatewayRun[]) {
  return toMarkers(runs, []).map(({ atMs, to, from }) => [atMs / MINUTE_MS, from, to])
}

describe('a new release', () => {
  test('is a change; what the source began with is none', () => {
    expect(shown([run('1.97.0', 100), run('1.90.7', 10)])).toEqual([[100, '1.90.7', '1.97.0']])
  })

  test('and the way back to the old one is another', () => {
    const runs = [run('1.90.7', 10), run('1.97.0', 100), run('1.90.7', 150)]
    expect(shown(runs)).toEqual([
      [150, '1.97.0', '1.90.7'],
      [100, '1.90.7', '1.97.0'],
    ])
  })

  test('is told once while pods of both are there', () => {
    const runs = [run('1.90.7', 10, { toMinute: 130 }), run('1.97.0', 100, { toMinute: 300 })]
    expect(shown(runs)).toEqual([[100, '1.90.7', '1.97.0']])
    const quiet = [...runs, run('1.97.0', 300 + 2 * RUN_GAP_MINUTES)]
    expect(shown(quiet)).toEqual([[100, '1.90.7', '1.97.0']])
  })

  test('is told of each gateway and source by itself', () => {
    const runs = [
      run('1.97.0', 10),
      run('0.2.0', 20, { gateway: 'secondwind' }),
      run('1.90.7', 30, { source: 't' }),
    ]
    expect(shown(runs)).toEqual([])
  })
})

test('a new process is a change, and one that was silent for a while is none', () => {
  const instance = { kind: 'instance' as const }
  const runs = [
    run('a', 10, instance),
    run('b', 50, instance),
    run('a', 200, instance),
    run('b', 300, instance),
  ]
  expect(shown(runs)).toEqual([[50, undefined, 'b']])
})

test('a router file that means something else is a change, and the same read again is none', () => {
  const readings = [
    { source: 's', hash: 'bbb', atMs: 3000 },
    { source: 's', hash: 'aaa', atMs: 1000 },
    { source: 's', hash: 'aaa', atMs: 2000 },
    { source: 't', hash: 'ccc', atMs: 2500 },
  ]
  expect(toMarkers([], readings)).toEqual([
    { source: 's', kind: 'router-config', atMs: 3000, to: 'bbb', from: 'aaa' },
  ])
})

function changedAt(minute: number, source = 's'): readonly GatewayRun[] {
  return [run('0', 0, { source }), run(`${minute}`, minute, { source })]
}

test('what changed before something began is what did so at its source, within the hour', () => {
  const markers = toMarkers([...changedAt(100), ...changedAt(110, 't')], [])
  const began = (minute: number) =>
    markersBefore(markers, { source: 's', atMs: minute * MINUTE_MS }).map(({ to }) => to)
  expect(began(99)).toEqual([])
  expect(began(100)).toEqual(['100'])
  expect(began(100 + MARKER_BEFORE_MS / MINUTE_MS)).toEqual(['100'])
  expect(began(101 + MARKER_BEFORE_MS / MINUTE_MS)).toEqual([])
})

test('sightings make the same markers in whatever order they are given', () => {
  const runs = [run('a', 10), run('b', 100), run('a', 200), run('c', 200), run('b', 260)]
  expect(toMarkers(runs.toReversed(), [])).toEqual(toMarkers(runs, []))
})

describe('releases that were seen', () => {
  test('are those of the minute, of every gateway of the source, and of no other source', () => {
    const runs = [
      run('1.90.7', 10, { toMinute: 102 }),
      run('1.97.0', 100, { toMinute: 130 }),
      run('0.2.0', 100, { toMinute: 130, gateway: 'secondwind' }),
      run('pod-1', 100, { kind: 'instance' }),
      run('1.74.0', 100, { source: 'other' }),
    ]
    const at = (minute: number) =>
      releasesSeen(runs, { source: 's', atMs: minute * MINUTE_MS + 59_999 }).map(
        ({ gateway, release }) => `${gateway} ${release}`,
      )
    expect(at(9)).toEqual([])
    expect(at(10)).toEqual(['litellm 1.90.7'])
    expect(at(101)).toEqual(['litellm 1.90.7', 'litellm 1.97.0', 'secondwind 0.2.0'])
    expect(at(103)).toEqual(['litellm 1.97.0', 'secondwind 0.2.0'])
  })
})
