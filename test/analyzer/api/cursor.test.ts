import { expect, test } from 'vitest'

import { decodeCursor, encodeCursor } from '../../../analyzer/api/cursor.ts'

test('a cursor comes back as it was given, whatever sources and requests are called', () => {
  for (const place of [
    { atMs: 1_760_000_000_000, storyId: `${'ab'.repeat(16)}-${'cd'.repeat(8)}`, source: 'default' },
    { atMs: -5, storyId: 'a b\n"c', source: 'ü; DROP TABLE requests' },
    { atMs: 0, storyId: '', source: '' },
  ]) {
    expect(decodeCursor(encodeCursor(place))).toEqual(place)
  }
})

test('what is no cursor of ours is none', () => {
  const texts = ['', 'x', '[1,"a"]', '[1,2,"a"]', '["1","a","b"]', '[1.5,"a","b"]', '{}', 'null']
  const encoded = texts.map((text) => Buffer.from(text).toString('base64url'))
  expect([...encoded, 'A'.repeat(3000)].filter((text) => decodeCursor(text) !== undefined)).toEqual(
    [],
  )
})
