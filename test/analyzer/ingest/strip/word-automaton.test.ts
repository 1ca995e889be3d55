import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { SUSPICIOUS, SUSPICIOUS_WORDS } from '../../../../analyzer/ingest/strip/suspicious-words.ts'

/** Invariant I10: what is passed unread must hold no secret. */
const PATTERN = new RegExp(SUSPICIOUS_WORDS.join('|').replaceAll('?', '[?]'), 'iu')

test('a text is suspicious exactly where a pattern of all the words finds one', () => {
  const piece = fc.oneof(
    fc.constantFrom(...SUSPICIOUS_WORDS),
    // Words that begin, and go on otherwise: the automaton must fall back to the right place.
    fc.constantFrom(...SUSPICIOUS_WORDS).map((word) => word.slice(0, -1)),
    fc.constantFrom('s', 'k', '\u017F', '\u212A', 'İ', 'ı', '\u{1F511}', '-', '_', '?', '&', ' '),
    fc.string({ maxLength: 3, unit: 'binary' }),
  )
  const cased = fc.tuple(piece, fc.boolean()).map(([text, up]) => (up ? text.toUpperCase() : text))
  fc.assert(
    fc.property(fc.array(cased, { maxLength: 6 }), (pieces) => {
      const text = pieces.join('')
      expect(SUSPICIOUS.findsIn(text)).toBe(PATTERN.test(text))
    }),
    { numRuns: 1000 },
  )
})

test('letters that only ignoring case makes of others count as those', () => {
  expect(SUSPICIOUS.findsIn('\u017Fecret')).toBe(true)
  expect(SUSPICIOUS.findsIn('to\u212Aen')).toBe(true)
  expect(SUSPICIOUS.findsIn('harmless')).toBe(false)
})
