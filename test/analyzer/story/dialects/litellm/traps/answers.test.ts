import { expect, test } from 'vitest'

import type { Story } from '../../../../../../analyzer/story/story.ts'
import {
  changed,
  recordingsWhere,
  tellOne,
  toldWhere,
  withAttributes,
} from '../../../../../support/select-recordings.ts'

// What the answer itself said of who gave it (measured iv.16 and iv.18): its `model` field, and the
// header `x-litellm-model-id`. Spans have the first at times, and the second never.

const MISREPORTED = 'served-model-misreported'

test('a rescue in mid-stream changes the model within the answer: none is told as what was read', () => {
  const rescued = toldWhere(/^1\.(?:95|97|109)\.\d+\/v[12]/u, ({ verdict }) =>
    verdict.startsWith('RESCUED_MID_STREAM'),
  )
  for (const { recording, story, findings } of rescued) {
    expect([recording.id, story.client.model]).toEqual([recording.id, undefined])
    expect(findings.map(({ rule }) => rule)).not.toContain(MISREPORTED)
  }
})

test('nor where the first one broke before content: its role chunk may have named it', () => {
  const rescued = toldWhere(
    /^1\.(?:95|97|109)\.\d+\/v[12]/u,
    ({ verdict, whatHappened }) =>
      verdict === 'RESCUED_BEFORE_CONTENT' && /head 200, 0 text deltas/u.test(whatHappened),
  )
  for (const { story, findings } of rescued) {
    expect(story.client.model).toBeUndefined()
    expect(findings.map(({ rule }) => rule)).not.toContain(MISREPORTED)
  }
})

test('where the first one was refused before the headers, the answer has one model, and it is told', () => {
  const rescued = toldWhere(
    /^1\.(?:83|90|95|97|109)\.\d+\/v[12]$/u,
    ({ verdict, api }) => verdict === 'RESCUED_BEFORE_HEADERS' && api === 'chat',
  )
  const models = rescued.map(({ story }) => story.client.model)
  expect(models.filter((model) => model !== undefined).length).toBeGreaterThan(models.length / 2)
})

test('up to 1.90 the answer keeps the requested name, whoever served: that is told as it is', () => {
  const old = toldWhere(
    /^1\.(?:83|90)\.\d+\/v1$/u,
    ({ verdict, api }) => verdict === 'RESCUED_BEFORE_HEADERS' && api === 'chat',
  )
  for (const { recording, story } of old) {
    expect([undefined, recording.config.model_list[0]?.model_name]).toContain(story.client.model)
  }
})

/**
 * `x-litellm-model-id` names the fallback after a rescue before the headers, and the one that
 * failed after a rescue behind them. No span has the headers of the answer: v1's `hidden_params`
 * has an id of the same name, which is the serving attempt's own. So nothing rests on it.
 */
test('the header that names the wrong deployment is in no span, and nothing rests on its namesake', () => {
  const rescued = recordingsWhere(/\/v[12]/u, ({ verdict }) => verdict.startsWith('RESCUED'))
  const headers = rescued.flatMap(({ id, spans }) =>
    spans
      .filter(({ attributes }) => [...attributes.keys()].some((key) => /model[-_]id$/u.test(key)))
      .map(({ name }) => `${id}: ${name}`),
  )
  expect(headers).toEqual([])
  for (const recording of rescued) {
    const misled = changed(recording, (span) => {
      const hidden = span.attributes.get('hidden_params')
      return typeof hidden === 'string'
        ? withAttributes(span, {
            hidden_params: hidden.replace(/"model_id": "[^"]*"/u, '"model_id": "another"'),
          })
        : span
    })
    expect(factsOf(tellOne(misled).story)).toEqual(factsOf(tellOne(recording).story))
  }
})

function factsOf({ outcome, route, attempts, client }: Story): unknown {
  return { outcome, route, attempts, client }
}
