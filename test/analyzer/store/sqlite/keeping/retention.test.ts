import { expect, test } from 'vitest'

import { nextDrop } from '../../../../../analyzer/store/sqlite/keeping/retention.ts'
import type { StorePart } from '../../../../../analyzer/store/store.ts'

const LIMITS = { ageMsMax: 1000, bytesMax: 100 }

function part(input: Partial<StorePart>): StorePart {
  return {
    name: '',
    kind: 'sealed',
    bytes: 1,
    spans: 1,
    createdMs: 0,
    lastReceivedMs: 5000,
    ...input,
  }
}

test.each<[string, StorePart[], number, ReturnType<typeof nextDrop>]>([
  ['nothing of an empty store', [], 5000, undefined],
  ['nothing that is young and small', [part({}), part({ kind: 'open' })], 6000, undefined],
  ['what is a millisecond too old', [part({}), part({ kind: 'open' })], 6001, 'age'],
  ['packed or not', [part({ kind: 'packed' }), part({ kind: 'open' })], 6001, 'age'],
  [
    'nothing that is just as large as it may be',
    [part({ bytes: 50 }), part({ bytes: 50 })],
    0,
    undefined,
  ],
  ['what is a byte too large in all', [part({ bytes: 50 }), part({ bytes: 51 })], 0, 'size'],
  [
    'never what is written to, however large',
    [part({ kind: 'open', bytes: 500 })],
    9000,
    undefined,
  ],
  ['never the last one, which may be written to next', [part({ bytes: 500 })], 9000, undefined],
  [
    'no younger one before an older one',
    [part({}), part({ lastReceivedMs: 1 }), part({ kind: 'open' })],
    5500,
    undefined,
  ],
  [
    'for its size alone, where nobody can tell its age',
    [part({ lastReceivedMs: 0 }), part({ kind: 'open' })],
    9000,
    undefined,
  ],
  [
    'what cannot be read with what came after it',
    [part({ lastReceivedMs: 0 }), part({}), part({ kind: 'open' })],
    6001,
    'age',
  ],
  [
    'what came while the clock was ahead with what came after it',
    [part({ lastReceivedMs: 90_000 }), part({}), part({ kind: 'open' })],
    6001,
    'age',
  ],
])('drops %s', (_, ...[parts, nowMs, expected]) => {
  expect(nextDrop({ parts, asideBytes: 0 }, LIMITS, nowMs)).toBe(expected)
})

test('counts what damaged files take, and drops the oldest for it', () => {
  const parts = [part({ bytes: 50 }), part({ bytes: 20 })]
  expect(nextDrop({ parts, asideBytes: 30 }, LIMITS, 5000)).toBeUndefined()
  expect(nextDrop({ parts, asideBytes: 31 }, LIMITS, 5000)).toBe('size')
})
