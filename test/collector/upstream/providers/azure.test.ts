import { afterEach, expect, test } from 'vitest'
import { ask, wholeAnswer } from '../../../support/ask.ts'
import {
  type FakeUpstream,
  LAST_CHUNK,
  STREAM_HEAD,
  type Script,
  chatFrames,
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

interface Setup {
  readonly model?: string
  readonly path?: string
  readonly params?: object
  readonly script?: Script
}

async function start({ model = 'azure/my gpt/4', path = '', params, script }: Setup) {
  upstream = await startFakeUpstream(
    script ??
      ((exchange) => {
        const api = exchange.request.path.includes('/responses') ? 'responses' : 'chat'
        exchange.send(jsonResponse(200, wholeAnswer(api)))
      }),
  )
  router = await startRouter({
    routes: [
      {
        name: 'route',
        model,
        apiBase: `${upstream.url}${path}`,
        ...(params !== undefined && { params }),
      },
    ],
  })
  return { upstream, router }
}

test.each([
  [
    'its deployment in the path and a version in the query',
    { params: { api_version: '2024-10-21' } },
    '/openai/deployments/my%20gpt%2F4/chat/completions?api-version=2024-10-21',
  ],
  [
    'LiteLLM’s default version where the file gives none',
    {},
    '/openai/deployments/my%20gpt%2F4/chat/completions?api-version=2025-02-01-preview',
  ],
  [
    'the undated API, by a base that names it',
    { path: '/openai/v1/', params: { api_version: '2024-10-21' } },
    '/openai/v1/chat/completions',
  ],
  [
    'the undated API, by a version that means it',
    { params: { api_version: 'v1' } },
    '/openai/v1/chat/completions',
  ],
  [
    'a preview of the undated API',
    { params: { api_version: 'preview' } },
    '/openai/v1/chat/completions?api-version=preview',
  ],
  [
    'a base that names its deployment already',
    { path: '/openai/deployments/mine', params: { api_version: '2024-10-21' } },
    '/openai/deployments/mine/chat/completions?api-version=2024-10-21',
  ],
] as const)('is asked by %s', async (_, setup, path) => {
  const { router, upstream } = await start(setup)
  expect((await ask(router, 'chat')).status).toBe(200)
  expect(upstream.requests[0]?.path).toBe(path)
})

test('answers a Responses client over /responses, its deployment in the body', async () => {
  const { router, upstream } = await start({ params: { api_version: '2025-04-01-preview' } })
  expect((await ask(router, 'responses')).status).toBe(200)
  expect(upstream.requests[0]?.path).toBe('/openai/responses?api-version=2025-04-01-preview')
  expect(JSON.parse(upstream.requests[0]?.body ?? '')).toMatchObject({ model: 'my gpt/4' })
})

test('answers a Responses client of an undated deployment over the undated API', async () => {
  const { router, upstream } = await start({})
  expect((await ask(router, 'responses')).status).toBe(200)
  expect(upstream.requests[0]?.path).toBe('/openai/v1/responses?api-version=preview')
})

test('is asked by Chat where its version has no Responses yet', async () => {
  const { router, upstream } = await start({ params: { api_version: '2024-10-21' } })
  expect((await ask(router, 'responses')).status).toBe(200)
  expect(upstream.requests[0]?.path).toContain('/chat/completions')
})

test('is shown its key in Azure’s own header, or a token of Entra ID', async () => {
  const { router, upstream } = await start({})
  await ask(router, 'chat')
  expect(upstream.requests[0]?.headers.get('api-key')).toBe('sk-provider-key-1234')
  expect(upstream.requests[0]?.headers.has('authorization')).toBe(false)
  await router.stop()
  await upstream.stop()
  const byToken = await start({ params: { api_key: null, azure_ad_token: 'entra-token' } })
  await ask(byToken.router, 'chat')
  expect(byToken.upstream.requests[0]?.headers.get('authorization')).toBe('Bearer entra-token')
  expect(byToken.upstream.requests[0]?.headers.has('api-key')).toBe(false)
})

test('gets a translated limit by the word that its reasoning models know', async () => {
  const { router, upstream } = await start({})
  await ask(router, 'messages')
  const body = JSON.parse(upstream.requests[0]?.body ?? '')
  expect(body).toMatchObject({ max_completion_tokens: 50 })
  expect(body).not.toHaveProperty('max_tokens')
})

test('its content filter is the client’s to hear of, with the provider’s reason', async () => {
  const error = {
    code: 'content_filter',
    message: 'The response was filtered due to the prompt triggering a filter.',
    param: 'prompt',
    type: null,
    status: 400,
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: { jailbreak: { filtered: true, detected: true } },
    },
  }
  const { router } = await start({
    script: (exchange) =>
      exchange.send(jsonResponse(400, { error }, { 'apim-request-id': 'apim-7' })),
  })
  const { status, text } = await ask(router, 'chat')
  expect(status).toBe(400)
  expect(JSON.parse(text)).toMatchObject({
    error: { message: error.message, code: 'content_filter', param: 'prompt' },
  })
  const [attempt] = (await router.telemetry.waitForRequest()).attempts
  expect(attempt?.summary).toMatchObject({
    failure: { reason: 'content-filtered' },
    upstreamRequestId: 'apim-7',
  })
})

test.each([
  [
    'its gateway',
    401,
    { statusCode: 401, message: 'Access denied due to invalid subscription key.' },
    'auth',
  ],
  [
    'its resource',
    404,
    { error: { code: 'DeploymentNotFound', message: 'No such deployment.' } },
    'not-found',
  ],
  [
    'its rate limit',
    429,
    { error: { code: '429', message: 'Requests exceeded the rate.' } },
    'rate-limited',
  ],
] as const)('an error of %s is read for what it is', async (...[, status, body, reason]) => {
  const { router } = await start({
    script: (exchange) => exchange.send(jsonResponse(status, body)),
  })
  expect((await ask(router, 'chat')).status).toBe(status)
  const request = await router.telemetry.waitForRequest()
  expect(request.attempts[0]?.summary?.failure).toMatchObject({ reason, statusCode: status })
})

test('its filter’s report before the first chunk is no content', async () => {
  const filters = { choices: [], prompt_filter_results: [{ prompt_index: 0 }], id: '', model: '' }
  const { router } = await start({
    script(exchange) {
      exchange.send(STREAM_HEAD)
      exchange.chunk(`data: ${JSON.stringify(filters)}\n\n`)
      for (const frame of chatFrames(['Hi'])) exchange.chunk(frame)
      exchange.send(LAST_CHUNK)
    },
  })
  const { text } = await ask(router, 'chat', { fields: { stream: true } })
  expect(text).toContain('[DONE]')
  const request = await router.telemetry.waitForRequest()
  expect(request.attempts[0]?.firstContent).toMatchObject({ kind: 'text', preludeEvents: 2 })
})
