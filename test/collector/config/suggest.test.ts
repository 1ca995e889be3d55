import { describe, expect, test } from 'vitest'
import { hintFor, suggest } from '../../../collector/config/suggest.ts'

describe('suggest', () => {
  test.each([
    ['serv', 'serve'],
    ['serev', 'serve'],
    ['SERVE', 'serve'],
    ['sidecra', 'sidecar'],
    ['anal', 'analyzer'],
  ])('takes %s for %s', (word, meant) => {
    expect(suggest(word, ['serve', 'sidecar', 'analyzer'])).toBe(meant)
  })

  test.each([['zzz'], ['s'], [''], ['x'.repeat(10_000)]])('takes %j for nothing', (word) => {
    expect(suggest(word, ['serve', 'sidecar'])).toBeUndefined()
  })

  test('names the choices where none is near', () => {
    expect(hintFor('zzz', ['a1', 'b2'])).toBe('one of: a1, b2')
    expect(hintFor('zzz', [])).toBe('there is none to choose from')
  })
})
