import { assert, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'

import { judge } from '../../analyzer/rules/judge.ts'
import type { Story } from '../../analyzer/story/story.ts'
import type { Api } from '../../collector/vocabulary.ts'
import { tellSidecar } from '../support/tell-sidecar.ts'

/**
 * What a real router's spans say of faults that no scenario of the demo has: of targets that it
 * could not ask, of fallbacks that could not help, of keys that are refused.
 */

interface Fault {
  readonly route: string
  readonly api: Api
  readonly first: string
  /** Model of the fallback, and its key where it has one of its own. */
  readonly second?: string
  readonly secondKey?: string
  readonly body?: object
  readonly stream?: boolean
  readonly outcome: Story['outcome']
  /** Those of this file's concern, in the order of the registry. */
  readonly finds: readonly string[]
}

const GPT = 'openai/gpt-4o'
const CLAUDE = 'anthropic/claude-sonnet-4-5'

const FAULTS: readonly Fault[] = [
  {
    route: 'tied-to-its-key',
    api: 'responses',
    first: `${GPT}@status-503`,
    second: `${GPT}@healthy`,
    secondKey: 'sk-another-made-up',
    body: { previous_response_id: 'resp_1' },
    outcome: 'failed',
    finds: ['no-eligible-deployment'],
  },
  {
    route: 'no-word-for-it',
    api: 'chat',
    first: `${GPT}@status-503`,
    second: `${CLAUDE}@healthy`,
    body: { n: 2 },
    outcome: 'failed',
    finds: ['fallback-unfit'],
  },
  {
    route: 'too-small',
    api: 'chat',
    first: `${GPT}@status-503`,
    second: `${GPT}@context-too-long`,
    secondKey: 'sk-another-made-up',
    outcome: 'failed',
    finds: ['fallback-unfit', 'correlated-fallback'],
  },
  {
    route: 'key-refused',
    api: 'chat',
    first: `${GPT}@status-401`,
    second: `${GPT}@healthy`,
    outcome: 'rescued',
    finds: ['credential-or-model-dead'],
  },
  {
    route: 'model-gone',
    api: 'messages',
    first: `${CLAUDE}@status-404`,
    outcome: 'failed',
    finds: ['credential-or-model-dead'],
  },
  {
    route: 'nothing-said',
    api: 'messages',
    first: `${CLAUDE}@empty-success`,
    outcome: 'ok',
    finds: ['empty-success'],
  },
  {
    route: 'a-tool-call',
    api: 'messages',
    first: `${CLAUDE}@tool-call`,
    outcome: 'ok',
    finds: [],
  },
  {
    route: 'whole-and-healthy',
    api: 'chat',
    first: `${GPT}@healthy`,
    stream: false,
    outcome: 'ok',
    finds: [],
  },
  {
    route: 'falls-silent',
    api: 'chat',
    first: `${GPT}@stall-10`,
    outcome: 'failed',
    finds: ['stream-stalled'],
  },
  {
    route: 'error-inside',
    api: 'messages',
    first: `${CLAUDE}@error-event-10`,
    outcome: 'failed',
    finds: [],
  },
]

const CONCERNS: ReadonlySet<string> = new Set([
  'no-eligible-deployment',
  'fallback-unfit',
  'credential-or-model-dead',
  'error-in-success',
  'empty-success',
  'stream-stalled',
  'correlated-fallback',
])

const PATHS: Readonly<Record<Api, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
}

const stories = new Map<string, Story>()

beforeAll(async () => {
  const told = await tellSidecar({
    configOf,
    ask: (url) => Promise.all(FAULTS.map((fault) => ask(url, fault))),
  })
  for (const story of told) stories.set(story.route ?? '', story)
}, 60_000)

function configOf(providerUrl: string): string {
  return stringify({
    model_list: FAULTS.flatMap(({ route, first, second, secondKey }) => [
      { ...at(first, providerUrl), model_name: route },
      ...(second === undefined
        ? []
        : [{ ...at(second, providerUrl, secondKey), model_name: `${route}-backup` }]),
    ]),
    router_settings: {
      num_retries: 0,
      fallbacks: FAULTS.filter(({ second }) => second !== undefined).map(({ route }) => ({
        [route]: [`${route}-backup`],
      })),
    },
    secondwind: {
      listen: { port: 0 },
      timers: { content_idle_ms: 1000 },
    },
  })
}

function at(model: string, providerUrl: string, key = 'sk-demo-made-up'): object {
  const base = model.startsWith('anthropic/') ? providerUrl : `${providerUrl}/v1`
  return { litellm_params: { model, api_base: base, api_key: key } }
}

async function ask(url: string, { route, api, body, stream = true }: Fault): Promise<void> {
  const question =
    api === 'responses'
      ? { input: 'Say it.' }
      : { max_tokens: 500, messages: [{ role: 'user', content: 'Say it.' }] }
  const response = await fetch(url + PATHS[api], {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: route, stream, ...question, ...body }),
  })
  await response.text()
}

test.each(FAULTS)('$route: $outcome, and finds $finds', ({ route, outcome, finds }) => {
  const story = stories.get(route)
  assert(story !== undefined, `no story of ${route}`)
  expect(story.outcome).toBe(outcome)
  const found = judge(story).filter(({ rule }) => CONCERNS.has(rule))
  expect(found.map(({ rule }) => rule)).toEqual(finds)
  expect(found.filter(({ confidence }) => confidence !== 'certain')).toEqual([])
})
