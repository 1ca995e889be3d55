import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import {
  fallbacksIn,
  parseFallbackTable,
} from '../../../../../../analyzer/story/dialects/litellm/reading/fallback-table.ts'

const said = (table: string): string =>
  `litellm.APIError: downNo fallback model group found for original model_group=spare. Fallbacks=${table}`

const of = (table: string, route: string): readonly string[] | undefined => {
  const parsed = parseFallbackTable(said(table))
  return parsed === undefined ? undefined : fallbacksIn(parsed, route)
}

test('the table names the fallbacks of every route, and not only of the one that failed', () => {
  const table = "[{'chat': ['spare', 'third']}, {'other': ['spare-2']}]. Received Model Group=spare"
  expect(of(table, 'chat')).toEqual(['spare', 'third'])
  expect(of(table, 'other')).toEqual(['spare-2'])
})

test('a route that is not in a whole table has those of `*`, or none', () => {
  expect(of("[{'chat': ['spare']}]", 'spare')).toEqual([])
  expect(of("[{'chat': ['spare']}, {'*': ['last']}]", 'spare')).toEqual(['last'])
  expect(of('[]', 'chat')).toEqual([])
})

test('a table that was cut off tells only what stands there', () => {
  const cut = "[{'chat': ['spare']}, {'other': ['spa... [truncated 4861 characters]"
  expect(of(cut, 'chat')).toEqual(['spare'])
  expect(of(cut, 'other')).toBeUndefined()
  expect(of(cut, 'third')).toBeUndefined()
  expect(of("[{'*': ['last']}, {'cha... [truncated 12 characters]", 'third')).toBeUndefined()
})

test('names are read as Python quotes them', () => {
  expect(of(`[{"it's": ["a'b", 'c\\'d"e', 'f, g]}']}]`, "it's")).toEqual([
    "a'b",
    'c\'d"e',
    'f, g]}',
  ])
  expect(of("[{'__proto__': ['spare']}]", '__proto__')).toEqual(['spare'])
  expect(of("[{'chat': ['spare']}]", 'toString')).toEqual([])
})

test('entries that are no names end what can be told', () => {
  expect(of("[{'chat': [{'model': 'spare'}]}, {'other': ['x']}]", 'chat')).toBeUndefined()
  expect(of('None', 'chat')).toBeUndefined()
  expect(parseFallbackTable("Fallbacks=[{'chat': ['spare']}]")).toBeUndefined()
})

test('wherever it is cut, nothing is told that the whole table does not say', () => {
  const whole = "[{'chat': ['spare', 'third']}, {'other': ['spare-2']}, {'*': ['last']}]"
  expect(of(whole, 'none')).toEqual(['last'])
  fc.assert(
    fc.property(
      fc.nat(whole.length - 1),
      fc.constantFrom('chat', 'other', 'none'),
      (length, route) => {
        const told = of(`${whole.slice(0, length)}... [truncated 9 characters]`, route)
        expect(told ?? of(whole, route)).toEqual(of(whole, route))
      },
    ),
  )
})
