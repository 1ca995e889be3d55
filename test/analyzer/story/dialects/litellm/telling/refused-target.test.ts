import { expect, test } from 'vitest'

import { refusedTarget } from '../../../../../../analyzer/story/dialects/litellm/telling/refused-target.ts'

const REFUSAL =
  'No deployments available for selected model, Try again in 5 seconds. Passed model=chat-backup. pre-call-checks=False, '

test('a cool-down names who cools down; with an empty list it was a gate', () => {
  expect(refusedTarget(`${REFUSAL}cooldown_list=['6f1d']`)).toEqual({
    deployment: 'chat-backup',
    why: 'cooling_down',
  })
  expect(refusedTarget(`${REFUSAL}cooldown_list=[]`)).toEqual({
    deployment: 'chat-backup',
    why: 'gate',
  })
})

test('where the text does not say, nothing is made up', () => {
  expect(refusedTarget('No deployments available for selected model')).toBeUndefined()
  expect(refusedTarget('No deployments available for selected model', 'chat-backup')).toEqual({
    deployment: 'chat-backup',
  })
})

test('the name of a route may hold dots', () => {
  const text = REFUSAL.replace('chat-backup', 'gpt-4.1-mini')
  expect(refusedTarget(text)?.deployment).toBe('gpt-4.1-mini')
})
