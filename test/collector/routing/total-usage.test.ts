import { expect, test } from 'vitest'
import type { AttemptUsage } from '../../../collector/protocol/event.ts'
import { totalUsage } from '../../../collector/routing/total-usage.ts'

const bill = (fields: Partial<AttemptUsage>): AttemptUsage => ({
  attempt: 1,
  model: 'm',
  source: 'reported',
  ...fields,
})
const reported = bill({ inputTokens: 10, outputTokens: 5 })
const estimated = bill({ outputTokens: 3, source: 'estimated' })
const partial = bill({ inputTokens: 2, source: 'partial' })
const unknown = bill({ source: 'unknown' })

test.each([
  ['nobody reached a model', [], undefined],
  [
    'all is reported',
    [reported, reported],
    { inputTokens: 20, outputTokens: 10, source: 'reported' },
  ],
  [
    'one is estimated',
    [reported, estimated, partial],
    { inputTokens: 12, outputTokens: 8, source: 'estimated' },
  ],
  ['one is partial', [reported, partial], { inputTokens: 12, outputTokens: 5, source: 'partial' }],
  [
    'one is unknown: at least the others',
    [reported, unknown],
    { inputTokens: 10, outputTokens: 5, source: 'partial' },
  ],
  ['none is known', [unknown, unknown], { source: 'unknown' }],
] as const)('of a request is known, where %s', (_, bills, total) => {
  expect(totalUsage(bills)).toEqual(total)
})
