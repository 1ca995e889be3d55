import { expect, test } from 'vitest'

import { toWireRules } from '../../../analyzer/api/to-wire-rules.ts'
import { EVERY_RULE } from '../../../analyzer/rules/every-rule.ts'

const { rules } = toWireRules()
const byId = new Map(rules.map((rule) => [rule.id, rule]))

test('every class is told, in order of priority, with what it cannot be seen without', () => {
  expect(rules.map(({ id, needs }) => ({ id, needs }))).toEqual(
    EVERY_RULE.map(({ id, needs }) => ({ id, needs })),
  )
})

test('a class of many requests is told apart from one of single requests', () => {
  expect(rules.filter(({ kind }) => kind === 'window').map(({ id }) => id)).toEqual([
    'cooldown-missed',
    'fallback-sustained',
  ])
})

test('of each is told whether it opens an incident although the client was served', () => {
  expect(byId.get('orphan-spend')?.opensWhenRescued).toBe(true)
  expect(byId.get('fallback-exhausted')?.opensWhenRescued).toBe(false)
  expect(byId.get('fallback-sustained')?.opensWhenRescued).toBe(true)
})
