import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProvider } from '../../../demo/provider/start-provider.ts'
import { SIXTY_WORDS } from '../../support/demo-words.ts'
import { anthropic, openAi, READERS, type Read } from '../../support/sdk-clients.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'

/** What the chain does after the first rescue did not work, or may not be tried. */

let provider: Awaited<ReturnType<typeof startProvider>>
let router: TestRouter
let ended = 0

beforeAll(async () => {
  provider = await startProvider()
  const claude = (name: string, behaviour: string, extra: object = {}) => ({
    name,
    model: `anthropic/claude-sonnet-4-6@${behaviour}`,
    apiBase: provider.url,
    ...extra,
  })
  const openai = (name: string, behaviour: string) => ({
    name,
    model: `openai/${behaviour}`,
    apiBase: `${provider.url}/v1`,
  })
  router = await startRouter({
    routes: [
      claude('cut', 'cut-rst-20'),
      claude('cut-too', 'refuses-prefill+cut-rst-20'),
      claude('whole', 'refuses-prefill'),
      openai('whole-openai', 'healthy'),
      claude('misjudged', 'refuses-prefill', { info: { supports_assistant_prefill: true } }),
      claude('to-misjudged', 'cut-rst-20'),
      claude('cut-with-tools', 'cut-rst-20'),
      openai('half-tool', 'half-tool-call'),
      openai('long', 'context-too-long'),
      { ...openai('pair', 'reset-before-headers'), params: { order: 1 } },
      { ...openai('pair', 'healthy'), params: { order: 2 } },
      claude('claude-first', 'healthy'),
    ],
    fallbacks: {
      cut: ['cut-too', 'whole-openai'],
      'to-misjudged': ['misjudged'],
      'half-tool': ['whole-openai'],
      'cut-with-tools': ['whole'],
      long: ['whole'],
      'claude-first': ['whole-openai'],
    },
    router: { context_window_fallbacks: [{ long: ['whole-openai'] }] },
    secondwind: { breaker: { failures_to_open: 1000 } },
  })
})

afterAll(async () => {
  await router.stop()
  await provider.stop()
})

async function ask(route: string, extra: object = {}) {
  const [reader] = READERS
  const result: Read | undefined = await reader?.read({ url: router.url, route, extra })
  const request = await router.telemetry.waitForRequest((ended += 1))
  return { result, ...request }
}

const whole = { kind: 'complete', text: SIXTY_WORDS }

test.each(READERS)(
  'a fallback that breaks too is followed by the next: $name',
  async ({ read }) => {
    const result = await read({ url: router.url, route: 'cut' })
    const { summary, attempts, fallbacks } = await router.telemetry.waitForRequest((ended += 1))

    expect(result).toEqual(whole)
    expect(summary).toMatchObject({ outcome: 'rescued', attempts: 3, client: { envelopes: 1 } })
    // The second's first eight words are the anchor, which the client has already.
    expect(attempts.map(({ summary: one }) => one?.delivered.chunks)).toEqual([20, 12, 28])
    expect(fallbacks.map(({ decision }) => decision.strategy)).toEqual(['user_turn', 'user_turn'])
    expect(fallbacks.every((fallback) => fallback.ended)).toBe(true)
  },
)

test('a target that refuses the prefill it was said to take is asked in the next honest way', async () => {
  const { result, summary, fallbacks } = await ask('to-misjudged')

  expect(result).toEqual(whole)
  expect(summary).toMatchObject({ outcome: 'rescued', attempts: 3 })
  expect(fallbacks.map(({ decision }) => decision)).toMatchObject([
    { strategy: 'prefill', reason: 'stream-cut', toDeployment: 'misjudged/1', attemptNumber: 2 },
    {
      strategy: 'user_turn',
      reason: 'prefill-rejected',
      toDeployment: 'misjudged/1',
      attemptNumber: 3,
    },
  ])
})

test('a tool call that was begun stops the chain, and that is recorded', async () => {
  const { result, summary, fallbacks, attempts } = await ask('half-tool')

  expect(result?.kind).toBe('raised')
  expect(attempts).toHaveLength(1)
  expect(summary).toMatchObject({ outcome: 'failed', notTried: 'stopped_after_content' })
  expect(fallbacks).toMatchObject([
    { ended: true, decision: { strategy: 'stop', why: 'tool_call' } },
  ])
  expect(fallbacks[0]?.decision.attemptNumber).toBeUndefined()
})

test('prose is not asked to go on where the model might have called a tool', async () => {
  const tool = { type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } }
  const { result, summary, fallbacks } = await ask('cut-with-tools', { tools: [tool] })

  expect(result?.kind).toBe('raised')
  expect(summary.notTried).toBe('stopped_after_content')
  expect(fallbacks.map(({ decision }) => decision)).toMatchObject([
    { strategy: 'stop', why: 'tools_present' },
  ])
})

test('a request that does not fit goes to the route that is named for it', async () => {
  const { result, attempts } = await ask('long')

  expect(result).toEqual(whole)
  expect(attempts.map(({ start }) => start.deployment)).toEqual(['long/1', 'whole-openai/1'])
})

test('another deployment of the same route is a retry, not a fallback', async () => {
  const { result, summary, attempts } = await ask('pair')

  expect(result).toEqual(whole)
  expect(attempts.map(({ start }) => start.kind)).toEqual(['initial', 'retry'])
  expect(summary.outcome).toBe('rescued')
})

test('a target that has no word for what is asked is passed over', async () => {
  const { summary, attempts } = await ask('claude-first', { n: 2 })

  expect(attempts.map(({ start }) => start.deployment)).toEqual(['whole-openai/1'])
  expect(summary.targetsSkipped).toEqual([
    { deployment: 'claude-first/1', reason: 'not_translatable' },
  ])
})

test('a whole answer of another protocol is read by every client', async () => {
  const completion = await openAi(router).chat.completions.create({
    model: 'whole',
    messages: [{ role: 'user', content: 'Count.' }],
  })
  const response = await openAi(router).responses.create({
    model: 'whole',
    input: 'Count.',
  })
  const message = await anthropic(router).messages.create({
    model: 'whole-openai',
    max_tokens: 1000,
    messages: [{ role: 'user', content: 'Count.' }],
  })

  expect(completion.choices[0]).toMatchObject({
    finish_reason: 'stop',
    message: { role: 'assistant', content: SIXTY_WORDS },
  })
  expect(response).toMatchObject({ status: 'completed', output_text: SIXTY_WORDS, store: false })
  expect(message).toMatchObject({
    stop_reason: 'end_turn',
    content: [{ type: 'text', text: SIXTY_WORDS }],
  })
})
