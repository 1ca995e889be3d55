import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProvider } from '../../../demo/provider/start-provider.ts'
import { SIXTY_WORDS } from '../../support/demo-words.ts'
import { RESPONSES_READERS } from '../../support/sdk-clients.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'

/** The strict client: openai-node's helper checks every id, index and lifecycle event. */

let provider: Awaited<ReturnType<typeof startProvider>>
let router: TestRouter

beforeAll(async () => {
  provider = await startProvider()
  const apiBase = `${provider.url}/v1`
  const route = (name: string, behaviour: string) => ({
    name,
    model: `openai/${behaviour}+pace-0`,
    apiBase,
  })
  router = await startRouter({
    routes: [
      route('healthy', 'healthy'),
      route('cut', 'cut-rst-40'),
      route('cut-alone', 'cut-rst-40'),
      route('next', 'healthy'),
    ],
    fallbacks: { cut: ['next'] },
  })
})

afterAll(async () => {
  await router.stop()
  await provider.stop()
})

describe.each(RESPONSES_READERS)('$name', ({ read }) => {
  test.each(['healthy', 'cut'])('gets the whole text once from %s', async (route) => {
    const result = await read({ url: router.url, route })

    expect(result).toEqual({ kind: 'complete', text: SIXTY_WORDS })
  })

  test('is shown the root cause where nobody goes on', async () => {
    const result = await read({ url: router.url, route: 'cut-alone' })

    expect(result).toMatchObject({
      kind: 'raised',
      error: { message: expect.stringContaining('the connection broke') },
    })
  })
})
