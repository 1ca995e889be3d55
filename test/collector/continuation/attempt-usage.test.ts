import { expect, test } from 'vitest'
import { usageComment, usageOfAttempt } from '../../../collector/continuation/attempt-usage.ts'
import type { AttemptAccount } from '../../../collector/continuation/attempt-usage.ts'

const cases: readonly (readonly [title: string, seen: Partial<AttemptAccount>, is: object])[] = [
  [
    'the provider’s last word',
    { usage: { inputTokens: 9, outputTokens: 7 }, isFinal: true, contentChars: 400 },
    { inputTokens: 9, outputTokens: 7, source: 'reported' },
  ],
  [
    'a report of nothing generated',
    { usage: { inputTokens: 9, outputTokens: 0 }, isFinal: true },
    { inputTokens: 9, outputTokens: 0, source: 'reported' },
  ],
  [
    'its input, and a placeholder for its output',
    { usage: { inputTokens: 9, outputTokens: 1 }, contentChars: 400 },
    { inputTokens: 9, outputTokens: 100, source: 'estimated' },
  ],
  [
    'content that was never counted',
    { contentChars: 401 },
    { outputTokens: 101, source: 'estimated' },
  ],
  [
    'an end without a count',
    { isFinal: true, contentChars: 40 },
    { outputTokens: 10, source: 'estimated' },
  ],
  [
    'its input alone, before any content',
    { usage: { inputTokens: 9, outputTokens: 1 } },
    { inputTokens: 9, outputTokens: 1, source: 'partial' },
  ],
  ['nothing at all', {}, { source: 'unknown' }],
]

test.each(cases)('of an attempt is known: %s', (_, seen, is) => {
  const account = { usage: undefined, isFinal: false, contentChars: 0, ...seen }
  expect(usageOfAttempt({ attempt: 2, model: 'm', ...account })).toEqual({
    attempt: 2,
    model: 'm',
    ...is,
  })
})

test('a comment leaves out what is not known', () => {
  expect(
    usageComment({ attempt: 1, model: 'a model', source: 'estimated', outputTokens: 12 }),
  ).toBe('secondwind usage attempt=1 source=estimated output_tokens=12 model=a_model')
})
