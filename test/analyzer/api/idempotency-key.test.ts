import { expect, test } from 'vitest'

import { digestAct, parseIdempotencyKey } from '../../../analyzer/api/idempotency-key.ts'

const UUID = '8e03978e-40d5-43dd-bc93-6894a57f9324'

test('a key may be quoted, as the draft has it, or bare', () => {
  for (const header of [UUID, `"${UUID}"`, ` ${UUID} `]) {
    expect(parseIdempotencyKey(header)).toEqual({ kind: 'parsed', value: UUID })
  }
  expect(parseIdempotencyKey('"with a space"')).toEqual({ kind: 'parsed', value: 'with a space' })
  expect(parseIdempotencyKey(undefined)).toEqual({ kind: 'parsed', value: undefined })
})

test('what is no key is told, and never shortened to one', () => {
  const others = [
    '',
    '""',
    '"',
    'a b',
    'a, a',
    '"a',
    'a"',
    '"a\\"',
    'ä',
    'a\u0000b',
    'x'.repeat(129),
  ]
  for (const header of others) {
    expect([header, parseIdempotencyKey(header).kind]).toEqual([header, 'invalid'])
  }
  expect(parseIdempotencyKey(['a', 'a']).kind).toBe('invalid')
  expect(parseIdempotencyKey('x'.repeat(128)).kind).toBe('parsed')
})

test('an act is the same by all that was asked for', () => {
  const act = { kind: 'mute', by: 'ana', note: 'n', untilMs: 5 } as const
  const digest = digestAct('inc-1', act)
  expect(digestAct('inc-1', { untilMs: 5, note: 'n', by: 'ana', kind: 'mute' })).toBe(digest)
  const { note: _, ...noNote } = act
  const others = [
    digestAct('inc-2', act),
    digestAct('inc-1', { ...act, kind: 'note' }),
    digestAct('inc-1', { ...act, by: 'bo' }),
    digestAct('inc-1', { ...act, untilMs: 6 }),
    digestAct('inc-1', noNote),
    digestAct('inc-1', { ...noNote, note: '' }),
  ]
  expect(new Set([digest, ...others]).size).toBe(others.length + 1)
})
