import { afterEach, describe, expect, test } from 'vitest'
import type { Api } from '../../../../collector/vocabulary.ts'
import { ask, wholeAnswer } from '../../../support/ask.ts'
import {
  type FakeUpstream,
  jsonResponse,
  startFakeUpstream,
} from '../../../support/fake-upstream.ts'
import { type TestRouter, startRouter } from '../../../support/start-router.ts'

let upstream: FakeUpstream | undefined
let router: TestRouter | undefined

afterEach(async () => {
  await router?.stop()
  await upstream?.stop()
})

const CLIENT_HEADERS = {
  authorization: 'Bearer the-clients-own-key',
  'x-api-key': 'the-clients-own-key',
  cookie: 'session=secret',
  'x-forwarded-for': '10.1.2.3',
  'openai-beta': 'responses=v2',
  'openai-organization': 'org-of-the-client',
  'x-client-request-id': 'request-7',
  'anthropic-beta': 'a-beta,b-beta',
  'anthropic-version': '2026-10-21',
  'x-custom': 'custom',
}

interface Setup {
  readonly model: string
  readonly params?: object
  readonly client: Api
  readonly target: Api
  readonly fields?: object
}

async function sent({ model, params, client, target, fields }: Setup) {
  upstream = await startFakeUpstream((exchange) =>
    exchange.send(jsonResponse(200, wholeAnswer(target))),
  )
  router = await startRouter({
    routes: [
      { name: 'route', model, apiBase: upstream.url, ...(params !== undefined && { params }) },
    ],
  })
  const options = { headers: CLIENT_HEADERS, ...(fields !== undefined && { fields }) }
  const { status } = await ask(router, client, options)
  expect(status).toBe(200)
  const [request] = upstream.requests
  return {
    headers: request?.headers ?? new Map<string, string>(),
    body: JSON.parse(request?.body ?? '{}'),
  }
}

const ALWAYS = [
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'host',
  'user-agent',
]

describe('headers are made anew', () => {
  test('for OpenAI: its key, and what it lets a client say', async () => {
    const { headers } = await sent({ model: 'openai/gpt-4o', client: 'chat', target: 'chat' })
    expect([...headers.keys()].toSorted()).toEqual(
      [...ALWAYS, 'authorization', 'openai-beta', 'x-client-request-id'].toSorted(),
    )
    expect(headers.get('authorization')).toBe('Bearer sk-provider-key-1234')
    expect(headers.get('accept-encoding')).toBe('identity')
  })

  test('for Anthropic: the client’s version and betas, where the body is the client’s', async () => {
    const { headers } = await sent({
      model: 'anthropic/claude-x',
      client: 'messages',
      target: 'messages',
    })
    expect([...headers.keys()].toSorted()).toEqual(
      [...ALWAYS, 'anthropic-beta', 'anthropic-version', 'x-api-key'].toSorted(),
    )
    expect(headers.get('x-api-key')).toBe('sk-provider-key-1234')
    expect(headers.get('anthropic-version')).toBe('2026-10-21')
    expect(headers.get('anthropic-beta')).toBe('a-beta,b-beta')
  })

  test('for Anthropic: our own version where we translated', async () => {
    const { headers } = await sent({
      model: 'anthropic/claude-x',
      client: 'chat',
      target: 'messages',
    })
    expect(headers.get('anthropic-version')).toBe('2023-06-01')
    expect(headers.has('anthropic-beta')).toBe(false)
  })

  test('with what the configuration adds, which no client can take away', async () => {
    const { headers } = await sent({
      model: 'openai/gpt-4o',
      params: {
        organization: 'org-ours',
        extra_headers: { 'X-Gateway-Key': 'gw', 'OpenAI-Beta': 'ours', 'User-Agent': 'our-router' },
      },
      client: 'chat',
      target: 'chat',
    })
    expect(headers.get('openai-organization')).toBe('org-ours')
    expect(headers.get('x-gateway-key')).toBe('gw')
    expect(headers.get('openai-beta')).toBe('ours,responses=v2')
    expect(headers.get('user-agent')).toBe('our-router')
    expect(headers.get('authorization')).toBe('Bearer sk-provider-key-1234')
  })
})

test('sampling is not said to a version that refuses it, where we translated', async () => {
  const common = {
    model: 'anthropic/claude-sonnet-4-5',
    client: 'chat',
    target: 'messages',
    fields: { temperature: 0.3 },
  } as const
  const before = await sent(common)
  expect(before.body).toMatchObject({ temperature: 0.3 })
  await router?.stop()
  await upstream?.stop()
  const params = { extra_headers: { 'anthropic-version': '2026-10-21' } }
  const after = await sent({ ...common, params })
  expect(after.headers.get('anthropic-version')).toBe('2026-10-21')
  expect(after.body).not.toHaveProperty('temperature')
})

describe('a limit that we translated is said in the word that the server knows', () => {
  test.each([
    ['openai/gpt-5', 'max_completion_tokens'],
    ['openai/my-own-llama', 'max_tokens'],
    ['mistral/mistral-large', 'max_tokens'],
    ['hosted_vllm/llama', 'max_tokens'],
    ['deepseek/deepseek-chat', 'max_tokens'],
    ['azure/any', 'max_completion_tokens'],
    ['ollama/llama3', 'max_tokens'],
    ['nobody-knows/llama', 'max_tokens'],
  ])('%s: %s', async (model, word) => {
    const { body } = await sent({ model, client: 'messages', target: 'chat' })
    const said = Object.keys(body).filter((key) => key.startsWith('max_'))
    expect(said).toEqual([word])
  })
})

describe('a Chat client’s own limit is said by the other word where its own is refused', () => {
  test.each([
    ['openai/gpt-5', 'max_tokens', 'max_completion_tokens'],
    ['azure/o3', 'max_tokens', 'max_completion_tokens'],
    ['mistral/mistral-large', 'max_completion_tokens', 'max_tokens'],
    ['deepseek/deepseek-chat', 'max_completion_tokens', 'max_tokens'],
    ['hosted_vllm/llama', 'max_completion_tokens', 'max_tokens'],
    ['ollama/llama3', 'max_completion_tokens', 'max_tokens'],
  ])('%s: %s', async (model, said, word) => {
    const { body } = await sent({ model, client: 'chat', target: 'chat', fields: { [said]: 50 } })
    expect(limitsOf(body)).toEqual([[word, 50]])
  })

  test.each([
    ['openai/gpt-4o', 'max_tokens'],
    ['openai/gpt-5', 'max_completion_tokens'],
    ['azure/any', 'max_tokens'],
    ['openai/my-own-llama', 'max_completion_tokens'],
    ['openrouter/openai/gpt-5', 'max_completion_tokens'],
    ['litellm_proxy/any', 'max_completion_tokens'],
    ['mistral/mistral-large', 'max_tokens'],
  ])('and stays where it is taken, or nobody knows: %s, %s', async (model, said) => {
    const { body } = await sent({ model, client: 'chat', target: 'chat', fields: { [said]: 50 } })
    expect(limitsOf(body)).toEqual([[said, 50]])
  })
})

function limitsOf(body: object): readonly (readonly [string, unknown])[] {
  return Object.entries(body).filter(([key]) => key.startsWith('max_'))
}

test('Ollama is called at its compatible path, whatever its base names', async () => {
  for (const path of ['', '/v1', '/api']) {
    // oxlint-disable-next-line no-await-in-loop -- one server after another
    upstream = await startFakeUpstream((exchange) =>
      exchange.send(jsonResponse(200, wholeAnswer('chat'))),
    )
    const apiBase = `${upstream.url}${path}`
    // oxlint-disable-next-line no-await-in-loop -- as above
    router = await startRouter({ routes: [{ name: 'route', model: 'ollama/llama3', apiBase }] })
    // oxlint-disable-next-line no-await-in-loop -- as above
    await ask(router, 'chat')
    expect(upstream.requests[0]?.path).toBe('/v1/chat/completions')
    // oxlint-disable-next-line no-await-in-loop -- as above
    await router.stop()
    // oxlint-disable-next-line no-await-in-loop -- as above
    await upstream.stop()
  }
})
