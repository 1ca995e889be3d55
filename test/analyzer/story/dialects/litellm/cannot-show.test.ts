import { describe, expect, test } from 'vitest'

import { litellmCannotShow } from '../../../../../analyzer/story/dialects/litellm/cannot-show.ts'
import { senderOf, type Sender } from '../../../../../analyzer/story/sender.ts'
import { loadRecordings, tellRecording } from '../../../../support/litellm-recordings.ts'

const SWALLOWED = /whole answer|is made up/u

test('every truncation that a recording hides is among what its spans cannot show', () => {
  const hidden = loadRecordings()
    .filter(({ verdict }) => /^(?:SILENT_TRUNCATION|TRUNCATED_WITHOUT_NOTICE)/u.test(verdict))
    .flatMap((recording) => tellRecording(recording).map((story) => ({ recording, story })))
    .filter(({ story }) => story.outcome === 'ok')
  expect(hidden.length).toBeGreaterThan(20)
  const unsaid = hidden.filter(
    ({ story }) => !litellmCannotShow(senderOf(story)).some((line) => SWALLOWED.test(line)),
  )
  expect(unsaid.map(({ recording }) => recording.id)).toEqual([])
})

test('a truncation that is shown is not among what spans cannot show', () => {
  const shown = loadRecordings()
    .filter(({ id, api }) => id.startsWith('1.109.1/') && api === 'chat')
    .flatMap((recording) => tellRecording(recording))
    .filter(({ outcome }) => outcome === 'failed')
  expect(shown.length).toBeGreaterThan(20)
  const lines = shown.flatMap((story) => litellmCannotShow(senderOf(story)))
  expect(lines.filter((line) => SWALLOWED.test(line))).toEqual([])
})

describe('names the release', () => {
  test.each<[Partial<Sender>, string]>([
    [{ dialect: 'litellm-v2', minor: 97 }, 'LiteLLM 1.97’s spans'],
    [{ dialect: 'litellm-v1', minor: 97 }, 'LiteLLM 1.97 to 1.108’s spans'],
    [{ dialect: 'litellm-v1', mode: 'proxy, attempts on the root' }, 'LiteLLM up to 1.84’s spans'],
    [{ dialect: 'litellm-v1' }, 'LiteLLM’s spans'],
  ])('of %j', (sender, name) => {
    const lines = litellmCannotShow({ dialect: 'litellm-v1', api: 'messages', ...sender })
    expect(lines).toContain(
      `${name} cannot show a truncation on /v1/messages: a stream that ends early looks like a whole answer.`,
    )
    for (const line of lines) expect(line.startsWith(name)).toBe(true)
  })
})

test('of a release that nothing tells, only what holds for all is said', () => {
  expect(litellmCannotShow({ dialect: 'litellm-v1', api: 'chat' })).toEqual([])
})
