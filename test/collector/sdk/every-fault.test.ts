import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BEHAVIOURS } from '../../../demo/provider/behaviours.ts'
import { startProvider } from '../../../demo/provider/start-provider.ts'
import { aloneAnswerOf, rescuedAnswerOf, truthOf } from '../../support/behaviour-truth.ts'
import { READERS } from '../../support/sdk-clients.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'

/**
 * I1 and I3 over every fault that the demo's provider knows, through official clients: the whole
 * text or a raised error, never a short answer that looks whole. A cut stream that raises nothing
 * is the failure that nobody would notice.
 */

let provider: Awaited<ReturnType<typeof startProvider>>
let router: TestRouter

/** Short for what is silent for ever, long enough for a busy machine. */
const TIMERS = {
  first_event_ms: 1200,
  first_content_ms: 5000,
  byte_idle_ms: 1200,
  content_idle_ms: 1500,
}

/** Nobody is left behind the last target, so it is given all of its `timeout`. */
const PATIENT = { timeout: 20 }

beforeAll(async () => {
  provider = await startProvider()
  const apiBase = provider.url
  const openai = `${apiBase}/v1`
  const routes = BEHAVIOURS.flatMap(({ example }) => [
    { name: `alone-openai-${example}`, model: `openai/${example}+pace-0`, apiBase: openai },
    { name: `alone-anthropic-${example}`, model: `anthropic/${example}+pace-0`, apiBase },
    { name: `openai-${example}`, model: `openai/${example}+pace-0`, apiBase: openai },
    { name: `responses-${example}`, model: `openai/responses/${example}+pace-0`, apiBase: openai },
    {
      name: `alone-responses-${example}`,
      model: `openai/responses/${example}+pace-0`,
      apiBase: openai,
    },
    { name: `anthropic-${example}`, model: `anthropic/${example}+pace-0`, apiBase },
  ])
  router = await startRouter({
    routes: [
      ...routes,
      { name: 'next-openai', model: 'openai/healthy+pace-0', apiBase: openai, params: PATIENT },
      {
        name: 'next-anthropic',
        model: 'anthropic/claude-sonnet-4-6@healthy+pace-0',
        params: PATIENT,
        apiBase,
      },
    ],
    fallbacks: Object.fromEntries(
      BEHAVIOURS.flatMap(({ example }) => [
        // Crossed, so that every rescue also changes the protocol for one of the clients.
        [`openai-${example}`, ['next-anthropic']],
        [`responses-${example}`, ['next-anthropic']],
        [`anthropic-${example}`, ['next-openai']],
      ]),
    ),
    secondwind: { timers: TIMERS, breaker: { failures_to_open: 1000 } },
  })
})

afterAll(async () => {
  await router.stop()
  await provider.stop()
})

describe.concurrent.each(READERS)('$name', ({ read }) => {
  describe.each(['openai', 'responses', 'anthropic'])('from the %s target', (target) => {
    test.each(BEHAVIOURS)('reads the truth of $example without a fallback', async (behaviour) => {
      const result = await read({ url: router.url, route: `alone-${target}-${behaviour.example}` })

      expect(truthOf(result)).toBe(aloneAnswerOf(behaviour))
    })

    test.each(BEHAVIOURS)('gets $example rescued whole, or raises', async (behaviour) => {
      const result = await read({ url: router.url, route: `${target}-${behaviour.example}` })

      expect(truthOf(result)).toBe(rescuedAnswerOf(behaviour.name))
    })
  })
})
