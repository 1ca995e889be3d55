import { expect, test } from 'vitest'

import {
  loadRecordings,
  tellRecording,
  type Recording,
} from '../../../../../support/litellm-recordings.ts'

/**
 * Held against the log of the provider that broke: when it failed is known from there, and what the
 * spans make of it may be less, but never something else.
 */
const told = loadRecordings().flatMap((recording) => {
  const [story] = tellRecording(recording)
  const first = story?.attempts.find(({ status }) => status === 'failed')
  const sent = sentByPrimary(recording)
  return first === undefined || sent === undefined
    ? []
    : [{ id: recording.id, api: recording.api, phase: first.phase, sent }]
})

/** What the first target had sent before it broke; undefined where the log does not say. */
function sentByPrimary({ whatHappened }: Recording): 'content' | 'nothing' | undefined {
  const primary = /Primary[^:]*: (.*?)(?:Fallback|Client:|SDK:|Caller:)/u.exec(whatHappened)?.[1]
  if (primary === undefined) return undefined
  if (/[1-9]\d* text deltas|tool call|function_call/u.test(primary)) return 'content'
  return /\b0 text deltas|^head [45]\d\d/u.test(primary) ? 'nothing' : undefined
}

test('a stream is said to have broken after content only where content had come', () => {
  const wrong = told.filter(({ phase, sent }) => phase === 'mid_stream' && sent === 'nothing')
  expect(wrong).toEqual([])
})

test('a stream is said to have broken before content only where none had come', () => {
  const wrong = told.filter(
    ({ phase, sent }) =>
      (phase === 'before_content' || phase === 'before_headers') && sent === 'content',
  )
  expect(wrong).toEqual([])
})

test('on chat of a proxy of 1.95 and later, breaking after content is always told', () => {
  const untold = told.filter(
    ({ id, api, phase, sent }) =>
      /^1\.(?:95|97|109)\.\d+\/v[12]/u.test(id) &&
      api === 'chat' &&
      sent === 'content' &&
      phase !== 'mid_stream',
  )
  expect(untold).toEqual([])
})

test('where nothing is counted nothing is told', () => {
  const phases = new Set(
    told
      .filter(({ id, sent }) => id.startsWith('1.83.') && sent === 'content')
      .map(({ phase }) => phase),
  )
  expect([...phases]).toEqual(['unknown'])
})
