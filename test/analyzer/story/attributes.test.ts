import { expect, test } from 'vitest'

import {
  firstText,
  flag,
  jsonObject,
  numeric,
  text,
  textList,
} from '../../../analyzer/story/attributes.ts'
import type { AttributeValue } from '../../../analyzer/story/span.ts'

const of = (value: AttributeValue) => new Map([['key', value]])

test.each<[AttributeValue, number | undefined]>([
  [429, 429],
  [429n, 429],
  ['429', 429],
  ['-0.14', -0.14],
  ['internal_error', undefined],
  ['', undefined],
  [' 4', undefined],
  ['1e9', undefined],
  ['9'.repeat(400), undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  [true, undefined],
  [null, undefined],
])('a number is read from %s as %s', (value, expected) => {
  expect(numeric(of(value), 'key')).toBe(expected)
})

test.each<[AttributeValue, boolean | undefined]>([
  [true, true],
  ['True', true],
  ['false', false],
  ['yes', undefined],
  [1, undefined],
])('a flag is read from %s as %s', (value, expected) => {
  expect(flag(of(value), 'key')).toBe(expected)
})

test.each<[AttributeValue, readonly string[] | undefined]>([
  [['stop'], ['stop']],
  ['["stop"]', ['stop']],
  [['stop', 3, null], ['stop']],
  ['stop', undefined],
  ['{"stop":1}', undefined],
  [7, undefined],
])('a list is read from %s as %s', (value, expected) => {
  expect(textList(of(value), 'key')).toEqual(expected)
})

test('an empty text and a text of another type are no text', () => {
  expect(text(of(''), 'key')).toBeUndefined()
  expect(text(of(3), 'key')).toBeUndefined()
  expect(
    firstText(
      new Map<string, AttributeValue>([
        ['a', 1],
        ['b', 'x'],
      ]),
      ['a', 'b'],
    ),
  ).toBe('x')
})

test('JSON is read as a map of its own properties, whatever they are called', () => {
  const read = jsonObject(of('{"__proto__":{"polluted":1},"a":2}'), 'key')
  expect(read?.get('a')).toBe(2)
  expect(read?.get('toString')).toBeUndefined()
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
  expect(jsonObject(of('[1]'), 'key')).toBeUndefined()
  expect(jsonObject(of('{'), 'key')).toBeUndefined()
})
