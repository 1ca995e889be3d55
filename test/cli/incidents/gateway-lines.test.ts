import { expect, test } from 'vitest'

import type { WireReleaseNote } from '../../../analyzer/api/wire.ts'
import { changeLines, releaseLines } from '../../../cli/incidents/gateway-lines.ts'

/** What is said of a release is said with the release. */

const note = (from: string | null, to: string | null): WireReleaseNote => ({
  gateway: 'litellm',
  from,
  to,
  text: 'it does.',
})

test('each note on releases begins with the releases that it is about', () => {
  const releases = [
    note(null, '1.84'),
    note('1.85', '1.96'),
    note('1.97', '1.97'),
    note('1.98', null),
    note(null, null),
  ]
  expect(releaseLines({ releases })).toEqual([
    '  LiteLLM up to 1.84      it does.',
    '  LiteLLM 1.85 to 1.96    it does.',
    '  LiteLLM 1.97            it does.',
    '  LiteLLM 1.98 and later  it does.',
    '  LiteLLM, every release  it does.',
  ])
})

test('what changed at the gateway is told with its time, and what it was before', () => {
  const at = '2026-03-04T05:06:07.000Z'
  const markers = [
    { source: 'default', kind: 'release', at, to: '1.97.0', from: '1.90.7' },
    { source: 'default', kind: 'instance', at, to: 'pod-\u001B[31m1', from: null },
    { source: 'default', kind: 'router-config', at, to: 'ab12', from: 'cd34' },
  ] as const
  expect(changeLines({ markers })).toEqual([
    '  2026-03-04T05:06Z  another release: 1.97.0, before it 1.90.7',
    expect.not.stringContaining('\u001B'),
    '  2026-03-04T05:06Z  another router configuration: ab12, before it cd34',
  ])
})

test('nothing known, nothing said', () => {
  expect([releaseLines({ releases: [] }), changeLines({ markers: [] })]).toEqual([[], []])
})
