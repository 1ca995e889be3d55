import { parse } from 'yaml'
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

import { fillRemedy } from '../../../analyzer/rules/fill-remedy.ts'
import type { Snippet } from '../../../analyzer/rules/rule.ts'

const REMEDY = {
  stopItNow: { text: 'Swap {route} and {fallback}, then {route} again.' },
  fixIt: { text: 'Look at {fallback}.' },
  verify: { text: 'run' },
}

test('every name is put in, as data', () => {
  expect(fillRemedy(REMEDY, { route: '$&', fallback: '{route}' })).toEqual({
    stopItNow: { text: 'Swap $& and {route}, then $& again.' },
    fixIt: { text: 'Look at {route}.' },
    verify: { text: 'run' },
  })
})

test('an unknown name is said in words', () => {
  expect(fillRemedy(REMEDY, { route: null, fallback: undefined }).fixIt.text).toBe(
    'Look at the fallback.',
  )
})

const HOSTILE = [
  `'; echo owned; '`,
  '$(echo owned)',
  '`echo owned`',
  '"]}\\" : [x',
  'a: b # c',
  '{fallback}',
  '--flag',
]

test.each(HOSTILE)('the name %j stays a name in a command that is pasted', (route) => {
  const filled = fillSnippet({ language: 'sh', code: 'printf %s {route}' }, route)
  expect(execFileSync('/bin/sh', ['-c', filled], { encoding: 'utf8' })).toBe(route)
})

test.each(HOSTILE)('the name %j stays a name in YAML that is pasted', (route) => {
  const filled = fillSnippet({ language: 'yaml', code: 'fallbacks: [{ {route}: [x] }]' }, route)
  expect(parse(filled)).toEqual({ fallbacks: [{ [route]: ['x'] }] })
})

test('a name cannot end the line of a snippet, nor hide what follows', () => {
  const filled = fillSnippet({ language: 'sh', code: 'run {route}' }, 'a\nrm -rf /\u202eb')
  expect(filled).toBe("run 'a\ufffdrm -rf /\ufffdb'")
})

function fillSnippet(snippet: Snippet, route: string): string {
  const remedy = { ...REMEDY, fixIt: { text: 't', snippet } }
  return fillRemedy(remedy, { route, fallback: 'other' }).fixIt.snippet?.code ?? ''
}
