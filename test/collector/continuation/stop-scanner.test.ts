import { expect, test } from 'vitest'
import { StopScanner } from '../../../collector/continuation/stop-scanner.ts'

test.each<[string, readonly string[], string, readonly string[], number | undefined]>([
  ['none asked for', [], 'a', ['b'], undefined],
  ['across the seam', ['###'], 'a#', ['##'], 0],
  ['across the seam in pieces', ['###'], 'a#', ['#', '#b'], 1],
  ['one of several', ['END', '\n\n'], 'a\n', ['\nb'], 0],
  ['behind the seam: the provider sees it', ['###'], 'a', ['###'], undefined],
  ['before the seam: it did not stop there', ['##'], 'a##', ['b'], undefined],
  ['begun and not ended', ['###'], 'a##', ['b#'], undefined],
  ['of one character', ['#'], 'a', ['#'], undefined],
])('a stop sequence %s', (...[, sequences, delivered, pieces, stopsAt]) => {
  const scanner = new StopScanner(sequences, delivered)
  const found = pieces.findIndex((piece) => scanner.stopsIn(piece))
  expect(found === -1 ? undefined : found).toBe(stopsAt)
})
