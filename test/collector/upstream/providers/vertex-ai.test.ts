import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../../../collector/config/load-config.ts'
import { systemClock } from '../../../../collector/routing/clock.ts'
import { ask, wholeAnswer } from '../../../support/ask.ts'
import {
  type FakeUpstream,
  type Script,
  jsonResponse,
  startFakeUpstream,
} from '../../../support/fake-upstream.ts'
import { startRouter } from '../../../support/start-router.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

const running: { stop(): Promise<void> }[] = []
/** Moves the router's wall clock on, by which tokens run out. */
let aheadMs = 0

afterEach(async () => {
  aheadMs = 0
  for (const part of running.splice(0).toReversed()) {
    // oxlint-disable-next-line no-await-in-loop -- the router before what it talks to
    await part.stop()
  }
})

function keyFor(tokens: FakeUpstream): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'key-project',
    private_key_id: 'k1',
    private_key: privateKey,
    client_email: 'router@key-project.iam.gserviceaccount.com',
    token_uri: `${tokens.url}/token`,
  })
}

/** An address that gives `token-1`, `token-2` … to whoever signs, each good for an hour. */
async function startTokens(script?: Script): Promise<FakeUpstream> {
  let issued = 0
  const tokens = await startFakeUpstream(
    script ??
      ((exchange) => {
        issued += 1
        const access_token = `token-${issued}`
        exchange.send(jsonResponse(200, { access_token, expires_in: 3600, token_type: 'Bearer' }))
      }),
  )
  running.push(tokens)
  return tokens
}

interface Setup {
  readonly tokens: FakeUpstream
  readonly model?: string
  readonly params?: object
  readonly path?: string
  readonly script?: Script
}

async function start({ tokens, model, params, path = '', script }: Setup) {
  const upstream = await startFakeUpstream(
    script ?? ((exchange) => exchange.send(jsonResponse(200, wholeAnswer('messages')))),
  )
  running.push(upstream)
  const router = await startRouter({
    routes: [
      {
        name: 'route',
        model: model ?? 'vertex_ai/claude-sonnet-4-5@20250929',
        apiBase: `${upstream.url}${path}`,
        params: { api_key: null, vertex_credentials: keyFor(tokens), ...params },
      },
    ],
    clock: { ...systemClock, wallNow: () => Date.now() + aheadMs },
  })
  running.push(router)
  return { upstream, router }
}

const PLACE = '/v1/projects/key-project/locations/us-central1/publishers/anthropic/models'

describe('a call', () => {
  test('has the model in the path, the version in the body and a token for a key', async () => {
    const { router, upstream } = await start({ tokens: await startTokens() })
    const headers = { 'anthropic-beta': 'a-beta', 'anthropic-version': '2026-10-21' }
    expect((await ask(router, 'messages', { headers })).status).toBe(200)
    const [sent] = upstream.requests
    expect(sent?.path).toBe(`${PLACE}/claude-sonnet-4-5@20250929:rawPredict`)
    const body = JSON.parse(sent?.body ?? '')
    expect(body).toMatchObject({ anthropic_version: 'vertex-2023-10-16', max_tokens: 50 })
    expect(body).not.toHaveProperty('model')
    expect(sent?.headers.get('authorization')).toBe('Bearer token-1')
    expect(sent?.headers.get('anthropic-beta')).toBe('a-beta')
    expect(sent?.headers.has('anthropic-version')).toBe(false)
  })

  test('streams by another verb, and is translated for a Chat client', async () => {
    const { router, upstream } = await start({
      tokens: await startTokens(),
      params: { vertex_location: 'global', vertex_project: 'my-project' },
    })
    await ask(router, 'chat', { fields: { stream: true } })
    const [sent] = upstream.requests
    expect(sent?.path).toBe(
      '/v1/projects/my-project/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict',
    )
    expect(JSON.parse(sent?.body ?? '')).toMatchObject({
      stream: true,
      anthropic_version: 'vertex-2023-10-16',
    })
  })

  test('goes to an api_base that names the model by its verb alone', async () => {
    const path = '/gateway/models/claude-x'
    const { router, upstream } = await start({ tokens: await startTokens(), path })
    await ask(router, 'messages')
    expect(upstream.requests[0]?.path).toBe('/gateway/models/claude-x:rawPredict')
  })

  test('says in its own words what Google says of an error', async () => {
    const error = { code: 404, message: 'Publisher model was not found.', status: 'NOT_FOUND' }
    const { router } = await start({
      tokens: await startTokens(),
      script: (exchange) => exchange.send(jsonResponse(404, [{ error }])),
    })
    const { status, text } = await ask(router, 'messages')
    expect(status).toBe(404)
    expect(JSON.parse(text)).toMatchObject({ error: { message: error.message } })
    const request = await router.telemetry.waitForRequest()
    expect(request.attempts[0]?.summary?.failure).toMatchObject({ reason: 'not-found' })
  })
})

describe('the token', () => {
  test('is signed for the address that the key names, and asked for once at a time', async () => {
    const tokens = await startTokens()
    const { router, upstream } = await start({ tokens })
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(router, 'messages')))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(tokens.requests).toHaveLength(1)
    const assertion = new URLSearchParams(tokens.requests[0]?.body).get('assertion') ?? ''
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({
      iss: 'router@key-project.iam.gserviceaccount.com',
      aud: `${tokens.url}/token`,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    })
    const shown = upstream.requests.map(({ headers }) => headers.get('authorization'))
    expect(new Set(shown)).toEqual(new Set(['Bearer token-1']))
  })

  test('is renewed before it runs out, and nobody waits for that', async () => {
    const tokens = await startTokens()
    const { router, upstream } = await start({ tokens })
    await ask(router, 'messages')
    aheadMs = 57 * 60_000
    await ask(router, 'messages')
    await tokens.waitForRequests(2)
    expect(upstream.requests[1]?.headers.get('authorization')).toBe('Bearer token-1')
  })

  test('is another once the first has run out', async () => {
    const { router, upstream } = await start({ tokens: await startTokens() })
    await ask(router, 'messages')
    aheadMs = 2 * 3_600_000
    await ask(router, 'messages')
    expect(upstream.requests[1]?.headers.get('authorization')).toBe('Bearer token-2')
  })

  test('that is refused is replaced once, and the request is asked again', async () => {
    const tokens = await startTokens()
    const { router, upstream } = await start({
      tokens,
      script(exchange) {
        const isOld =
          exchange.request.headers.get('authorization') === 'Bearer token-1' && aheadMs > 0
        const error = { code: 401, message: 'Request had invalid credentials.' }
        exchange.send(
          isOld ? jsonResponse(401, { error }) : jsonResponse(200, wholeAnswer('messages')),
        )
      },
    })
    await ask(router, 'messages')
    aheadMs = 60_000
    expect((await ask(router, 'messages')).status).toBe(200)
    expect(upstream.requests.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
    ])
    const request = await router.telemetry.waitForRequest(2)
    expect(request.attempts.map(({ start }) => start.kind)).toEqual(['initial', 'retry'])
  })

  test('that is refused although it is new is not asked for again', async () => {
    const tokens = await startTokens()
    const error = { code: 401, message: 'Request had invalid credentials.' }
    const { router, upstream } = await start({
      tokens,
      script: (exchange) => exchange.send(jsonResponse(401, { error })),
    })
    expect((await ask(router, 'messages')).status).toBe(401)
    expect(upstream.requests).toHaveLength(1)
    expect(tokens.requests).toHaveLength(1)
  })

  test('is not waited for once the client is gone, and nothing is sent', async () => {
    const tokens = await startTokens(() => {})
    const { router, upstream } = await start({ tokens })
    const client = new AbortController()
    const asked = fetch(`${router.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'route',
        max_tokens: 5,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
      signal: client.signal,
    })
    await tokens.waitForRequests(1)
    client.abort()
    await expect(asked).rejects.toThrow('aborted')
    expect((await router.telemetry.waitForRequest()).summary.outcome).toBe('cancelled')
    expect(upstream.requests).toHaveLength(0)
  })

  test('that cannot be had is a failure of kind auth that says what to do, and no secret', async () => {
    const tokens = await startTokens((exchange) =>
      exchange.send(
        jsonResponse(400, { error: 'invalid_grant', error_description: 'Account disabled' }),
      ),
    )
    const { router, upstream } = await start({ tokens })
    const { status, text } = await ask(router, 'messages')
    expect(status).toBe(502)
    expect(text).toContain('invalid_grant: Account disabled')
    expect(text).toContain('check vertex_credentials')
    expect(text).not.toContain('PRIVATE')
    expect(upstream.requests).toHaveLength(0)
    const request = await router.telemetry.waitForRequest()
    expect(request.attempts[0]?.summary?.failure).toMatchObject({
      reason: 'auth',
      phase: 'before_headers',
    })
    // Told again without asking: every request would wait for the same answer.
    await ask(router, 'messages')
    expect(tokens.requests).toHaveLength(1)
  })
})

function read(params: object, environment: Record<string, string> = {}) {
  const litellm_params = { model: 'vertex_ai/claude-opus-4-6', ...params }
  const text = JSON.stringify({ model_list: [{ model_name: 'r', litellm_params }] })
  const files: Record<string, string> = { '/key.json': '{"type":"x","project_id":"from-file"}' }
  return loadConfig(text, { environment, readFile: (path) => files[path] })
}

function targetOf(params: object, environment?: Record<string, string>) {
  const loaded = read(params, environment)
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config.routes.get('r')?.deployments[0]
}

describe('the configuration', () => {
  test.each([
    ['us-east5', 'https://us-east5-aiplatform.googleapis.com'],
    ['global', 'https://aiplatform.googleapis.com'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com'],
  ])('calls %s at its own host', (vertex_location, apiBase) => {
    expect(targetOf({ vertex_project: 'p', vertex_location })).toMatchObject({
      apiBase,
      vertex: { credentials: { kind: 'default' } },
    })
  })

  test('takes the project from the file of credentials, or from the environment', () => {
    const byFile = targetOf({ vertex_credentials: '/key.json' })
    expect(byFile?.vertex).toMatchObject({ project: 'from-file', credentials: { kind: 'json' } })
    expect(targetOf({}, { VERTEXAI_PROJECT: 'p', VERTEXAI_LOCATION: 'us' })?.vertex).toEqual({
      project: 'p',
      location: 'us',
      credentials: { kind: 'default' },
    })
  })

  test('shows the machine’s own credentials to Google alone', () => {
    const target = targetOf({ vertex_project: 'p', api_base: 'http://10.0.0.7:8080' })
    expect(target?.vertex).toEqual({ project: 'p', location: 'us-central1' })
  })

  test.each([
    [{}, 'expected the id of the Google Cloud project'],
    [{ vertex_credentials: '/nowhere.json' }, 'the file of Google credentials /nowhere.json'],
    [{ vertex_credentials: '{"private_key": "sk-canary' }, 'value not shown'],
    [{ vertex_project: 'a/../b' }, 'expected a name of Google Cloud'],
  ])('refuses %j, and tells what is missing', (params, message) => {
    const loaded = read(params)
    const text = JSON.stringify(loaded)
    expect(loaded.kind).toBe('invalid')
    expect(text).toContain(message)
    expect(text).not.toContain('canary')
  })

  test('leaves out what is no Claude', () => {
    const loaded = loadConfig(
      JSON.stringify({
        model_list: [
          { model_name: 'g', litellm_params: { model: 'vertex_ai/gemini-2.5-pro' } },
          { model_name: 'c', litellm_params: { model: 'vertex_ai/claude-x', vertex_project: 'p' } },
        ],
      }),
      { environment: {} },
    )
    expect(loaded.kind === 'loaded' && [...loaded.config.routes.keys()]).toEqual(['c'])
  })
})
