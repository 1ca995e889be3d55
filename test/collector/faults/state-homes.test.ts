import { describe, expect, onTestFinished, test } from 'vitest'
import {
  startFakeUpstream,
  jsonResponse,
  LAST_CHUNK,
  STREAM_HEAD,
} from '../../support/fake-upstream.ts'
import type { FakeUpstream, Script } from '../../support/fake-upstream.ts'
import {
  completed,
  messageDone,
  messageItem,
  messageOpened,
  OPENED,
  RESPONSE,
  responsesFrames,
  textDelta,
} from '../../support/responses-frames.ts'
import { startRouter, type RouterSetup, type TestRouter } from '../../support/start-router.ts'

/**
 * A conversation that a provider keeps goes on where it was begun, whoever the draw among the
 * route's keys would choose; where that is not known, whoever knows it is found (I2, I9).
 */

interface Keeper extends FakeUpstream {
  /** Ids of the answers that it keeps. */
  readonly kept: Set<string>
}

let made = 0

/** A provider that keeps its answers, and refuses to go on from what it does not keep. */
async function startKeeper(fails: () => boolean = () => false): Promise<Keeper> {
  const kept = new Set<string>()
  const answer: Script = (exchange) => {
    const body = JSON.parse(exchange.request.body) as {
      readonly previous_response_id?: string
      readonly stream?: boolean
    }
    const { previous_response_id: previous } = body
    if (fails()) return exchange.send(jsonResponse(503, { error: { message: 'down' } }))
    if (previous !== undefined && !kept.has(previous)) {
      return exchange.send(jsonResponse(400, { error: notFound(previous) }))
    }
    const id = `resp_${(made += 1)}`
    kept.add(id)
    if (body.stream !== true) return exchange.send(jsonResponse(200, wholeOf(id)))
    exchange.send(STREAM_HEAD)
    exchange.chunk(streamOf(id))
    exchange.send(LAST_CHUNK)
  }
  const upstream = await startFakeUpstream(answer)
  onTestFinished(() => upstream.stop())
  return { ...upstream, requests: upstream.requests, kept }
}

/** OpenAI's own words for it. */
const notFound = (id: string) => ({
  message: `Previous response with id '${id}' not found.`,
  type: 'invalid_request_error',
  param: 'previous_response_id',
  code: 'previous_response_not_found',
})

const output = [messageItem('msg_1', 'Hi')]

const wholeOf = (id: string) => ({ ...RESPONSE, id, status: 'completed', output })

function streamOf(id: string): string {
  const events = [
    ...OPENED,
    ...messageOpened('msg_1', 0),
    textDelta('msg_1', 0, 'Hi'),
    ...messageDone('msg_1', 0, 'Hi'),
    completed(output),
  ]
  return responsesFrames(events).replaceAll('resp_a', id)
}

async function routerOf(setup: RouterSetup): Promise<TestRouter> {
  const router = await startRouter(setup)
  onTestFinished(() => router.stop())
  return router
}

/** Two keys of two organizations under one name. */
const twoKeys = (...keepers: readonly Keeper[]): RouterSetup => ({
  routes: keepers.map(({ url }, index) => ({
    name: 'route',
    model: 'openai/gpt-5',
    apiBase: `${url}/v1`,
    params: { api_key: `sk-of-organization-${index}` },
  })),
})

const inOrder = (...keepers: readonly Keeper[]): RouterSetup => ({
  routes: twoKeys(...keepers).routes.map((route, index) => ({
    ...route,
    params: { ...route.params, order: index },
  })),
})

interface Turn {
  readonly status: number
  readonly id: string
  readonly text: string
}

async function turn(router: TestRouter, previous?: string, stream = true): Promise<Turn> {
  const answer = await fetch(`${router.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'route',
      input: 'Go on.',
      stream,
      ...(previous !== undefined && { previous_response_id: previous }),
    }),
  })
  const text = await answer.text()
  return { status: answer.status, id: /resp_\d+/.exec(text)?.[0] ?? '', text }
}

/** More than chance would send to one of two. */
const TURNS = 20

describe.each([true, false])('a conversation, streamed: %s', (stream) => {
  test('goes on with the key that it was begun with', async () => {
    const keepers = [await startKeeper(), await startKeeper()]
    const router = await routerOf(twoKeys(...keepers))
    let previous: string | undefined
    for (let count = 0; count < TURNS; count += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one turn after another
      const { status, id } = await turn(router, previous, stream)
      expect(status).toBe(200)
      previous = id
    }

    expect(keepers.map(({ requests }) => requests.length).toSorted((a, b) => a - b)).toEqual([
      0,
      TURNS,
    ])
    const { summary } = await router.telemetry.waitForRequest(TURNS)
    expect(summary).toMatchObject({ outcome: 'ok', attempts: 1 })
  })

  test('is found where this router does not know who keeps it, and is known then', async () => {
    const [other, keeper] = [await startKeeper(), await startKeeper()]
    keeper.kept.add('resp_of_yesterday')
    const router = await routerOf(inOrder(other, keeper))
    const found = await turn(router, 'resp_of_yesterday', stream)
    const again = await turn(router, 'resp_of_yesterday', stream)
    const next = await turn(router, found.id, stream)

    expect([found.status, again.status, next.status]).toEqual([200, 200, 200])
    expect(other.requests).toHaveLength(1)
    expect(keeper.requests).toHaveLength(3)
  })

  test('that nobody keeps ends with what the first provider said of it', async () => {
    const keepers = [await startKeeper(), await startKeeper()]
    const router = await routerOf(inOrder(...keepers))
    const { status, text } = await turn(router, 'resp_unknown', stream)
    const { summary } = await router.telemetry.waitForRequest()

    expect(status).toBe(400)
    expect(JSON.parse(text)).toMatchObject({ error: notFound('resp_unknown') })
    expect(keepers.map(({ requests }) => requests.length)).toEqual([1, 1])
    expect(summary).toMatchObject({
      outcome: 'failed',
      rootCause: { failure: { reason: 'bad-request' } },
      client: { errorAttempt: 1 },
    })
  })

  test('that a fallback began goes on there, though the first target is back', async () => {
    let isDown = true
    const [first, second] = [await startKeeper(() => isDown), await startKeeper()]
    const { routes } = twoKeys(first, second)
    const router = await routerOf({
      routes: routes.map((route, index) => ({ ...route, name: index === 0 ? 'route' : 'second' })),
      fallbacks: { route: ['second'] },
    })
    const begun = await turn(router, undefined, stream)
    isDown = false
    const next = await turn(router, begun.id, stream)

    expect([begun.status, next.status]).toEqual([200, 200])
    expect(first.requests).toHaveLength(1)
    expect(second.requests).toHaveLength(2)
  })

  test('is not taken elsewhere when the one who keeps it is down', async () => {
    let isDown = false
    const [keeper, other] = [await startKeeper(() => isDown), await startKeeper()]
    const router = await routerOf(inOrder(keeper, other))
    const begun = await turn(router, undefined, stream)
    isDown = true
    const { status } = await turn(router, begun.id, stream)
    const { summary } = await router.telemetry.waitForRequest(2)

    expect(status).toBe(503)
    expect(other.requests).toHaveLength(0)
    expect(summary).toMatchObject({ outcome: 'failed', notTried: 'not_portable' })
  })
})
