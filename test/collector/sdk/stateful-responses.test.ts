import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProvider } from '../../../demo/provider/start-provider.ts'
import { SIXTY_WORDS } from '../../support/demo-words.ts'
import { openAi } from '../../support/sdk-clients.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'

/**
 * What an earlier response, a conversation or a file means is known to one provider under one key:
 * such a request moves only to targets there, and is never spliced, for nobody would hold the
 * answer that the client's next turn names.
 */

type Provider = Awaited<ReturnType<typeof startProvider>>

let home: Provider
let elsewhere: Provider
let router: TestRouter
let ended = 0

beforeAll(async () => {
  home = await startProvider()
  elsewhere = await startProvider()
  const route = (name: string, behaviour: string, extra: object = {}) => ({
    name,
    model: `openai/${behaviour}+pace-0`,
    apiBase: `${home.url}/v1`,
    ...extra,
  })
  router = await startRouter({
    routes: [
      route('down', 'reset-before-headers'),
      route('down-alone', 'reset-before-headers'),
      route('cut', 'cut-rst-20'),
      route('pair', 'reset-before-headers', { params: { order: 1 } }),
      route('pair', 'healthy', { params: { order: 2, api_key: 'sk-of-another-project' } }),
      route('elsewhere', 'healthy', { apiBase: `${elsewhere.url}/v1` }),
      route('other-key', 'healthy', { params: { api_key: 'sk-of-another-project' } }),
      route('twin', 'healthy'),
    ],
    fallbacks: {
      down: ['elsewhere', 'other-key', 'twin'],
      'down-alone': ['elsewhere', 'other-key'],
      cut: ['twin'],
    },
    secondwind: { breaker: { failures_to_open: 1000 } },
  })
})

afterAll(async () => {
  await router.stop()
  await home.stop()
  await elsewhere.stop()
})

async function ask(route: string, extra: object) {
  const read = async (): Promise<string> => {
    const stream = openAi(router).responses.stream({ model: route, input: 'Count.', ...extra })
    return (await stream.finalResponse()).output_text
  }
  const result = await read().catch((error: unknown) => {
    if (error instanceof Error) return error
    throw error
  })
  const request = await router.telemetry.waitForRequest((ended += 1))
  return { result, ...request }
}

const STATEFUL: readonly (readonly [string, object])[] = [
  ['an earlier response', { previous_response_id: 'resp_1' }],
  ['a conversation', { conversation: 'conv_1' }],
  ['a file', { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file_1' }] }] }],
  [
    'sealed reasoning',
    { input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'sealed' }] },
  ],
]

describe.each(STATEFUL)('a request that needs %s', (_name, extra) => {
  test('falls back to a target of the same origin and key, past all others', async () => {
    const { result, summary, attempts } = await ask('down', extra)

    expect(result).toBe(SIXTY_WORDS)
    expect(attempts.map(({ start }) => start.deployment)).toEqual(['down/1', 'twin/1'])
    expect(summary).toMatchObject({
      outcome: 'rescued',
      targetsSkipped: [
        { deployment: 'elsewhere/1', reason: 'not_portable' },
        { deployment: 'other-key/1', reason: 'not_portable' },
      ],
    })
  })

  test('is shown its own failure where no such target is left', async () => {
    const { result, summary, attempts } = await ask('down-alone', extra)

    expect(result).toMatchObject({ message: expect.stringContaining('no answer') })
    expect(attempts).toHaveLength(1)
    expect(summary).toMatchObject({
      outcome: 'failed',
      notTried: 'not_portable',
      targetsSkipped: [{ deployment: 'elsewhere/1' }, { deployment: 'other-key/1' }],
      client: { errorAttempt: 1 },
    })
  })

  test('does not go to another key of its own route either', async () => {
    const { summary, attempts } = await ask('pair', extra)

    expect(attempts.map(({ start }) => start.deployment)).toEqual(['pair/1'])
    expect(summary).toMatchObject({
      outcome: 'failed',
      targetsSkipped: [{ deployment: 'pair/2', reason: 'not_portable' }],
    })
  })

  test('stops where its stream is cut, though a twin is at hand', async () => {
    const { result, summary, attempts, fallbacks } = await ask('cut', extra)

    expect(result).toMatchObject({ message: expect.stringContaining('the connection broke') })
    expect(attempts).toHaveLength(1)
    expect(fallbacks.map(({ decision }) => decision)).toMatchObject([
      { strategy: 'stop', why: 'stateful' },
    ])
    expect(summary).toMatchObject({ outcome: 'failed', notTried: 'stopped_after_content' })
  })
})

test('a request that says everything itself goes anywhere, and is spliced', async () => {
  const moved = await ask('down-alone', {})
  const spliced = await ask('cut', { store: true })

  expect(moved.result).toBe(SIXTY_WORDS)
  expect(moved.attempts.map(({ start }) => start.deployment)).toEqual([
    'down-alone/1',
    'elsewhere/1',
  ])
  expect(spliced.result).toBe(SIXTY_WORDS)
  expect(spliced.summary.outcome).toBe('rescued')
})
