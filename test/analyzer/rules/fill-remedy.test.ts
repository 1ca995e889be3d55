import { expect, test } from 'vitest'

import { fillRemedy } from '../../../analyzer/rules/fill-remedy.ts'

const REMEDY = {
  stopItNow: 'Swap {route} and {fallback}, then {route} again.',
  fixIt: 'Look at {fallback}.',
  verify: 'run',
}

test('every name is put in, as data', () => {
  expect(fillRemedy(REMEDY, { route: '$&', fallback: '{route}' })).toEqual({
    stopItNow: 'Swap $& and {route}, then $& again.',
    fixIt: 'Look at {route}.',
    verify: 'run',
  })
})

test('an unknown name is said in words', () => {
  expect(fillRemedy(REMEDY, { route: null, fallback: undefined }).fixIt).toBe(
    'Look at the fallback.',
  )
})
