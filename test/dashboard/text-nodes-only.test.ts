import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/**
 * All that the API sends is hostile. React makes text nodes of it, unless somebody asks for HTML:
 * a single such call would run what a provider wrote into an error message, and look like any
 * other.
 */
const sources = fileURLToPath(new URL('../../dashboard', import.meta.url))

const FORBIDDEN =
  /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcDoc/

test('no line of the page turns data into HTML or code', () => {
  const lines = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:tsx?|js|html)$/.test(name))
    .flatMap((name) =>
      readFileSync(join(sources, name), 'utf8')
        .split('\n')
        .map((line, index) => ({ where: `${name}:${index + 1}`, line })),
    )
  expect(lines.length).toBeGreaterThan(1000)
  expect(lines.filter(({ line }) => FORBIDDEN.test(line))).toEqual([])
})

test('the page asks for nothing inline, as its policy demands', () => {
  const html = readFileSync(join(sources, 'index.html'), 'utf8')
  expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*\ssrc=)/)
})
