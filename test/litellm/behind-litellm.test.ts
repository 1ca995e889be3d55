import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BEHAVIOURS } from '../../demo/provider/behaviours.ts'
import { startProvider } from '../../demo/provider/start-provider.ts'
import {
  A_FAILED_ANSWER,
  aloneAnswerOf,
  rescuedAnswerOf,
  truthOf,
} from '../support/behaviour-truth.ts'
import { READERS, type Read } from '../support/sdk-clients.ts'
import { startRouter, type TestRouter } from '../support/start-router.ts'
import { MASTER_KEY, startLiteLlm, type LiteLlm } from './start-litellm.ts'

/**
 * The README's recipe, run: a real LiteLLM whose deployments' `api_base` is the sidecar, its own
 * fallbacks and retries off. Whatever the provider does, the client of LiteLLM gets the whole text
 * or an error, never a short answer that looks whole.
 */

let provider: Awaited<ReturnType<typeof startProvider>>
let router: TestRouter
let liteLlm: LiteLlm

/** Short for what is silent for ever, long enough for a busy machine. */
const TIMERS = {
  first_event_ms: 1500,
  first_content_ms: 5000,
  byte_idle_ms: 1500,
  content_idle_ms: 2000,
}

beforeAll(async () => {
  provider = await startProvider()
  const apiBase = provider.url
  const routes = BEHAVIOURS.flatMap(({ example }) => [
    { name: `alone-${example}`, model: `openai/${example}+pace-0`, apiBase: `${apiBase}/v1` },
    { name: `openai-${example}`, model: `openai/${example}+pace-0`, apiBase: `${apiBase}/v1` },
    { name: `anthropic-${example}`, model: `anthropic/${example}+pace-0`, apiBase },
  ])
  const params = { timeout: 20 }
  router = await startRouter({
    routes: [
      ...routes,
      { name: 'next-openai', model: 'openai/healthy+pace-0', apiBase: `${apiBase}/v1`, params },
      { name: 'next-anthropic', model: 'anthropic/claude-sonnet-4-6@healthy', apiBase, params },
    ],
    fallbacks: Object.fromEntries(
      BEHAVIOURS.flatMap(({ example }) => [
        [`openai-${example}`, ['next-anthropic']],
        [`anthropic-${example}`, ['next-openai']],
      ]),
    ),
    secondwind: { timers: TIMERS, breaker: { failures_to_open: 1000 } },
  })
  liteLlm = await startLiteLlm({ config: recipe(routes.map(({ name }) => name)) })
})

/** LiteLLM's half of the recipe, once in OpenAI's words and once in Anthropic's. */
function recipe(routes: readonly string[]): object {
  const api_key = 'sk-secondwind'
  return {
    model_list: routes.flatMap((name) => [
      {
        model_name: name,
        litellm_params: { model: `openai/${name}`, api_base: `${router.url}/v1`, api_key },
      },
      {
        model_name: `claude-${name}`,
        litellm_params: { model: `anthropic/${name}`, api_base: router.url, api_key },
      },
    ]),
    router_settings: { num_retries: 0 },
    litellm_settings: { num_retries: 0 },
    general_settings: { master_key: MASTER_KEY },
  }
}

/** LiteLLM 1.109 hands our error of a Responses stream on as `response.failed`. */
function anErrorOr(truth: string): string {
  return truth === A_FAILED_ANSWER ? 'an error' : truth
}

afterAll(async () => {
  await liteLlm?.stop()
  await router?.stop()
  await provider?.stop()
})

describe.each(READERS)('$name, through LiteLLM', ({ name, read }) => {
  const prefix = name.startsWith('@anthropic') ? 'claude-' : ''

  const readRoute = (route: string): Promise<Read> =>
    read({ url: liteLlm.url, route: `${prefix}${route}`, apiKey: MASTER_KEY })

  test.each(BEHAVIOURS)('reads the truth of $example without a fallback', async (behaviour) => {
    const result = await readRoute(`alone-${behaviour.example}`)

    expect(anErrorOr(truthOf(result))).toBe(aloneAnswerOf(behaviour))
  })

  describe.each(['openai', 'anthropic'])('with a first target of %s', (target) => {
    test.each(BEHAVIOURS)('gets $example rescued whole', async (behaviour) => {
      const result = await readRoute(`${target}-${behaviour.example}`)

      expect(anErrorOr(truthOf(result))).toBe(rescuedAnswerOf(behaviour.name))
    })
  })
})
