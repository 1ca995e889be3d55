import { expect, test } from 'vitest'
import type { Api } from '../../../../collector/vocabulary.ts'
import { findProvider } from '../../../../collector/upstream/providers/index.ts'
import { targetApi } from '../../../../collector/upstream/providers/provider.ts'
import { loadTestConfig } from '../../../support/start-router.ts'

function askedBy(clientApi: Api, model: string, extra: { params?: object; info?: object } = {}) {
  const { routes } = loadTestConfig({
    routes: [{ name: 'r', model, apiBase: 'http://127.0.0.1:9/base', ...extra }],
  })
  const target = routes.get('r')?.deployments[0]
  if (target === undefined) throw new Error('no deployment')
  const api = targetApi(clientApi, target)
  return `${api} ${findProvider(target.provider).endpoint(target, api, true).pathname} ${target.model}`
}

test.each([
  ['chat', 'chat /base/chat/completions gpt-5'],
  ['messages', 'chat /base/chat/completions gpt-5'],
  ['responses', 'responses /base/responses gpt-5'],
] as const)('answers a %s client of openai/ with %s', (client, expected) => {
  expect(askedBy(client, 'openai/gpt-5')).toBe(expected)
})

test.each(['chat', 'messages', 'responses'] as const)(
  'asks openai/responses/ by Responses for a %s client too',
  (client) => {
    const expected = 'responses /base/responses gpt-5'
    expect(askedBy(client, 'openai/responses/gpt-5')).toBe(expected)
    expect(askedBy(client, 'openai/gpt-5', { info: { mode: 'responses' } })).toBe(expected)
  },
)

test('asks a deployment with use_chat_completions_api by Chat, whatever else is said', () => {
  const params = { use_chat_completions_api: true }
  const expected = 'chat /base/chat/completions gpt-5'
  expect(askedBy('responses', 'openai/gpt-5', { params })).toBe(expected)
  expect(askedBy('responses', 'openai/responses/gpt-5', { params })).toBe(expected)
})

test('asks a compatible server by Responses only where supported_endpoints names it', () => {
  const chat = 'chat /base/chat/completions llama'
  expect(askedBy('responses', 'hosted_vllm/llama')).toBe(chat)
  const info = { supported_endpoints: ['/v1/chat/completions', '/v1/responses'] }
  expect(askedBy('responses', 'hosted_vllm/llama', { info })).toBe(
    'responses /base/responses llama',
  )
  expect(askedBy('messages', 'hosted_vllm/llama', { info })).toBe(chat)
})

test.each(['chat', 'messages', 'responses'] as const)(
  'asks anthropic/ by Messages for a %s client',
  (client) => {
    expect(askedBy(client, 'anthropic/claude-x')).toBe('messages /base/v1/messages claude-x')
  },
)
