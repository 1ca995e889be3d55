import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../collector/protocol/json.ts'
import { spliceBody } from '../../../collector/protocol/splice-body.ts'
import { bytesOf, textOf } from '../../support/play-streams.ts'

function splice(text: string, change: (body: JsonObject) => JsonObject = (body) => body): string {
  const json: JsonObject = JSON.parse(text)
  return textOf(spliceBody({ bytes: bytesOf(text), json }, change(json)))
}

describe('a body whose values are those that its bytes were read to', () => {
  test.each([
    ['a number that no double can hold', '{"seed":123456789012345678901234567890}'],
    ['a number with its zeros', '{"temperature":1.0,"top_p":1e-1}'],
    ['a number that is read as infinite', '{"huge":1e400}'],
    ['duplicate keys', '{"a":1,"a":1,"b":{"c":1,"c":2}}'],
    ['its own white space', ' \r\n{\t"a" : [ 1 , 2 ] ,\n"b":{ } }\n'],
    ['escapes, however they were written', String.raw`{"a\u0062":"\u00e9\/\"","é":"\\\\"}`],
    ['braces, commas and quotes in its text', String.raw`{"a":"}],{\"b\":[","c":["\\","\""]}`],
    ['nothing in it', '{ }'],
    ['a long text', JSON.stringify({ a: '\\"x'.repeat(1500), b: 'y'.repeat(9000) })],
    ...[4094, 4095, 4096, 4097].map((length): [string, string] => [
      `a text of ${length} bytes before an escape`,
      String.raw`{"a":"${'z'.repeat(length)}\\\"","b":1.0}`,
    ]),
  ])('keeps %s', (_, text) => {
    expect(splice(text)).toBe(text)
  })
})

describe('a body with other values', () => {
  test.each([
    ['{"model":"route","a":1.0}', { model: 'm' }, '{"model":"m","a":1.0}'],
    ['{ "a":1.0 ,\n "model" : "route" }', { model: 'm' }, '{ "a":1.0 ,\n "model" : "m"}'],
    [String.raw`{"mod\u0065l":"route"}`, { model: 'm' }, String.raw`{"mod\u0065l":"m"}`],
    ['{"model":"x","model":"route"}', { model: 'm' }, '{"model":"m","model":"m"}'],
    ['{"a":1.0}', { b: [2] }, '{"a":1.0,"b":[2]}'],
    ['{}', { b: 2 }, '{"b":2}'],
    ['{"x":1, "a":1.0}', { x: undefined }, '{ "a":1.0}'],
    ['{"a":1.0,"x":{"y":"}"},"b":2}', { x: undefined }, '{"a":1.0,"b":2}'],
    ['{"a":1.0, "x":1}', { x: undefined }, '{"a":1.0}'],
    ['{"x":1}', { x: undefined }, '{}'],
  ])('%s with %j is %s', (text, changes, expected) => {
    expect(splice(text, (body) => ({ ...body, ...changes }))).toBe(expected)
  })

  test('a byte order mark, which is no JSON, is left out', () => {
    expect(textOf(spliceBody({ bytes: bytesOf('\uFEFF{"a":1}'), json: { a: 1 } }, { a: 1 }))).toBe(
      '{"a":1}',
    )
  })
})

/** JSON as strangers write it: any white space, any spelling of a key, any depth, odd numbers. */
const space = fc.constantFrom('', ' ', '\n', '\t', '\r\n', '   ')
const string = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"model"',
    String.raw`"mod\u0065l"`,
    '"__proto__"',
    '"constructor"',
    String.raw`"\\"`,
    String.raw`"\\\""`,
    '"{"',
    '"]"',
  ),
)
const literal = fc.oneof(
  string,
  fc.constantFrom('true', 'false', 'null', '-0', '1.0', '1E+2', '12345678901234567890', '1e999'),
)
const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, literal, tie('array'), tie('object')),
  array: fc
    .array(fc.tuple(space, tie('value'), space), { maxLength: 4 })
    .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
  object: fc
    .array(fc.tuple(space, string, space, tie('value'), space), { maxLength: 4 })
    .map((members) => `{${members.map(([a, k, b, v, c]) => `${a}${k}${b}:${v}${c}`).join(',')}}`),
}))
const members = fc.array(fc.tuple(space, string, space, value, space), { maxLength: 8 })
const document = fc
  .tuple(space, members, space)
  .map(
    ([before, list, after]) =>
      `${before}{${list.map(([a, k, b, v, c]) => `${a}${k}${b}:${v}${c}`).join(',')}}${after}`,
  )

describe('whatever the JSON', () => {
  test('unchanged values are unchanged bytes', () => {
    fc.assert(
      fc.property(document, (text) => {
        expect(splice(text)).toBe(text)
      }),
    )
  })

  test('the bytes say exactly what the changed body says', () => {
    fc.assert(
      fc.property(document, fc.jsonValue(), fc.boolean(), (text, replacement, removes) => {
        const change = (body: JsonObject): JsonObject => {
          const [first] = removes ? Object.keys(body) : []
          const kept = Object.fromEntries(Object.entries(body).filter(([key]) => key !== first))
          return { ...kept, model: replacement, added: [1] }
        }
        const read: JsonObject = JSON.parse(splice(text, change))
        const written = { model: JSON.parse(JSON.stringify(replacement)), added: [1] }
        expect(read).toEqual({ ...change(JSON.parse(text)), ...written })
      }),
    )
  })
})
