import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import {
  cutName,
  cutStackTrace,
  scrubErrorText,
  scrubSecrets,
} from '../../../../analyzer/ingest/strip/scrub-secrets.ts'

test('a stack trace keeps its frames and the router’s words, and no other word', () => {
  const cut = cutStackTrace(
    [
      'Traceback (most recent call last):',
      '  File "/srv/router.py", line 7, in run',
      '    raise Boom(canary)',
      'Boom: canary. Received Model Group=chat',
      "Available Model Group Fallbacks=['spare']",
      'Error doing the fallback: litellm.BadRequestError: no prefill',
      'canary',
    ].join('\n'),
  )
  expect(cut).toBe(
    [
      '  File "/srv/router.py", line 7, in run',
      'Received Model Group=chat',
      "Available Model Group Fallbacks=['spare']",
      'Error doing the fallback: litellm.BadRequestError: no prefill',
    ].join('\n'),
  )
})

/** What is done by hand, because as a pattern it takes the square of the time. */
const PATTERNS = {
  name: (text: string) => scrubSecrets(text.replace(/(\/[^\s?]*)\?\S*/gu, '$1')),
  webToken: (text: string) =>
    text.replace(/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/gu, '[redacted]'),
} as const

const pieces = (...of: readonly string[]) =>
  fc.array(fc.constantFrom(...of), { maxLength: 14 }).map((parts) => parts.join(''))

test('a name loses what stands behind the ? of a target, and nothing else', () => {
  fc.assert(
    fc.property(pieces('/', '?', 'a', ' ', '\n', 'b?c', '//'), (text) => {
      expect(cutName(text)).toBe(PATTERNS.name(text))
    }),
    { numRuns: 3000 },
  )
})

test('web tokens are found where a pattern would find them', () => {
  const parts = pieces('eyJ', 'abcdefgh', '-', '.', '_', ' ', 'é', 'x', '.ijklmnop')
  fc.assert(
    fc.property(parts, (text) => {
      expect(scrubSecrets(text)).toBe(PATTERNS.webToken(text))
    }),
    { numRuns: 5000 },
  )
})

test('no text is scrubbed in time that grows with the square of its length', () => {
  for (const piece of ['eyJ-', 'eyJ', '/', '?/', '/?', 'prompt "', "input='", 'sk-', '\n', '"']) {
    const text = piece.repeat(2 ** 20 / piece.length)
    for (const scrub of [scrubErrorText, cutName, cutStackTrace]) {
      expect(scrub(text).length).toBeLessThanOrEqual(2 * text.length)
    }
  }
})
