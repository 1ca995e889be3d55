import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeConfig } from '../../collector/config/describe-config.ts'
import { findRoute } from '../../collector/config/find-route.ts'
import { loadConfig } from '../../collector/config/load-config.ts'
import { formatProblem } from '../../collector/config/problem.ts'
import { answerLimits, streamLimits } from '../../collector/routing/watchdog.ts'
import { modelList } from '../../collector/server/model-list.ts'
import { ask, wholeAnswer } from '../support/ask.ts'
import { jsonResponse, startFakeUpstream } from '../support/fake-upstream.ts'
import { startRouter } from '../support/start-router.ts'

const ENVIRONMENT = {
  ANTHROPIC_API_KEY: 'sk-env-anthropic',
  AZURE_API_KEY_EU: 'sk-env-azure',
  GROQ_API_KEY: 'sk-env-groq',
  LITELLM_MASTER_KEY: 'sk-env-master',
  MISTRAL_API_KEY: 'sk-env-mistral',
  OPENAI_API_KEY: 'sk-env-openai',
  ROUTING_KEY: 'blue',
}

const folder = new URL('../fixtures/litellm-config/', import.meta.url)

function load(name: string, environment: Record<string, string> = ENVIRONMENT) {
  return loadText(readFileSync(new URL(name, folder), 'utf8'), environment)
}

function loadText(text: string, environment: Record<string, string> = ENVIRONMENT) {
  const loaded = loadConfig(text, {
    environment,
    folder: 'teams',
    readFile: (path) => {
      const included = /^teams\/(team-models\.yaml)$/.exec(path)?.[1]
      return included === undefined ? undefined : readFileSync(new URL(included, folder), 'utf8')
    },
  })
  if (loaded.kind === 'invalid') {
    throw new Error(loaded.problems.map((problem) => formatProblem(problem, 'c.yaml')).join('\n'))
  }
  const { config, warnings } = loaded
  return {
    config,
    warnings: warnings.map((warning) => formatProblem(warning, 'c.yaml')),
    targets: (route: string) => findRoute(config.routes, route)?.deployments ?? [],
  }
}

describe('the proxy of a platform team', () => {
  const { config, warnings, targets } = load('platform-team.yaml')

  test('takes a deployment’s parameters from the credential that it names', () => {
    const [azure] = targets('gpt-4o')
    expect(azure).toMatchObject({
      id: 'gpt-4o-azure',
      provider: 'azure',
      model: 'gpt-4o-eu',
      baseModel: 'azure/gpt-4o',
      apiBase: 'https://eu.openai.azure.com',
      // Dated before the Responses API.
      azure: { apiVersion: '2024-10-21' },
      apis: ['chat'],
    })
    expect(azure?.apiKey?.reveal()).toBe('sk-env-azure')
  })

  test('shares a route by rpm where no weight is given, as LiteLLM does', () => {
    expect(targets('gpt-4o').map(({ weight }) => weight)).toEqual([6, 54])
    expect(targets('llama').map(({ weight }) => weight)).toEqual([1])
  })

  test('reads what a deployment says of every request', () => {
    const [, openai] = targets('gpt-4o')
    expect(openai).toMatchObject({
      body: { defaults: { temperature: 0.2, max_tokens: 4096 }, extra: {}, omit: [] },
      retriesMax: 1,
      cooldownMs: 90_000,
    })
    const headers = [...(openai?.headers ?? [])].map(([name, value]) => [name, value.reveal()])
    expect(headers).toEqual([
      ['openai-organization', 'org-ikDc4ex8NB'],
      ['x-cost-center', '42'],
    ])
    const [llama] = targets('llama')
    expect(llama).toMatchObject({
      retriesMax: 0,
      supportsAssistantPrefill: true,
      timers: { totalMs: 300_000, byteIdleMs: 45_000 },
      body: {
        omit: ['parallel_tool_calls'],
        extra: { chat_template_kwargs: { enable_thinking: false }, routing_key: 'blue' },
      },
    })
  })

  test('appends the lists of an included file', () => {
    expect(targets('mistral')).toHaveLength(1)
    expect(targets('claude').map(({ provider, order }) => [provider, order])).toEqual([
      ['vertex_ai', 2],
      ['anthropic', 1],
    ])
  })

  test('names once what is not served, where it stands, and goes on without it', () => {
    const notServed = warnings.map((warning) => /^.*\.yaml:(\d+):\d+: .*?: (.*?) \[/.exec(warning))
    expect(notServed.map((match) => [Number(match?.[1]), match?.[2]])).toEqual([
      [45, expect.stringContaining('"claude/1" of route "claude" is not served: the provider')],
      [54, 'route "claude-bedrock" has no deployment of its own left; its fallbacks serve it'],
      [55, expect.stringContaining('"claude-bedrock/1" of route "claude-bedrock" is not served')],
      [69, expect.stringContaining('is not served: its mode is "embedding", no chat')],
      [70, 'route "canned" is not served: it has no deployment left, and no fallback'],
      [71, expect.stringContaining('mock_response is an answer that no model gave')],
      [103, 'changes nothing here'],
    ])
  })

  test('serves a route of which nothing is left by its fallbacks, where it has some', () => {
    expect(config.routes.get('claude-bedrock')).toMatchObject({
      deployments: [],
      fallbacks: ['claude'],
    })
    expect(config.routes.has('canned')).toBe(false)
    expect(config.routes.has('embeddings')).toBe(false)
  })

  test('lists what clients can ask for, as it stands', () => {
    expect(modelList(config)).toMatchObject({
      data: ['gpt-4o', 'claude', 'claude-bedrock', 'llama', 'mistral', 'gpt-4'].map((id) => ({
        id,
      })),
    })
    expect(targets('internal-only')).toHaveLength(1)
    expect(targets('groq/llama-3.3-70b')[0]?.model).toBe('llama-3.3-70b')
  })

  test('reads a fallback that changes the request as the route that it names', () => {
    expect(config.routes.get('llama')?.contextWindowFallbacks).toEqual(['claude'])
  })

  test('lists the rest once, by name', () => {
    expect(config.ignoredKeys).toEqual([
      'general_settings.alerting',
      'general_settings.database_url',
      'litellm_settings.cache',
      'litellm_settings.cache_params',
      'litellm_settings.default_fallback',
      'litellm_settings.drop_params',
      'litellm_settings.success_callback',
      'model_list[].litellm_params.additional_drop_params[]',
      'model_list[].litellm_params.aws_access_key_id',
      'model_list[].litellm_params.aws_region_name',
      'model_list[].litellm_params.max_parallel_requests',
      'model_list[].litellm_params.mock_response',
      'model_list[].litellm_params.tags',
      'model_list[].model_info.access_groups',
      'model_list[].model_info.input_cost_per_token',
      'router_settings.allowed_fails_policy',
      'router_settings.context_window_fallbacks[].llama[].max_tokens',
      'router_settings.enable_pre_call_checks',
      'router_settings.redis_host',
      'router_settings.redis_password',
      'router_settings.retry_policy.AuthenticationErrorRetries',
      'router_settings.routing_strategy',
    ])
  })

  test('is described without a secret', () => {
    const described = describeConfig(config)
    expect(described).toContain('[redacted]')
    for (const value of ['sk-env', 'org-ikDc4ex8NB', 'blue']) expect(described).not.toContain(value)
  })
})

describe('a file that proxies everything', () => {
  const { config, warnings, targets } = load('everything.yaml')

  test('serves every provider whose usual key is in the environment', () => {
    expect(targets('anthropic/claude-opus-4-6')[0]).toMatchObject({
      provider: 'anthropic',
      model: 'claude-opus-4-6',
    })
    expect(targets('groq/openai/gpt-oss-120b')[0]?.model).toBe('openai/gpt-oss-120b')
    expect(targets('gpt-5-mini')[0]).toMatchObject({ provider: 'openai', model: 'gpt-5-mini' })
    expect(targets('claude-haiku-4-5')[0]?.provider).toBe('anthropic')
    expect(targets('deepseek/deepseek-chat')).toEqual([])
    expect(targets('bedrock/anthropic.claude')).toEqual([])
  })

  test('fills several stars in their order', () => {
    expect(targets('team::a/b::static::gpt-4o')[0]?.model).toBe('a/b::gpt-4o')
    expect(targets('team::::static::gpt-4o')).toEqual([])
  })

  test('takes names alone for fallbacks of every route', () => {
    expect(config.routes.get('my-alias')?.fallbacks).toEqual(['anthropic/claude-sonnet-4-5'])
    expect(config.routes.get('anthropic/claude-sonnet-4-5')?.deployments).toHaveLength(1)
  })

  test('gives every deployment what the router gives to all', () => {
    expect(targets('my-alias')[0]).toMatchObject({
      body: { defaults: { max_tokens: 1000 } },
      timers: { timeoutMs: 20_000 },
    })
  })

  test('takes the last of two equal keys, as LiteLLM’s parser does, and says so', () => {
    expect(warnings.join('\n')).toMatch(/c\.yaml:\d+:3: this key is given twice/)
  })

  test('lists no pattern as a model', () => {
    expect(config.listedModels).toEqual(['my-alias'])
  })

  test('says that it serves nothing where no key is set', () => {
    const loaded = loadConfig('model_list: [{model_name: "*", litellm_params: {model: "*"}}]', {
      environment: {},
    })
    expect(JSON.stringify(loaded)).toContain('no provider’s usual key is set in the environment')
    expect(loaded.kind).toBe('invalid')
  })
})

function warningsOf(params: object, extra: object = {}, environment = ENVIRONMENT): string {
  const { warnings } = loadText(
    JSON.stringify({
      model_list: [
        { model_name: 'ok', litellm_params: { model: 'openai/gpt-4o' } },
        { model_name: 'other', litellm_params: params, ...extra },
      ],
    }),
    environment,
  )
  return warnings.join('\n')
}

describe('good by default: nothing but LiteLLM’s own words', () => {
  const { config, targets, warnings } = loadText(
    `
model_list:
  - {model_name: gpt, litellm_params: {model: openai/gpt-4o}}
  - {model_name: claude, litellm_params: {model: anthropic/claude-sonnet-4-5}}
  - {model_name: vertex, litellm_params: {model: vertex_ai/claude-opus-4-6, vertex_project: p}}
  - {model_name: vllm, litellm_params: {model: hosted_vllm/llama, api_base: "http://h:8000/v1"}}
router_settings: {num_retries: 2, timeout: 30, fallbacks: [{gpt: [claude, vllm]}]}
`,
    { ...ENVIRONMENT, SECONDWIND_DATA_DIR: '/data' },
  )

  test.each(['gpt', 'claude', 'vertex', 'vllm'])(
    'every deployment has every timer: %s',
    (route) => {
      const [target] = targets(route)
      const limits = { targetApi: target?.apis[0] ?? 'chat', elapsedMs: 0, thinking: false }
      const timers = target?.timers ?? never()
      // Another target is left: a third of the time-out is what silence may cost.
      expect(streamLimits({ timers, otherTargetLeft: true, ...limits })).toMatchObject({
        connectMs: 5_000,
        firstEventMs: 10_000,
        firstContentMs: 60_000,
        byteIdleMs: 30_000,
        contentIdleMs: 180_000,
        totalMs: 1_800_000,
      })
      expect(streamLimits({ timers, otherTargetLeft: false, ...limits }).firstEventMs).toBe(30_000)
      const thinking = { timers, otherTargetLeft: true, ...limits, thinking: true }
      expect(streamLimits(thinking).firstContentMs).toBe(300_000)
      expect(answerLimits(timers)).toMatchObject({ connectMs: 5_000, totalMs: 30_000 })
    },
  )

  test('retries, breaker and limits are as they are documented', () => {
    expect(config.retry).toMatchObject({
      retriesMax: 2,
      attemptsMax: 5,
      fallbacksMax: 5,
      budgetRatio: 0.2,
      budgetPerSecondMin: 3,
      retryAfterMaxMs: 5_000,
    })
    expect(config.breaker).toMatchObject({
      failuresToOpen: 5,
      firstOpenMs: 10_000,
      openMs: 15_000,
      openMaxMs: 120_000,
      quotaOpenMs: 300_000,
    })
    expect(config.limits).toEqual({
      connectionsMax: 10_000,
      requestBodyBytesMax: 32 * 1024 ** 2,
      sseLineBytesMax: 1024 ** 2,
      sseEventBytesMax: 4 * 1024 ** 2,
      streamBufferBytesMax: 1024 ** 2,
      answerBytesMax: 32 * 1024 ** 2,
    })
    expect(config.headerHoldMs).toBe(15_000)
    expect(config.keepAliveMs).toBe(10_000)
    expect(config.drainMs).toBe(30_000)
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 4100, allowedHosts: [] })
    expect(config.telemetry).toMatchObject({
      tracesUrl: 'http://127.0.0.1:4318/v1/traces',
      sampleRatio: 1,
      spool: { bytesMax: 256 * 1024 ** 2 },
    })
    expect(config.routes.get('gpt')?.continuation).toEqual({
      enabled: true,
      strategy: 'auto',
      withTools: false,
      requireAnchor: false,
    })
  })

  test('nothing of it is ignored, and nothing is warned of', () => {
    expect(warnings).toEqual([])
    expect(config.ignoredKeys).toEqual([])
  })
})

describe('what cannot be served', () => {
  test.each([
    ['an unknown provider', { model: 'opnai/gpt-4o' }, 'did you mean "openai/gpt-4o"?'],
    ['a name without a maker', { model: 'llama-3' }, 'write openai/llama-3 with api_base'],
    ['another protocol', { model: 'cohere/command-r' }, 'let LiteLLM call it'],
    [
      'a credential of LiteLLM’s database',
      { model: 'openai/x', litellm_credential_name: 'in-db' },
      'the credential "in-db" is not in credential_list',
    ],
    [
      'a token that LiteLLM fetches',
      { model: 'azure/x', api_base: 'https://a.b', client_secret: 's', tenant_id: 't' },
      'tokens are not fetched from Entra ID',
    ],
  ])('%s', (_, params, expected) => {
    expect(warningsOf(params)).toContain(expected)
  })

  test('what is blocked, or meant for another environment', () => {
    const params = { model: 'openai/x' }
    expect(warningsOf(params, { model_info: { blocked: true } })).toContain('it is blocked')
    const info = { model_info: { supported_environments: ['production'] } }
    expect(warningsOf(params, info)).toContain('not meant for LITELLM_ENVIRONMENT=')
    const there = { ...ENVIRONMENT, LITELLM_ENVIRONMENT: 'production' }
    expect(warningsOf(params, info, there)).toBe('')
  })

  test('a route of which nothing is left is served by its fallback, and that is said', async () => {
    const upstream = await startFakeUpstream((exchange) =>
      exchange.send(jsonResponse(200, wholeAnswer('chat'))),
    )
    const router = await startRouter({
      routes: [
        { name: 'route', model: 'bedrock/amazon.nova', apiBase: upstream.url },
        { name: 'other', model: 'openai/gpt-4o', apiBase: upstream.url },
      ],
      fallbacks: { route: ['other'] },
    })
    const { status, headers } = await ask(router, 'chat')
    const { attempts, summary } = await router.telemetry.waitForRequest()
    await router.stop()
    await upstream.stop()
    expect(status).toBe(200)
    expect(headers.get('x-secondwind-deployment')).toBe('other/1')
    expect(attempts.map(({ start }) => start.kind)).toEqual(['fallback'])
    expect(summary.outcome).toBe('rescued')
  })

  test('an unknown provider with an address is called as OpenAI is', () => {
    const { targets } = loadText(
      JSON.stringify({
        model_list: [
          {
            model_name: 'r',
            litellm_params: { model: 'newcomer/maker/model', api_base: 'https://a.b/v1' },
          },
        ],
      }),
    )
    expect(targets('r')[0]).toMatchObject({
      provider: 'newcomer',
      model: 'maker/model',
      apis: ['chat'],
    })
  })
})

describe('problems', () => {
  test('of an included file are told at their place in it', () => {
    const files: Record<string, string> = {
      'conf/more.yaml':
        'model_list:\n  - model_name: b\n    litellm_params: {model: openai/x, timeout: soon}\n',
    }
    const text = 'include: [more.yaml, none.yaml]\nmodel_list: []\n'
    const options = { environment: ENVIRONMENT, folder: 'conf', readFile: (p: string) => files[p] }
    const missing = loadConfig(text, options)
    expect(
      missing.kind === 'invalid' && formatProblem(missing.problems[0] ?? never(), 'c.yaml'),
    ).toBe(
      'c.yaml:1:22: include[1]: the included file conf/none.yaml cannot be read [CONFIG_FILE_UNREADABLE]\n  hint: included files are named from the folder of the file that includes them',
    )
    const wrong = loadConfig(text.replace(', none.yaml', ''), options)
    expect(wrong.kind === 'invalid' && formatProblem(wrong.problems[0] ?? never(), 'c.yaml')).toBe(
      'conf/more.yaml:3:39: model_list[0].litellm_params.timeout: expected a number of seconds, found "soon" [CONFIG_WRONG_TYPE]',
    )
  })

  test.each([
    ['AI-Resource Group', 'is no name that HTTP knows'],
    ['Content-Length', 'is a header that the router has to set itself'],
  ])('a header that cannot be sent is refused: %s', (name, message) => {
    const litellm_params = { model: 'openai/x', extra_headers: { [name]: 'v' } }
    const loaded = loadConfig(
      JSON.stringify({ model_list: [{ model_name: 'a', litellm_params }] }),
      {
        environment: ENVIRONMENT,
      },
    )
    expect(JSON.stringify(loaded)).toContain(message)
  })

  test.each([
    ['router_settings', 'fallback', 'fallbacks'],
    ['router_settings', 'num_retry', 'num_retries'],
    ['litellm_settings', 'request_timout', 'request_timeout'],
    ['general_settings', 'masterkey', 'master_key'],
  ])('a key of %s that is nearly read is told: %s', (section, key, meant) => {
    const { warnings } = loadText(
      JSON.stringify({
        model_list: [{ model_name: 'a', litellm_params: { model: 'openai/x' } }],
        [section]: { [key]: 'x' },
      }),
    )
    expect(warnings.join()).toContain(`did you mean "${meant}"?`)
  })

  test.each([
    ['router_settings', 'model_group_settings'],
    ['router_settings', 'allowed_fails_policy'],
    ['litellm_settings', 'callbacks'],
    ['litellm_settings', 'default_team_params'],
  ])("a word of %s that is LiteLLM's own is no slip of the pen: %s", (section, key) => {
    const { warnings, config } = loadText(
      JSON.stringify({
        model_list: [{ model_name: 'a', litellm_params: { model: 'openai/x' } }],
        [section]: { [key]: 'x' },
      }),
    )
    expect(warnings).toEqual([])
    expect(config.ignoredKeys).toEqual([`${section}.${key}`])
  })
})

function never(): never {
  throw new Error('expected a problem')
}
