import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../collector/protocol/json.ts'
import { takeRouterFields } from '../../../collector/protocol/litellm-fields.ts'

const BODY: JsonObject = { model: 'main', messages: [{ role: 'user', content: 'Hello.' }] }

function take(extra: JsonObject) {
  return takeRouterFields({ ...BODY, ...extra })
}

describe('what a request says to the router', () => {
  test.each<{ readonly extra: JsonObject; readonly options: object }>([
    { extra: { disable_fallbacks: true }, options: { disableFallbacks: true } },
    { extra: { num_retries: 3 }, options: { retriesMax: 3 } },
    { extra: { num_retries: 0, max_retries: 5 }, options: { retriesMax: 0 } },
    { extra: { max_retries: 1 }, options: { retriesMax: 1 } },
    { extra: { num_retries: 1000 }, options: { retriesMax: 20 } },
    { extra: { timeout: 12.5 }, options: { timeoutMs: 12_500 } },
    { extra: { request_timeout: 5 }, options: { timeoutMs: 5000 } },
    { extra: { timeout: 1e12 }, options: { timeoutMs: 86_400_000 } },
    { extra: { stream_timeout: 7 }, options: { streamTimeoutMs: 7000 } },
    { extra: { fallbacks: ['a', 'b', 'a'] }, options: { fallbacks: ['a', 'b'] } },
    { extra: { fallbacks: [] }, options: { fallbacks: [] } },
    { extra: { fallbacks: [{ model: 'a' }, 'b'] }, options: { fallbacks: ['a', 'b'] } },
    {
      extra: { fallbacks: [{ main: ['a'] }, { other: ['b'] }, { '*': ['c'] }] },
      options: { fallbacks: ['a', 'c'] },
    },
    {
      extra: { context_window_fallbacks: ['long'], content_policy_fallbacks: [{ model: 'mild' }] },
      options: { contextWindowFallbacks: ['long'], contentPolicyFallbacks: ['mild'] },
    },
    { extra: { timeout: null, fallbacks: null, num_retries: null }, options: {} },
  ])('is read from $extra', ({ extra, options }) => {
    expect(take(extra)).toEqual({
      kind: 'read',
      options: { disableFallbacks: false, disableContinuation: false, ...options },
      body: BODY,
    })
  })

  test.each<{ readonly extra: JsonObject; readonly param: string; readonly says: string }>([
    { extra: { disable_fallbacks: 'yes' }, param: 'disable_fallbacks', says: 'true or false' },
    { extra: { num_retries: -1 }, param: 'num_retries', says: 'a whole number' },
    { extra: { num_retries: 1.5 }, param: 'num_retries', says: 'a whole number' },
    { extra: { max_retries: '2' }, param: 'max_retries', says: 'a whole number' },
    { extra: { timeout: 0 }, param: 'timeout', says: 'seconds' },
    { extra: { stream_timeout: '5' }, param: 'stream_timeout', says: 'seconds' },
    { extra: { fallbacks: 'a' }, param: 'fallbacks', says: 'must name routes' },
    { extra: { fallbacks: ['a', 5] }, param: 'fallbacks[1]', says: 'must name routes' },
    { extra: { fallbacks: [{ main: 'a' }] }, param: 'fallbacks[0]', says: 'must name routes' },
    {
      extra: { fallbacks: [{ model: 'a', messages: [] }] },
      param: 'fallbacks[0].messages',
      says: 'name its route alone',
    },
    { extra: { api_base: 'http://169.254.169.254' }, param: 'api_base', says: 'configuration' },
    { extra: { api_key: 'sk-client' }, param: 'api_key', says: 'configuration' },
  ])('is refused by name in $extra', ({ extra, param, says }) => {
    expect(take(extra)).toEqual({
      kind: 'invalid',
      param,
      message: expect.stringContaining(says),
    })
  })

  test('is never sent on, obeyed or not', () => {
    const extra: JsonObject = {
      mock_response: 'Hi',
      mock_testing_fallbacks: true,
      mock_timeout: true,
      litellm_metadata: { a: 1 },
      cache: { 'no-cache': true },
      retry_policy: {},
      tags: ['x'],
    }

    expect(take(extra)).toMatchObject({ kind: 'read', body: BODY })
  })

  test('leaves a body without any of it as it came', () => {
    const taken = takeRouterFields(BODY)

    expect(taken.kind === 'read' && taken.body).toBe(BODY)
  })
})
