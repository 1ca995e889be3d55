import { expect, test } from 'vitest'
import { continueFrom, tokensLeft } from '../../../collector/continuation/continue-from.ts'

test.each([
  ['restart', { strategy: 'restart' }],
  ['stop', { strategy: 'restart' }],
  ['prefill', { strategy: 'prefill', partial: 'one two ' }],
  ['user_turn', { strategy: 'user_turn', partial: 'one two ', anchor: 'one two' }],
] as const)('what a target is told for %s', (strategy, continuation) => {
  expect(continueFrom(strategy, 'one two ')).toEqual(continuation)
})

test('no target is sent half a character', () => {
  const text = 'A globe: 🌍'.slice(0, -1)
  expect(continueFrom('user_turn', text)).toEqual({
    strategy: 'user_turn',
    partial: 'A globe: ',
    anchor: 'A globe:',
  })
})

const english = 'a'.repeat(400)

test.each([
  ['the rest of the limit, four characters being a token', 1000, english, 'prefill', 900],
  ['room for the anchor that is asked for and dropped', 1000, english, 'user_turn', 900 + 12],
  ['more where a character takes more bytes', 1000, '一'.repeat(400), 'prefill', 700],
  ['a few tokens where the estimate says that none is left', 90, english, 'prefill', 16],
  ['no more than the client gave', 5, english, 'prefill', 5],
  ['all of it, untouched, for who starts over', 1000, english, 'restart', undefined],
] as const)('leaves %s', (...[, maxTokens, text, strategy, left]) => {
  const continuation = continueFrom(strategy, text)
  expect(tokensLeft(maxTokens, { chars: text.length, text }, continuation)).toBe(left)
})

test('counts what was delivered beside the text', () => {
  const continuation = continueFrom('prefill', 'abcd')
  expect(tokensLeft(1000, { chars: 404, text: 'abcd' }, continuation)).toBe(1000 - 1 - 100)
})
