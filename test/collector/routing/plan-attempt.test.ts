import { describe, expect, test } from 'vitest'
import {
  chatFrames,
  jsonResponse,
  LAST_CHUNK,
  STREAM_HEAD,
  type FakeUpstream,
  type Script,
} from '../../support/fake-upstream.ts'
import { messagesStream } from '../../support/play-streams.ts'
import { postChat, scriptedChain, status } from '../../support/scripted-chain.ts'
import type { TestRouter } from '../../support/start-router.ts'

/**
 * Requests whose targets speak another protocol, over HTTP: what cannot be said there is refused by
 * name before anybody is asked, and what is left out is said to the client and on the span.
 */

const { upstreamOf, routerOver } = scriptedChain()

const claude: Script = (exchange) => {
  exchange.send(STREAM_HEAD)
  exchange.chunk(messagesStream(['One ', 'two.']))
  exchange.send(LAST_CHUNK)
}

const gpt: Script = (exchange) => {
  exchange.send(STREAM_HEAD)
  for (const frame of chatFrames(['One ', 'two.'])) exchange.chunk(frame)
  exchange.send(LAST_CHUNK)
}

/** `primary` and its fallback `second`, each on the provider that its prefix names. */
function routerWith(models: readonly (readonly [string, FakeUpstream])[]): Promise<TestRouter> {
  const upstreams = models.map(([, upstream]) => upstream)
  return routerOver(upstreams, {
    routes: models.map(([model, upstream], index) => ({
      name: index === 0 ? 'primary' : 'second',
      model,
      apiBase: model.startsWith('openai/') ? `${upstream.url}/v1` : upstream.url,
    })),
  })
}

function askMessages(router: TestRouter, extra: object): Promise<Response> {
  return fetch(`${router.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'primary',
      max_tokens: 50,
      stream: true,
      messages: [{ role: 'user', content: 'Hello.' }],
      ...extra,
    }),
  })
}

describe('what no target of the chain can be asked', () => {
  test('is refused by name before any attempt, with every target and its reason', async () => {
    const [first, second] = [await upstreamOf(claude), await upstreamOf(claude)]
    const router = await routerWith([
      ['anthropic/claude-a', first],
      ['anthropic/claude-b', second],
    ])
    const answer = await postChat(router, { logprobs: true })

    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      error: {
        type: 'invalid_request_error',
        param: 'logprobs',
        message:
          '`logprobs` cannot be asked of primary/1: token probabilities exist in Chat only; ' +
          '`logprobs` cannot be asked of second/1: token probabilities exist in Chat only',
      },
    })
    expect([first.requests, second.requests]).toEqual([[], []])
    const { attempts, summary } = await router.telemetry.waitForRequest()
    expect(attempts).toEqual([])
    expect(summary).toMatchObject({
      outcome: 'rejected',
      attempts: 0,
      targetsSkipped: [
        { deployment: 'primary/1', reason: 'not_translatable' },
        { deployment: 'second/1', reason: 'not_translatable' },
      ],
      client: { statusCode: 400, errorAttempt: 0 },
    })
  })

  test("is refused in the client's own protocol", async () => {
    const router = await routerWith([['openai/gpt-a', await upstreamOf(gpt)]])
    const answer = await askMessages(router, { container: 'c1' })

    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: '`container` cannot be asked of primary/1: it names state that lives at Anthropic',
      },
    })
  })
})

describe('what only the fallback cannot be asked', () => {
  test('leaves the first target its answer, and nothing is skipped', async () => {
    const router = await routerWith([
      ['openai/gpt-a', await upstreamOf(gpt)],
      ['anthropic/claude-b', await upstreamOf(claude)],
    ])
    const answer = await postChat(router, { logprobs: true })

    expect(await answer.text()).toBe(chatFrames(['One ', 'two.']).join(''))
    const { summary } = await router.telemetry.waitForRequest()
    expect(summary).toMatchObject({ outcome: 'ok', targetsSkipped: [] })
  })

  test('skips that target, records it, and shows the failure that happened', async () => {
    const second = await upstreamOf(claude)
    const router = await routerWith([
      ['openai/gpt-a', await upstreamOf(status(503))],
      ['anthropic/claude-b', second],
    ])
    const answer = await postChat(router, { logprobs: true })

    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ error: { message: 'scripted 503' } })
    expect(second.requests).toEqual([])
    const { summary } = await router.telemetry.waitForRequest()
    expect(summary).toMatchObject({
      outcome: 'failed',
      notTried: 'not_translatable',
      targetsSkipped: [{ deployment: 'second/1', reason: 'not_translatable' }],
    })
  })
})

describe('what a target has no word for', () => {
  test('is named in a header and on the span of the attempt that went without it', async () => {
    const router = await routerWith([
      ['openai/gpt-a', await upstreamOf(status(503))],
      ['anthropic/claude-b', await upstreamOf(claude)],
    ])
    const answer = await postChat(router, { seed: 7, made_up: true, 'a\r\nx-evil: 1': 1 })

    expect(answer.headers.get('x-secondwind-dropped')).toBe('made_up, other, seed')
    expect(answer.headers.get('x-evil')).toBeNull()
    expect(await answer.text()).toContain('"content":"One "')
    const { attempts } = await router.telemetry.waitForRequest()
    expect(attempts.map(({ start }) => start.droppedFields)).toEqual([
      [],
      ['made_up', 'other', 'seed'],
    ])
  })

  test('is not named where nothing was dropped', async () => {
    const router = await routerWith([['openai/gpt-a', await upstreamOf(gpt)]])
    const answer = await postChat(router, { seed: 7, made_up: true })

    expect(answer.headers.get('x-secondwind-dropped')).toBeNull()
    await answer.text()
  })

  test('is bounded, however many there are', async () => {
    const router = await routerWith([['anthropic/claude-a', await upstreamOf(claude)]])
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, 1]))
    const dropped = (await postChat(router, many)).headers.get('x-secondwind-dropped') ?? ''

    expect(dropped.split(', ')).toHaveLength(25)
    expect(dropped).toMatch(/^f0, f1, .*, f23, and_more$/)
  })
})

test('a whole answer of another protocol names what it went without, too', async () => {
  const whole = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-served',
    content: [{ type: 'text', text: 'Whole.' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 3, output_tokens: 2 },
  }
  const upstream = await upstreamOf((exchange) => exchange.send(jsonResponse(200, whole)))
  const router = await routerWith([['anthropic/claude-a', upstream]])
  const answer = await postChat(router, { stream: false, seed: 7 })

  expect(answer.headers.get('x-secondwind-dropped')).toBe('seed')
  expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'Whole.' } }] })
})
