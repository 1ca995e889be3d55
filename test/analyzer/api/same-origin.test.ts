import { expect, test } from 'vitest'

import { isOwnOrigin } from '../../../analyzer/api/same-origin.ts'

const HOST = 'analyzer.example:4319'

test.each<[string, Readonly<Record<string, string>>, boolean]>([
  ['a program', {}, true],
  ['its own page', { origin: `http://${HOST}` }, true],
  ['its own page behind a proxy that speaks TLS', { origin: `https://${HOST}` }, true],
  ['its own page, as browsers say it', { origin: `http://${HOST}`, site: 'same-origin' }, true],
  ['an address that was typed', { site: 'none' }, true],
  ['a page of another port of this machine', { origin: 'http://analyzer.example:3000' }, false],
  ['a page of another name', { origin: 'https://evil.example' }, false],
  ['a page whose name begins alike', { origin: 'http://analyzer.example:4319.evil.org' }, false],
  ['a sandboxed frame', { origin: 'null' }, false],
  ['what is no address', { origin: 'analyzer.example:4319' }, false],
  ['a page of a sibling', { site: 'same-site' }, false],
  ['a page of another site', { site: 'cross-site' }, false],
])('%s: %j', (_, { origin, site }, expected) => {
  const headers = {
    host: HOST,
    ...(origin !== undefined && { origin }),
    ...(site !== undefined && { 'sec-fetch-site': site }),
  }
  expect(isOwnOrigin(headers)).toBe(expected)
})

test('a request without a Host is nobody’s own', () => {
  expect(isOwnOrigin({ origin: 'http://localhost' })).toBe(false)
})
