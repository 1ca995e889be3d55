import { expect, test } from 'vitest'
import { groupEvidence } from '../../../../dashboard/src/lib/group-evidence.ts'
import { request } from '../../../browser/wire-fixtures.ts'

test('values stand once under the span that they were read from, by what it is', () => {
  const value = { spanId: 'b1a2c3d4e5f60718', key: 'error.type', value: 'x' }
  const groups = groupEvidence(request, [
    value,
    { spanId: '00a2c3d4e5f60718', key: 'status', value: 'error' },
    value,
    { ...value, value: 'y' },
    { spanId: 'feed', key: 'k', value: 'v' },
    { spanId: '', key: 'config', value: 'fallbacks' },
  ])
  expect(groups.map(({ label, facts }) => ({ label, count: facts.length }))).toEqual([
    { label: 'Attempt 2: anthropic/claude-opus-4-7', count: 2 },
    { label: 'The request', count: 1 },
    { label: 'Span feed', count: 1 },
    { label: 'No span of its own', count: 1 },
  ])
})
