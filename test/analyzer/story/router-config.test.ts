import { expect, test } from 'vitest'

import {
  chainsOf,
  fallbacksAfter,
  fallbacksOf,
  parseRouterConfig,
  retriesOf,
  routesFallingBackTo,
  routesOfModel,
} from '../../../analyzer/story/router-config.ts'

const MODEL_LIST = [
  {
    model_name: 'chat',
    litellm_params: { model: 'anthropic/claude-a', api_base: 'https://a.example' },
    model_info: { id: 'one' },
  },
  { model_name: 'chat', litellm_params: { model: 'anthropic/claude-b', num_retries: 3 } },
  { model_name: 'spare', litellm_params: { model: 'openai/gpt-x' } },
]

test('a route has its deployments in the order of the file', () => {
  const config = parseRouterConfig({ model_list: MODEL_LIST })
  expect(config.routes.get('chat')?.deployments).toEqual([
    {
      id: 'one',
      model: 'anthropic/claude-a',
      apiBase: 'https://a.example',
      numRetries: undefined,
      clientRetries: undefined,
    },
    {
      id: undefined,
      model: 'anthropic/claude-b',
      apiBase: undefined,
      numRetries: 3,
      clientRetries: undefined,
    },
  ])
  expect(routesOfModel(config, 'claude-b')).toEqual(['chat'])
  expect(routesOfModel(config, 'openai/gpt-x')).toEqual(['spare'])
  expect(routesOfModel(config, 'x')).toEqual([])
})

test('router_settings go before litellm_settings, and both before the top', () => {
  const router = { fallbacks: [{ chat: ['spare'] }], num_retries: 1 }
  const litellm = { fallbacks: [{ chat: ['other'] }], num_retries: 5 }
  const top = { fallbacks: [{ chat: ['third'] }] }
  expect(
    fallbacksOf(parseRouterConfig({ router_settings: router, litellm_settings: litellm }), 'chat'),
  ).toEqual(['spare'])
  expect(fallbacksOf(parseRouterConfig({ litellm_settings: litellm, ...top }), 'chat')).toEqual([
    'other',
  ])
  expect(fallbacksOf(parseRouterConfig(top), 'chat')).toEqual(['third'])
  expect(parseRouterConfig({ router_settings: router, litellm_settings: litellm }).numRetries).toBe(
    1,
  )
})

test('a route without fallbacks of its own has those of `*`, else the default ones', () => {
  const wildcard = { fallbacks: [{ '*': ['spare'] }], default_fallbacks: ['last'] }
  expect(fallbacksOf(parseRouterConfig({ router_settings: wildcard }), 'chat')).toEqual(['spare'])
  const plain = { fallbacks: [{ other: ['spare'] }], default_fallbacks: ['last'] }
  expect(fallbacksOf(parseRouterConfig({ router_settings: plain }), 'chat')).toEqual(['last'])
  expect(fallbacksOf(parseRouterConfig({}), 'chat')).toEqual([])
})

test('an empty list of fallbacks in router_settings is an answer, not a gap', () => {
  const config = parseRouterConfig({
    router_settings: { fallbacks: [] },
    litellm_settings: { fallbacks: [{ chat: ['spare'] }] },
  })
  expect(fallbacksOf(config, 'chat')).toEqual([])
})

test('fallbacks for a full context and for content policy are kept apart', () => {
  const config = parseRouterConfig({
    router_settings: {
      context_window_fallbacks: [{ chat: ['long'] }],
      content_policy_fallbacks: [{ chat: ['mild'] }],
    },
  })
  expect(config.contextWindowFallbacks.get('chat')).toEqual(['long'])
  expect(config.contentPolicyFallbacks.get('chat')).toEqual(['mild'])
  expect(fallbacksOf(config, 'chat')).toEqual([])
})

test('a deployment’s own retries count, the most of a route decides', () => {
  const config = parseRouterConfig({ model_list: MODEL_LIST, router_settings: { num_retries: 0 } })
  expect(retriesOf(config, 'chat')).toBe(3)
  expect(retriesOf(config, 'spare')).toBe(0)
  expect(retriesOf(parseRouterConfig({ model_list: MODEL_LIST }), 'spare')).toBeUndefined()
})

test('who may fall back to a route is known, default fallbacks included', () => {
  const config = parseRouterConfig({
    model_list: MODEL_LIST,
    router_settings: { fallbacks: [{ chat: ['spare'] }], default_fallbacks: ['chat'] },
  })
  expect(routesFallingBackTo(config, 'spare')).toEqual(['chat'])
  expect(routesFallingBackTo(config, 'chat')).toEqual(['spare'])
})

test.each([
  [null],
  ['model_list: x'],
  [{ model_list: { model_name: 'chat' } }],
  [{ model_list: [null, 7, { model_name: 3 }, { model_name: 'chat', litellm_params: [] }] }],
  [{ router_settings: { fallbacks: 'chat', default_fallbacks: {}, num_retries: '2' } }],
  [{ router_settings: { fallbacks: [{ chat: 'spare' }, null, 4] } }],
])('a malformed file leaves out what is malformed: %j', (document) => {
  const config = parseRouterConfig(document)
  expect(config.routes.size).toBe(0)
  expect(fallbacksOf(config, 'chat')).toEqual([])
  expect(config.numRetries).toBeUndefined()
})

test('a route named like a property of every object is only a name', () => {
  const config = parseRouterConfig(
    JSON.parse(
      '{"router_settings":{"fallbacks":[{"__proto__":["spare"]},{"constructor":["spare"]}]}}',
    ),
  )
  expect(fallbacksOf(config, '__proto__')).toEqual(['spare'])
  expect(fallbacksOf(config, 'constructor')).toEqual(['spare'])
  expect(fallbacksOf(config, 'toString')).toEqual([])
})

test('a failure that has a list of its own is not handed to the general one', () => {
  const config = parseRouterConfig({
    model_list: MODEL_LIST,
    router_settings: {
      fallbacks: [{ chat: ['spare'] }],
      context_window_fallbacks: [{ chat: ['large'] }],
      content_policy_fallbacks: [{ spare: ['mild'] }],
    },
  })
  expect(fallbacksAfter(config, 'chat', 'server-error')).toEqual(['spare'])
  expect(fallbacksAfter(config, 'chat', undefined)).toEqual(['spare'])
  expect(fallbacksAfter(config, 'chat', 'context-too-long')).toEqual(['large'])
  expect(fallbacksAfter(config, 'spare', 'context-too-long')).toEqual([])
  expect(fallbacksAfter(config, 'chat', 'content-filtered')).toEqual([])
  expect(chainsOf(config, 'chat')).toEqual([['spare'], ['large'], []])
  expect(routesFallingBackTo(config, 'large')).toEqual(['chat'])
})

test('without such a list the general one holds for every failure', () => {
  const config = parseRouterConfig({
    model_list: MODEL_LIST,
    router_settings: { fallbacks: [{ chat: ['spare'] }] },
  })
  expect(fallbacksAfter(config, 'chat', 'context-too-long')).toEqual(['spare'])
  expect(fallbacksAfter(config, 'chat', 'content-filtered')).toEqual(['spare'])
})

test('of a route that the file does not have nothing is known', () => {
  const config = parseRouterConfig({
    model_list: [
      ...MODEL_LIST,
      { model_name: 'openai/*', litellm_params: { model: 'openai/*' } },
      { model_name: 'a*b*c', litellm_params: { model: 'openai/x' } },
    ],
    router_settings: { fallbacks: [{ added: ['spare'] }] },
  })
  expect(fallbacksAfter(config, 'spare', undefined)).toEqual([])
  expect(fallbacksAfter(config, 'added', undefined)).toEqual(['spare'])
  expect(fallbacksAfter(config, 'unknown', undefined)).toBeUndefined()
  expect(fallbacksAfter(config, 'openai/gpt-x', undefined)).toEqual([])
  expect(fallbacksAfter(config, 'open', undefined)).toBeUndefined()
  for (const name of ['abc', 'a-b-c', 'abbcc']) {
    expect(fallbacksAfter(config, name, undefined)).toEqual([])
  }
  for (const name of ['ac', 'acb', 'xabc', 'abcx', 'ab']) {
    expect(fallbacksAfter(config, name, undefined)).toBeUndefined()
  }
  const covered = parseRouterConfig({ default_fallbacks: ['last'] })
  expect(fallbacksAfter(covered, 'unknown', undefined)).toEqual(['last'])
})

function retriesWith(params: object): number | undefined {
  return retriesOf(
    parseRouterConfig({
      model_list: [{ model_name: 'chat', litellm_params: { model: 'openai/a', ...params } }],
      router_settings: { num_retries: 2 },
    }),
    'chat',
  )
}

test('a client library that does not retry does not keep the router from it', () => {
  expect(retriesWith({ max_retries: 0 })).toBe(2)
  expect(retriesWith({ max_retries: 4 })).toBe(4)
  expect(retriesWith({ num_retries: 0, max_retries: 0 })).toBe(0)
})
