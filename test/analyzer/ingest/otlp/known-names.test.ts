import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { KnownNames } from '../../../../analyzer/ingest/otlp/known-names.ts'

test('whatever was read before, a name is what its bytes say', () => {
  const name = fc.oneof(
    fc.constantFrom('gen_ai.request.model', 'gen_ai.request.mode', 'http.route', ''),
    fc.string({ unit: 'binary', maxLength: 80 }),
  )
  fc.assert(
    fc.property(fc.array(name, { maxLength: 200 }), (names) => {
      const known = new KnownNames()
      for (const text of [...names, ...names]) {
        const bytes = Buffer.from(`<${text}>`)
        const expected = bytes.toString('utf8', 1, bytes.length - 1)
        expect(known.read(bytes, 1, bytes.length - 1)).toBe(expected)
      }
    }),
  )
})

test('more names than are remembered are read all the same', () => {
  const known = new KnownNames()
  const names = Array.from({ length: 10_000 }, (_, number) => `name.${number}`)
  const read = (text: string) => known.read(Buffer.from(text), 0, text.length)
  expect(names.map(read)).toEqual(names)
  expect(names.map(read)).toEqual(names)
})

test('invalid UTF-8 becomes U+FFFD', () => {
  const known = new KnownNames()
  for (let turn = 0; turn < 2; turn += 1) {
    expect(known.read(Buffer.from([0x61, 0xff, 0x62]), 0, 3)).toBe('a\uFFFDb')
  }
})
