import { describe, expect, test } from 'vitest'
import {
  JSON_DEPTH_MAX,
  own,
  parseJson,
  parseJsonBytes,
  without,
} from '../../../collector/protocol/json.ts'

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}

describe('parseJson', () => {
  test.each([
    ['', 'it is empty'],
    ['  ', 'it is empty'],
    ['{"a":', 'it ends too early'],
    ['{"secret prompt"]', 'it is not JSON at position 16'],
  ])('says what is wrong with %j without quoting it', (text, detail) => {
    expect(parseJson(text)).toEqual({ kind: 'invalid', detail })
  })

  test('refuses what is nested too deeply, before the parser recurses into it', () => {
    expect(parseJson(nested(JSON_DEPTH_MAX))).toMatchObject({ kind: 'parsed' })
    expect(parseJson(nested(JSON_DEPTH_MAX + 1))).toEqual({
      kind: 'invalid',
      detail: 'it is nested deeper than 128 levels',
    })
    expect(parseJson(nested(1_000_000))).toMatchObject({ kind: 'invalid' })
  })

  test('counts no brackets inside strings', () => {
    expect(parseJson(JSON.stringify('[\\"{'.repeat(500)))).toMatchObject({ kind: 'parsed' })
  })

  test('refuses bytes that are not UTF-8', () => {
    expect(parseJsonBytes(new Uint8Array([0x22, 0xff, 0x22]))).toEqual({
      kind: 'invalid',
      detail: 'it is not UTF-8',
    })
  })
})

describe('objects of strangers', () => {
  test('lend nothing from the prototype', () => {
    expect(own({}, 'constructor')).toBeUndefined()
    expect(own({}, 'toString')).toBeUndefined()
    expect(own({}, '__proto__')).toBeUndefined()
  })

  test('keep a key named __proto__ as data when they are copied', () => {
    const parsed = parseJson('{"__proto__":{"x":1},"gone":1}')
    const copy = parsed.kind === 'parsed' ? without(Object(parsed.value), new Set(['gone'])) : {}
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"x":1}}')
  })
})
