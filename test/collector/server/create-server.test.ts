import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  LAST_CHUNK,
  STREAM_HEAD,
  chatFrames,
  startFakeUpstream,
  type FakeUpstream,
} from '../../support/fake-upstream.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'
import { waitUntil } from '../../support/wait-until.ts'

const KEY = 'sk-router-master-key'
const BODY = { model: 'route', stream: true, messages: [{ role: 'user', content: 'Hello.' }] }

let upstream: FakeUpstream
let open: TestRouter
let locked: TestRouter

beforeAll(async () => {
  upstream = await startFakeUpstream((exchange) => {
    exchange.send(STREAM_HEAD)
    for (const frame of chatFrames(['Hi'])) exchange.chunk(frame)
    exchange.send(LAST_CHUNK)
  })
  const routes = [{ name: 'route', model: 'openai/gpt-4o', apiBase: `${upstream.url}/v1` }]
  open = await startRouter({ routes, secondwind: { limits: { request_body_bytes_max: 4096 } } })
  locked = await startRouter({ routes, general: { master_key: KEY } })
})

afterAll(async () => {
  await open.stop()
  await locked.stop()
  await upstream.stop()
})

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
  readonly error: { readonly message: string; readonly type: string; readonly code?: string }
}

/** `node:http` and not `fetch`: a Host of our own choice must reach the wire. */
function call(
  router: TestRouter,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { method = 'POST', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      `${router.url}${path}`,
      { method, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => {
          const text = Buffer.concat(parts).toString()
          const json = text.startsWith('{') ? JSON.parse(text) : {}
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            error: json.error,
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

const chat = (router: TestRouter, headers: Record<string, string> = {}) =>
  call(router, '/v1/chat/completions', { headers, body: JSON.stringify(BODY) })

function recorded(): object {
  return open.telemetry.requests.at(-1)?.summary ?? {}
}

describe('the key', () => {
  test.each([
    { authorization: `Bearer ${KEY}` },
    { authorization: `bearer  ${KEY}` },
    { 'x-api-key': KEY },
  ])('opens the router as %j', async (headers) => {
    expect((await chat(locked, headers as Record<string, string>)).status).toBe(200)
  })

  test.each([
    {},
    { authorization: 'Bearer sk-wrong' },
    { authorization: KEY },
    { 'x-api-key': `${KEY}x` },
    { 'x-api-key': '' },
  ])('is refused as %j, in the protocol of the client', async (headers) => {
    const asChat = await chat(locked, headers)
    const asMessages = await call(locked, '/v1/messages', {
      headers,
      body: '{}',
    })

    expect(asChat.status).toBe(401)
    expect(asChat.error.message).toContain('master_key')
    expect(asMessages.status).toBe(401)
    expect(asMessages.error.type).toBe('authentication_error')
    expect(JSON.parse(asMessages.text).type).toBe('error')
  })

  test('is asked for by everything but the probes', async () => {
    expect((await call(locked, '/v1/models', { method: 'GET' })).status).toBe(401)
    expect((await call(locked, '/metrics', { method: 'GET' })).status).toBe(401)
    expect((await call(locked, '/livez', { method: 'GET' })).status).toBe(200)
    expect((await call(locked, '/readyz', { method: 'GET' })).status).toBe(200)
  })

  test('is never sent on, and the provider gets its own', async () => {
    await chat(locked, { authorization: `Bearer ${KEY}` })
    const head = upstream.requests.at(-1)?.head ?? ''

    expect(head).not.toContain(KEY)
    expect(head).toContain('sk-provider-key-1234')
  })
})

describe('the Host', () => {
  test.each(['localhost', 'LOCALHOST:4100', '127.0.0.1:1', '[::1]:4100', 'localhost.'])(
    'may be %s on loopback',
    async (host) => {
      expect((await chat(open, { host })).status).toBe(200)
    },
  )

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', '169.254.169.254'])(
    'may not be %s: a page in a browser could reach us by it',
    async (host) => {
      const answer = await chat(open, { host })

      expect(answer.status).toBe(421)
      expect(answer.error.message).toContain('--allowed-host')
    },
  )
})

describe('a request that is never routed', () => {
  test.each(['{"model":', '', '[]', '"text"', '{}', '{"model":5,"messages":[]}'])(
    'is told what is wrong with the body %j',
    async (body) => {
      const answer = await call(open, '/v1/chat/completions', { body })

      expect(answer.status).toBe(400)
      expect(answer.error.type).toBe('invalid_request_error')
      expect(recorded()).toMatchObject({
        outcome: 'rejected',
        attempts: 0,
        client: { statusCode: 400, errorAttempt: 0 },
      })
    },
  )

  test('is told which routes there are', async () => {
    const body = JSON.stringify({ ...BODY, model: 'gpt-5' })
    const asChat = await call(open, '/v1/chat/completions', { body })
    const asMessages = await call(open, '/v1/messages', {
      body: JSON.stringify({ ...BODY, model: 'x', max_tokens: 1 }),
    })

    expect(asChat.status).toBe(404)
    expect(asChat.error).toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('this router serves: route'),
    })
    expect(asMessages.status).toBe(404)
    expect(asMessages.error.type).toBe('not_found_error')
    expect(recorded()).toMatchObject({ outcome: 'rejected' })
  })

  test('is told that its body is too large', async () => {
    const body = JSON.stringify({ ...BODY, padding: 'x'.repeat(5000) })
    const answer = await call(open, '/v1/messages', { body })

    expect(answer.status).toBe(413)
    expect(answer.error.type).toBe('request_too_large')
  })

  test('is told so while it still sends, and may send to the end', async () => {
    const length = 1024 * 1024
    const head = `host: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}`
    const socket = connect(open.port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\n${head}\r\n\r\n`)
    await waitUntil(() => text.includes('request_body_bytes_max'))
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toContain('over the 4096 bytes of `secondwind.limits.request_body_bytes_max`')

    socket.write('x'.repeat(length))
    socket.write('GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
    await once(socket, 'close')
    expect(text).toContain('HTTP/1.1 200 OK')
  })

  test('is told that a form is no model call', async () => {
    const answer = await call(open, '/v1/chat/completions', {
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify(BODY),
    })

    expect(answer.status).toBe(415)
    expect(answer.error.message).toContain('application/json')
  })

  test('is told that a compressed body is not read', async () => {
    const answer = await call(open, '/v1/chat/completions', {
      headers: { 'content-encoding': 'gzip' },
      body: JSON.stringify(BODY),
    })

    expect(answer.status).toBe(415)
    expect(answer.error.message).toContain('without content-encoding')
    expect(answer.headers['accept-encoding']).toBe('identity')
  })

  test('is told that a background response cannot be held', async () => {
    const body = JSON.stringify({ model: 'primary', input: 'Count.', background: true })
    const answer = await call(open, '/v1/responses', { body })

    expect(answer.status).toBe(400)
    expect(answer.error).toMatchObject({ param: 'background', type: 'invalid_request_error' })
    expect(answer.error.message).toContain('`background` cannot be true here')
    expect(recorded()).toMatchObject({ outcome: 'rejected' })
  })

  test.each([
    ['GET', '/v1/responses/resp_1'],
    ['DELETE', '/v1/responses/resp_1'],
    ['POST', '/v1/responses/resp_1/cancel'],
    ['GET', '/responses/resp_1/input_items?limit=2'],
  ])('is told that no response is kept here: %s %s', async (method, path) => {
    const answer = await call(open, path, { method, ...(method === 'POST' && { body: '{}' }) })

    expect(answer.status).toBe(404)
    expect(answer.error).toMatchObject({ code: 'not_served' })
    expect(answer.error.message).toContain('Secondwind keeps no responses')
  })

  test('is told what is served where nothing is', async () => {
    const nowhere = await call(open, '/v1/embeddings', { body: '{}' })
    const wrongMethod = await call(open, '/v1/chat/completions', { method: 'GET' })
    const malformed = await call(open, '/%E0%A4%A', { method: 'GET' })

    expect(nowhere.status).toBe(404)
    expect(nowhere.error.message).toContain('POST /v1/chat/completions')
    expect(wrongMethod.status).toBe(405)
    expect(wrongMethod.headers['allow']).toBe('POST')
    expect(malformed.status).toBe(400)
  })
})

test('routes are listed as models', async () => {
  const answer = await call(open, '/models', { method: 'GET' })

  expect(JSON.parse(answer.text)).toMatchObject({ object: 'list', data: [{ id: 'route' }] })
})

test.each(['/v1/chat/completions', '/chat/completions'])('%s is served', async (path) => {
  const answer = await call(open, path, { body: JSON.stringify(BODY) })

  expect(answer.status).toBe(200)
  expect(answer.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'x-secondwind-attempts': '1',
    'x-secondwind-deployment': 'route/1',
    'x-secondwind-trace-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
  })
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
})

test('requests are counted by outcome, spans by what became of them', async () => {
  await chat(open)
  const { text } = await call(open, '/metrics', { method: 'GET' })

  expect(text).toMatch(
    /^secondwind_sidecar_requests_total\{route="route",api="chat",outcome="ok"\} [1-9]/m,
  )
  expect(text).toMatch(
    /^secondwind_sidecar_requests_total\{route="",api="chat",outcome="rejected"\} [1-9]/m,
  )
  expect(text).toMatch(/^secondwind_sidecar_spans_total\{result="exported"\} \d/m)
  expect(text).toMatch(/^secondwind_sidecar_requests_in_flight 0$/m)
})
