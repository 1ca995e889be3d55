import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FakeUpstream } from '../../support/fake-upstream.ts'
import { startFakeUpstream } from '../../support/fake-upstream.ts'
import { anthropic, openAi } from '../../support/sdk-clients.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'
import { storyteller } from '../../support/storyteller.ts'

/**
 * After a rescue an answer counts the tokens of the target that ended it, once; what the others
 * used stands in comments and on their spans, with how sure it is.
 */

const STORY = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')
const TARGETS = ['anthropic', 'openai/responses'] as const
/** As the storytellers report it: cached tokens are part of OpenAI's input, beside Anthropic's. */
const REPORTED = {
  anthropic: { input: 12, output: 7 },
  'openai/responses': { input: 11, output: 7 },
}
const prompt = [{ role: 'user' as const, content: 'Tell me.' }]

function base(target: string, { url }: FakeUpstream): string {
  return target === 'anthropic' ? url : `${url}/v1`
}

let upstreams: FakeUpstream[]
let router: TestRouter
let ended = 0

beforeAll(async () => {
  const breaking = await startFakeUpstream(storyteller(STORY, { breaksAfter: 20 }))
  const whole = await startFakeUpstream(storyteller(STORY))
  upstreams = [breaking, whole]
  router = await startRouter({
    routes: TARGETS.flatMap((target) => [
      { name: `to-${target}`, model: 'anthropic/first', apiBase: base('anthropic', breaking) },
      { name: `middle-${target}`, model: 'openai/second', apiBase: base('openai', breaking) },
      { name: `last-${target}`, model: `${target}/third`, apiBase: base(target, whole) },
    ]),
    fallbacks: Object.fromEntries(
      TARGETS.map((target) => [`to-${target}`, [`middle-${target}`, `last-${target}`]]),
    ),
    secondwind: { breaker: { failures_to_open: 1000 } },
  })
})

afterAll(async () => {
  await router.stop()
  await Promise.all(upstreams.map((upstream) => upstream.stop()))
})

interface Counted {
  readonly input: number
  readonly output: number
}

const clients: readonly (readonly [name: string, count: (route: string) => Promise<Counted>])[] = [
  [
    'Chat',
    async (model) => {
      const stream = openAi(router).chat.completions.stream({
        model,
        messages: prompt,
        stream_options: { include_usage: true },
      })
      const { usage } = await stream.finalChatCompletion()
      return { input: usage?.prompt_tokens ?? -1, output: usage?.completion_tokens ?? -1 }
    },
  ],
  [
    'Responses',
    async (model) => {
      const stream = openAi(router).responses.stream({ model, input: prompt })
      const { usage } = await stream.finalResponse()
      return { input: usage?.input_tokens ?? -1, output: usage?.output_tokens ?? -1 }
    },
  ],
  [
    'Messages',
    async (model) => {
      const stream = anthropic(router).messages.stream({ model, max_tokens: 999, messages: prompt })
      const { usage } = await stream.finalMessage()
      const cached = usage.cache_read_input_tokens ?? 0
      return { input: usage.input_tokens + cached, output: usage.output_tokens }
    },
  ],
]

describe.each(clients)('a %s client', (_, count) => {
  test.each(TARGETS)('counts the tokens of the %s target that ended the answer', async (target) => {
    const counted = await count(`to-${target}`)
    const { attempts, summary } = await router.telemetry.waitForRequest((ended += 1))

    expect(counted).toEqual(REPORTED[target])
    const first = 'word0'.length * 10 + 10 * 'word10'.length + 19
    expect(attempts.map((attempt) => attempt.summary?.billed)).toEqual([
      expect.objectContaining({
        model: 'first',
        source: 'estimated',
        inputTokens: 12,
        outputTokens: Math.ceil(first / 4),
      }),
      expect.objectContaining({ model: 'second', source: 'estimated' }),
      expect.objectContaining({
        model: 'third',
        source: 'reported',
        inputTokens: REPORTED[target].input,
        outputTokens: REPORTED[target].output,
      }),
    ])
    // The placeholder that Anthropic opens with is what was reported, and no count.
    expect(attempts[0]?.summary?.usage).toMatchObject({ inputTokens: 12, outputTokens: 1 })
    expect(summary.usage).toMatchObject({ source: 'estimated' })
  })
})

test.each([
  ['/v1/chat/completions', { messages: prompt }],
  ['/v1/messages', { messages: prompt, max_tokens: 999 }],
  ['/v1/responses', { input: prompt }],
])('%s tells of each attempt once, in front of its seam', async (path, fields) => {
  const response = await fetch(`${router.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'to-anthropic', stream: true, ...fields }),
  })
  const text = await response.text()
  ended += 1

  expect(text.match(/^: secondwind (?:usage|seam) attempt=\d/gm)).toEqual([
    ': secondwind usage attempt=1',
    ': secondwind seam attempt=2',
    ': secondwind usage attempt=2',
    ': secondwind seam attempt=3',
  ])
  expect(text).toContain(
    'usage attempt=1 source=estimated input_tokens=12 output_tokens=33 model=first',
  )
  expect(text).toMatch(/usage attempt=2 source=estimated output_tokens=\d+ model=second/)
})
