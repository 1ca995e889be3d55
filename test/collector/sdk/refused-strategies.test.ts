import { afterEach, describe, expect, test } from 'vitest'
import type { FakeUpstream, Script } from '../../support/fake-upstream.ts'
import { response, startFakeUpstream } from '../../support/fake-upstream.ts'
import { READERS } from '../../support/sdk-clients.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'
import { askedOf, storyteller } from '../../support/storyteller.ts'
import type { Telling } from '../../support/storyteller.ts'

/**
 * A target may refuse the way in which it is asked to go on. It is asked in the next honest way
 * before anybody else is, and what it refuses always is remembered.
 */

const STORY = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

/** Each provider's own words, and whether they hold for every prefill. */
const REFUSALS: readonly (readonly [message: string, isLearned: boolean])[] = [
  [
    'This model does not support assistant message prefill. The conversation must end with a user message.',
    true,
  ],
  ['Prefilling assistant messages is not supported for this model.', true],
  ['Requests ending with a model turn are not supported.', true],
  [
    'Requests ending with a model turn are not supported unless the last part is a function response.',
    true,
  ],
  ['Please ensure that multiturn requests end with a user role or a function response', true],
  [
    'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
    true,
  ],
  ['messages: final assistant content cannot end with trailing whitespace', false],
  [
    'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks).',
    false,
  ],
  ["You can't pre-fill responses when thinking is enabled.", false],
  ['A text that no table knows.', false],
]

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) {
    // oxlint-disable-next-line no-await-in-loop -- routers before the upstreams that they hold
    await stop()
  }
})

async function upstreamOf(...scripts: readonly Script[]): Promise<FakeUpstream> {
  const upstream = await startFakeUpstream(...scripts)
  stops.push(() => upstream.stop())
  return upstream
}

const TARGETS = ['openai', 'anthropic', 'openai/responses'] as const

type Target = (typeof TARGETS)[number]

interface Rescue {
  readonly router: TestRouter
  readonly fallback: FakeUpstream
  readonly last: FakeUpstream
}

/** `route` breaks after 30 words; its fallback is said to take a prefill; `last` is left. */
async function rescueBy(
  provider: Target,
  script: Script,
  continuation: object = {},
): Promise<Rescue> {
  const primary = await upstreamOf(storyteller(STORY, { breaksAfter: 30 }))
  const fallback = await upstreamOf(script)
  const last = await upstreamOf(storyteller(STORY))
  const base = ({ url }: FakeUpstream): string => (provider === 'anthropic' ? url : `${url}/v1`)
  const router = await startRouter({
    routes: [
      { name: 'route', model: `${provider}/model-1`, apiBase: base(primary) },
      {
        name: 'fallback',
        model: `${provider}/model-2`,
        apiBase: base(fallback),
        info: { supports_assistant_prefill: true },
      },
      { name: 'last', model: `${provider}/model-3`, apiBase: base(last) },
    ],
    fallbacks: { route: ['fallback', 'last'] },
    secondwind: { continuation },
  })
  stops.push(() => router.stop())
  return { router, fallback, last }
}

const telling = (tells: Telling): Script => storyteller(STORY, tells)

/** One way to read each protocol; the others are read in every other test. */
const CLIENTS = READERS.filter(({ name }) => name.includes('raw'))

/** Every text is refused with once, and every target refuses every client once. */
const REFUSED = REFUSALS.flatMap(([message], index) => {
  const client = CLIENTS[index % CLIENTS.length]
  return client === undefined ? [] : [{ message, client, target: TARGETS[index % 2] ?? 'openai' }]
})
const [[ANY_REFUSAL] = ['']] = REFUSALS
const CROSSED = CLIENTS.flatMap((client) =>
  TARGETS.map((target) => ({ message: ANY_REFUSAL, client, target })),
)

test.each([...CROSSED, ...REFUSED])(
  '$client.name is served by the $target target that refuses with $message',
  async ({ message, client, target }) => {
    const refusing = telling({ refusesPrefill: message })
    const { router, fallback, last } = await rescueBy(target, refusing)
    const result = await client.read({ url: router.url, route: 'route' })
    const { summary, fallbacks } = await router.telemetry.waitForRequest()

    expect(result).toEqual({ kind: 'complete', text: STORY })
    expect(summary).toMatchObject({ outcome: 'rescued', attempts: 3 })
    expect(fallback.requests.map((request) => askedOf({ request }).strategy)).toEqual([
      'prefill',
      'user_turn',
    ])
    expect(fallbacks.map(({ decision }) => decision.strategy)).toEqual(['prefill', 'user_turn'])
    expect(last.requests).toEqual([])
  },
)

describe('what a refusal teaches', () => {
  const [, raw] = CLIENTS
  const read = raw?.read ?? (() => Promise.reject(new Error('no client')))

  test.each(REFUSALS)('%j: for every prefill: %s', async (message, isLearned) => {
    // Configured by nobody: only a table or experience says that the model takes a prefill.
    const primary = await upstreamOf(storyteller(STORY, { breaksAfter: 30 }))
    const fallback = await upstreamOf(telling({ refusesPrefill: message }))
    const router = await startRouter({
      routes: [
        { name: 'route', model: 'anthropic/claude-sonnet-4-6', apiBase: primary.url },
        { name: 'fallback', model: 'anthropic/claude-sonnet-4-5', apiBase: fallback.url },
      ],
      fallbacks: { route: ['fallback'] },
    })
    stops.push(() => router.stop())

    await read({ url: router.url, route: 'route' })
    const again = await read({ url: router.url, route: 'route' })
    const { fallbacks } = await router.telemetry.waitForRequest(2)

    expect(again).toEqual({ kind: 'complete', text: STORY })
    expect(fallbacks.map(({ decision }) => decision.strategy)).toEqual(
      isLearned ? ['user_turn'] : ['prefill', 'user_turn'],
    )
    expect(fallbacks[0]?.decision.capability).toEqual(
      isLearned ? { prefill: 'no', source: 'learned' } : { prefill: 'yes', source: 'table' },
    )
  })

  test('a refusal inside HTTP 200 is one too', async () => {
    const [[message] = ['', false]] = REFUSALS
    const error = { type: 'invalid_request_error', message, code: '400' }
    const inBand: Script = (exchange) => {
      if (askedOf(exchange).strategy !== 'prefill') return telling({})(exchange)
      const headers = { 'content-type': 'text/event-stream' }
      exchange.send(response(200, headers, `data: ${JSON.stringify({ error })}\n\n`))
      return undefined
    }
    const { router, last } = await rescueBy('openai', inBand)
    const result = await read({ url: router.url, route: 'route' })
    const { attempts } = await router.telemetry.waitForRequest()

    expect(result).toEqual({ kind: 'complete', text: STORY })
    expect(attempts.map(({ summary }) => summary?.failure?.reason)).toEqual([
      'stream-cut',
      'prefill-rejected',
      undefined,
    ])
    expect(last.requests).toEqual([])
  })
})

describe('where no honest way is left', () => {
  const [reader] = CLIENTS
  const read = reader?.read ?? (() => Promise.reject(new Error('no client')))
  const tool = { type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } }

  test('a target that refuses both ways is followed by the next target', async () => {
    const { router, fallback } = await rescueBy('openai', telling({ refusesToGoOn: 'No.' }))
    const result = await read({ url: router.url, route: 'route' })
    const { summary } = await router.telemetry.waitForRequest()

    expect(result).toEqual({ kind: 'complete', text: STORY })
    expect(fallback.requests).toHaveLength(2)
    expect(summary).toMatchObject({ outcome: 'rescued', attempts: 4 })
  })

  test('prose is not asked for where the model might call a tool', async () => {
    const refusing = telling({ refusesPrefill: 'No prefill here.' })
    const { router, fallback } = await rescueBy('openai', refusing)
    const result = await read({ url: router.url, route: 'route', extra: { tools: [tool] } })
    const { summary, fallbacks } = await router.telemetry.waitForRequest()

    expect(result.kind).toBe('raised')
    expect(fallback.requests).toHaveLength(1)
    expect(summary).toMatchObject({ outcome: 'failed', rootCause: { attempt: 1 } })
    expect(fallbacks.map(({ decision }) => [decision.strategy, decision.why])).toEqual([
      ['prefill', 'capability'],
      ['stop', 'tools_present'],
    ])
  })

  test('unless the operator accepts that', async () => {
    const refusing = telling({ refusesPrefill: 'No prefill here.' })
    const { router } = await rescueBy('openai', refusing, { with_tools: true })
    const result = await read({ url: router.url, route: 'route', extra: { tools: [tool] } })

    expect(result).toEqual({ kind: 'complete', text: STORY })
  })

  test('a forced way is the only one, on every target', async () => {
    const refusing = telling({ refusesPrefill: 'No prefill here.' })
    const { router, fallback, last } = await rescueBy('openai', refusing, { strategy: 'prefill' })
    const result = await read({ url: router.url, route: 'route' })

    expect(result).toEqual({ kind: 'complete', text: STORY })
    expect(fallback.requests.map((request) => askedOf({ request }).strategy)).toEqual(['prefill'])
    expect(last.requests.map((request) => askedOf({ request }).strategy)).toEqual(['prefill'])
  })

  test('an anchor that is required and not given fails the target, not the request', async () => {
    const wayward = telling({ wayward: (story, partial) => story.slice(partial.length) })
    const { router, last } = await rescueBy('openai', wayward, {
      strategy: 'user_turn',
      require_anchor: true,
    })
    const result = await read({ url: router.url, route: 'route' })
    const { attempts } = await router.telemetry.waitForRequest()

    expect(result).toEqual({ kind: 'complete', text: STORY })
    expect(attempts[1]?.summary?.failure).toMatchObject({
      reason: 'bad-response',
      message: 'the target did not begin with the anchor',
    })
    expect(last.requests).toHaveLength(1)
  })

  test.each([
    ['disabled', { enabled: false }, {}],
    ['switched off in the request', {}, { disable_mid_stream_continuation: true }],
  ])('continuation %s: the answer starts over and is aligned', async (_, config, extra) => {
    const { router, fallback } = await rescueBy('openai', telling({}), config)
    const result = await read({ url: router.url, route: 'route', extra })
    const { fallbacks } = await router.telemetry.waitForRequest()

    expect(result).toEqual({ kind: 'complete', text: STORY })
    expect(fallback.requests.map((request) => askedOf({ request }).strategy)).toEqual(['restart'])
    expect(fallbacks[0]).toMatchObject({
      decision: { strategy: 'restart', why: 'continuation_disabled' },
      seam: { aligned: true, verified: false },
    })
  })
})
