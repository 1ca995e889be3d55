import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseInline, parseProse } from '../../../../dashboard/src/lib/prose.ts'

describe('prose', () => {
  test('is paragraphs, lists and code, fenced or indented', () => {
    const text =
      'Say so:\n\n```yaml\na:\n  b: 1\n```\nThen\nrestart.\n\n- one `x`\n- two\n\n    run me\n      more'
    expect(parseProse(text)).toEqual([
      { kind: 'paragraph', parts: [{ code: false, text: 'Say so:' }] },
      { kind: 'code', text: 'a:\n  b: 1' },
      { kind: 'paragraph', parts: [{ code: false, text: 'Then restart.' }] },
      {
        kind: 'list',
        items: [
          [
            { code: false, text: 'one ' },
            { code: true, text: 'x' },
          ],
          [{ code: false, text: 'two' }],
        ],
      },
      { kind: 'code', text: 'run me\n  more' },
    ])
  })

  test('ends a fence that is never closed at the end of the text', () => {
    expect(parseProse('```\nx')).toEqual([{ kind: 'code', text: 'x' }])
  })

  test('leaves a single backtick alone', () => {
    expect(parseInline('a ` b')).toEqual([
      { code: false, text: 'a ' },
      { code: false, text: '` b' },
    ])
  })

  test('loses no visible character of any text without markup', () => {
    const plain = fc.string().filter((text) => !/[`*\-\t]| {4}/.test(text))
    fc.assert(
      fc.property(plain, (text) => {
        const shown = parseProse(text)
          .flatMap((block) => (block.kind === 'paragraph' ? block.parts : []))
          .map((part) => part.text)
          .join('')
        expect(shown.replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
      }),
    )
  })

  test('comes to an end on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', '-', ' ', '\n', 'x', '\t') }), (text) => {
        expect(parseProse(text).length).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})
