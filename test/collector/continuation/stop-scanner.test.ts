import { expect, test } from 'vitest'
import { StopScanner } from '../../../collector/continuation/stop-scanner.ts'

/** What is told of these pieces, and which sequence ended it, if any. */
function scan(
  sequences: readonly string[],
  delivered: string,
  pieces: readonly string[],
): readonly [told: string, sequence: string | undefined] {
  const scanner = new StopScanner(sequences, delivered)
  let told = ''
  for (const piece of pieces) {
    const step = scanner.push(piece)
    if (step.kind === 'stopped') return [told, step.sequence]
    if (step.kind === 'passed') told += step.text
  }
  return [told + scanner.flush(), undefined]
}

test.each<[string, readonly string[], string, string, string | undefined]>([
  ['none asked for', [], 'a', 'b', undefined],
  ['across the seam', ['###'], 'a#', '##b', '###'],
  ['one of several', ['END', '\n\n'], 'a\n', '\nb', '\n\n'],
  ['of which both are one text', ['##', '###'], 'a#', '##b', '##'],
  ['that could begin in two places', ['abab'], 'xab', 'ab', 'abab'],
  ['that begins later than it seemed', ['aab'], 'xaa', 'b', 'aab'],
  ['behind the seam: the provider sees it', ['###'], 'a', '###', undefined],
  ['before the seam: it did not stop there', ['##'], 'a##', 'b', undefined],
  ['begun and not ended', ['###'], 'a##', 'b#', undefined],
  ['begun and broken off', ['###'], 'a#', '#', undefined],
  ['of one character', ['#'], 'a', '#', undefined],
  ['of half characters', ['🌍🌍'], 'a🌍', '🌍b', '🌍🌍'],
])('a stop sequence %s, in one piece or in many', (...[, sequences, delivered, next, found]) => {
  const expected = [found === undefined ? next : '', found]
  expect(scan(sequences, delivered, [next])).toEqual(expected)
  expect(scan(sequences, delivered, next.split(''))).toEqual(expected)
})
