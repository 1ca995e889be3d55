import { expect, test } from 'vitest'

import type { CompactSpan } from '../../../../../support/compact-span.ts'
import { tellStory } from '../../../../../support/tell-stories.ts'

// A route has several deployments in production: another one of the same route is a retry, whoever
// serves it, and only the next route is a fallback.

const CONFIG = {
  model_list: [
    { model_name: 'chat', litellm_params: { model: 'azure/eu' } },
    { model_name: 'chat', litellm_params: { model: 'azure/us' } },
    { model_name: 'spare', litellm_params: { model: 'openai/other' } },
  ],
  router_settings: { fallbacks: [{ chat: ['spare'] }] },
}

interface Call {
  readonly group: string
  readonly deployment: string
  readonly failed?: boolean
}

function request(api: string, calls: readonly Call[]): readonly CompactSpan[] {
  const root: CompactSpan = {
    name: `POST ${api}`,
    id: '1f',
    kind: 'server',
    ms: [0, 900],
    scope: 'opentelemetry.instrumentation.fastapi@0.49b0',
    attributes: { 'http.target': api, 'http.status_code': 200, 'gen_ai.request.model': 'chat' },
  }
  const auth = { name: `auth ${api}`, id: '10', parent: '1f', scope: 'litellm@1.97.0' }
  return [
    root,
    { ...auth, ms: [1, 2] },
    ...calls.map(({ group, deployment, failed = false }, position): CompactSpan => {
      const error = {
        'error.type': 'RateLimitError',
        'error.message': 'litellm.RateLimitError: AzureException - slow down',
        'litellm.provider.error.code': '429',
      }
      return {
        name: `chat ${group}`,
        id: `3${position}`,
        parent: '1f',
        kind: 'client',
        ms: [position * 100 + 10, position * 100 + 90],
        scope: 'litellm@1.97.0',
        status: failed ? 'error' : 'unset',
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': group,
          'litellm.provider.model': deployment,
          ...(failed ? error : { 'gen_ai.response.finish_reasons': ['stop'] }),
        },
      }
    }),
  ]
}

const EU_FAILS: Call = { group: 'chat', deployment: 'azure/eu', failed: true }
const CHAT = '/v1/chat/completions'

function kinds(spans: readonly CompactSpan[], config?: unknown): readonly string[] {
  return tellStory(spans, config).attempts.map(({ kind }) => kind)
}

test('another deployment of the route is a retry, and the request was rescued', () => {
  const spans = request(CHAT, [EU_FAILS, { group: 'chat', deployment: 'azure/us' }])
  expect(kinds(spans)).toEqual(['initial', 'retry'])
  expect(tellStory(spans)).toMatchObject({ outcome: 'rescued' })
})

test('the next route is a fallback', () => {
  const spans = request(CHAT, [EU_FAILS, { group: 'spare', deployment: 'openai/other' }])
  expect(kinds(spans)).toEqual(['initial', 'fallback'])
})

test('where every attempt bears the route, the config file tells whose deployment it is', () => {
  const own = request('/v1/responses', [EU_FAILS, { group: 'chat', deployment: 'azure/us' }])
  const next = request('/v1/responses', [EU_FAILS, { group: 'chat', deployment: 'openai/other' }])
  expect(kinds(own, CONFIG)).toEqual(['initial', 'retry'])
  expect(kinds(next, CONFIG)).toEqual(['initial', 'fallback'])
  expect(kinds(own)).toEqual(['initial', 'unknown'])
})
