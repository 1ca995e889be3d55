import { describe, expect, test } from 'vitest'
import { findRoute } from '../../../collector/config/find-route.ts'
import { type LoadOptions, loadConfig } from '../../../collector/config/load-config.ts'
import { formatProblem } from '../../../collector/config/problem.ts'
import { Secret } from '../../../collector/config/secret.ts'

const KEYS = { OPENAI_API_KEY: 'sk-env-openai', ANTHROPIC_API_KEY: 'sk-env-anthropic' }

function load(text: string, options: Partial<LoadOptions> = {}) {
  const loaded = loadConfig(text, { environment: KEYS, ...options })
  if (loaded.kind === 'loaded') return loaded
  throw new Error(loaded.problems.map((problem) => formatProblem(problem, 'c.yaml')).join('\n'))
}

function problemsOf(text: string, options: Partial<LoadOptions> = {}): readonly string[] {
  const loaded = loadConfig(text, { environment: KEYS, ...options })
  if (loaded.kind === 'loaded') return []
  return loaded.problems.map((problem) => formatProblem(problem, 'c.yaml'))
}

const MINIMAL = `
model_list:
  - model_name: gpt
    litellm_params:
      model: openai/gpt-4o
`

describe('deployments', () => {
  test('takes the key, the address and the id from where LiteLLM does', () => {
    const { config } = load(
      `
model_list:
  - model_name: gpt
    litellm_params:
      model: openai/gpt-4o
  - model_name: gpt
    litellm_params: {model: claude-sonnet-4-5, api_key: os.environ/MINE, order: 2, weight: 3}
    model_info: {id: second, supports_assistant_prefill: true}
  - model_name: local
    litellm_params: {model: hosted_vllm/meta/llama, api_base: "http://10.0.0.7:8000/v1/"}
`,
      { environment: { ...KEYS, MINE: 'my-key' } },
    )
    const [first, second] = config.routes.get('gpt')?.deployments ?? []
    expect(first).toMatchObject({
      id: 'gpt/1',
      provider: 'openai',
      model: 'gpt-4o',
      apiBase: 'https://api.openai.com/v1',
    })
    expect(first?.apiKey?.reveal()).toBe('sk-env-openai')
    expect(second).toMatchObject({
      id: 'second',
      provider: 'anthropic',
      model: 'claude-sonnet-4-5',
      apiBase: 'https://api.anthropic.com',
      order: 2,
      weight: 3,
      supportsAssistantPrefill: true,
    })
    expect(second?.apiKey?.reveal()).toBe('my-key')
    const [local] = config.routes.get('local')?.deployments ?? []
    expect(local).toMatchObject({ model: 'meta/llama', apiBase: 'http://10.0.0.7:8000/v1' })
    expect(local?.apiKey).toBeUndefined()
  })

  test('never sends a provider’s usual key to an address of the file, and says so', () => {
    const { config, warnings } = load(`
model_list:
  - model_name: gpt
    litellm_params: {model: openai/gpt-4o, api_base: "http://127.0.0.1:9/v1"}
`)
    expect(config.routes.get('gpt')?.deployments[0]?.apiKey).toBeUndefined()
    expect(warnings.map((warning) => warning.code)).toEqual(['CONFIG_KEY_MISSING'])
    expect(warnings[0]?.hint).toContain('os.environ/OPENAI_API_KEY')
  })

  test('asks for a key where the provider needs one', () => {
    expect(problemsOf(MINIMAL, { environment: {} })).toEqual([
      'c.yaml:4:5: model_list[0].litellm_params: deployment "gpt/1": no api_key, and OPENAI_API_KEY is not set [CONFIG_KEY_MISSING]\n  hint: add api_key: os.environ/OPENAI_API_KEY and export that variable',
    ])
  })

  test('leaves out embeddings and their like with a warning, for they are no chat', () => {
    const { config, warnings } = load(`${MINIMAL}
  - model_name: embed
    litellm_params: {model: azure/ada, api_base: "https://x.azure.com"}
    model_info: {mode: embedding}
`)
    expect([...config.routes.keys()]).toEqual(['gpt'])
    expect(warnings.map(({ message }) => message)).toEqual([
      'deployment "embed/1" of route "embed" is not served: its mode is "embedding", no chat',
    ])
  })

  test('refuses an address with a key inside, and does not repeat it', () => {
    const [problem = ''] = problemsOf(`
model_list:
  - model_name: gpt
    litellm_params: {model: openai/gpt-4o, api_base: "https://user:hunter22@host/v1", api_key: x}
`)
    expect(problem).toContain('CONFIG_INVALID_URL')
    expect(problem).not.toContain('hunter22')
  })

  test('refuses two deployments of one id', () => {
    const problems = problemsOf(`
model_list:
  - {model_name: a, litellm_params: {model: openai/x}, model_info: {id: same}}
  - {model_name: b, litellm_params: {model: openai/y}, model_info: {id: same}}
`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain('another deployment has the id "same" already')
  })

  test('serves wildcard routes by what the star stood for', () => {
    const { config } = load(`
model_list:
  - {model_name: "openai/*", litellm_params: {model: "openai/*"}}
  - {model_name: "openai/gpt-*", litellm_params: {model: "openai/gpt-*", api_key: k}}
`)
    const route = findRoute(config.routes, 'openai/gpt-4o')
    expect(route?.name).toBe('openai/gpt-4o')
    expect(route?.deployments.map((entry) => [entry.id, entry.model])).toEqual([
      ['openai/gpt-*/1', 'gpt-4o'],
    ])
    expect(findRoute(config.routes, 'openai/o3')?.deployments[0]?.model).toBe('o3')
    expect(findRoute(config.routes, 'openai/$&')?.deployments[0]?.model).toBe('$&')
    expect(findRoute(config.routes, 'openai/*')).toBeUndefined()
    expect(findRoute(config.routes, 'openai/')).toBeUndefined()
  })
})

describe('routing', () => {
  const TWO = `${MINIMAL}
  - model_name: claude
    litellm_params: {model: anthropic/claude-sonnet-4-5}
    model_info: {id: claude-id}
`

  test('reads fallbacks of every kind from router_settings before litellm_settings', () => {
    const { config } = load(`${TWO}
router_settings:
  fallbacks: [{gpt: [claude]}]
  num_retries: 1
  max_fallbacks: 3
litellm_settings:
  fallbacks: [{claude: [gpt]}]
  num_retries: 7
  context_window_fallbacks: [{gpt: claude}]
  content_policy_fallbacks: [{"*": [claude]}]
  default_fallbacks: [gpt]
`)
    const gpt = config.routes.get('gpt')
    expect(gpt?.fallbacks).toEqual(['claude'])
    expect(gpt?.contextWindowFallbacks).toEqual(['claude'])
    expect(gpt?.contentPolicyFallbacks).toEqual(['claude'])
    expect(config.routes.get('claude')?.fallbacks).toEqual(['gpt'])
    expect(config.retry).toMatchObject({ retriesMax: 1, fallbacksMax: 3, attemptsMax: 5 })
  })

  test('lets a fallback name one deployment by its id, and an alias name a route', () => {
    const { config } = load(`${TWO}
router_settings:
  model_group_alias: {gpt-latest: gpt, hidden: {model: claude, hidden: true}}
  fallbacks: [{gpt: [claude-id]}]
`)
    expect(config.routes.get('claude-id')?.deployments.map((entry) => entry.id)).toEqual([
      'claude-id',
    ])
    expect(config.routes.get('gpt-latest')).toBe(config.routes.get('gpt'))
    expect(config.routes.get('hidden')).toBe(config.routes.get('claude'))
  })

  test('reads retry policy and cool-downs in LiteLLM’s words', () => {
    const { config } = load(`${MINIMAL}
router_settings:
  retry_policy: {RateLimitErrorRetries: 4, InternalServerErrorRetries: 0, AuthenticationErrorRetries: 2}
  allowed_fails: 2
  cooldown_time: 7
`)
    expect(Object.fromEntries(config.retry.retriesMaxByReason ?? [])).toEqual({
      'rate-limited': 4,
      'server-error': 0,
      connection: 0,
    })
    expect(config.breaker).toMatchObject({ failuresToOpen: 3, firstOpenMs: 7_000 })
    expect(config.ignoredKeys).toContain('router_settings.retry_policy.AuthenticationErrorRetries')
  })

  test('switches the breaker off by either of LiteLLM’s words for it', () => {
    for (const word of ['cooldown_time: 0', 'disable_cooldowns: true']) {
      const { config } = load(`${MINIMAL}\nrouter_settings: {${word}}\n`)
      expect(config.breaker.failuresToOpen).toBe(Number.MAX_SAFE_INTEGER)
    }
  })

  test('takes the most specific word for each timer', () => {
    const { config } = load(`
model_list:
  - {model_name: a, litellm_params: {model: openai/x, timeout: 90, stream_timeout: "12.5"}}
  - {model_name: b, litellm_params: {model: openai/x}}
router_settings: {timeout: 20, stream_timeout: 8}
secondwind:
  timers: {connect_ms: 100, content_idle_ms: 900}
`)
    const timersOf = (route: string) => config.routes.get(route)?.deployments[0]?.timers
    expect(timersOf('a')).toEqual({
      connectMs: 100,
      firstEventMs: 30_000,
      firstContentMs: 90_000,
      firstContentReasoningMs: 300_000,
      byteIdleMs: 12_500,
      thinkingIdleMs: 12_500,
      contentIdleMs: 900,
      totalStreamMs: 1_800_000,
      totalMs: 90_000,
      timeoutMs: 90_000,
    })
    expect(timersOf('b')).toMatchObject({
      byteIdleMs: 8_000,
      totalMs: 20_000,
      timeoutMs: 20_000,
      firstContentMs: 60_000,
    })
  })

  test.each([
    ['litellm_settings: {disable_mid_stream_continuation: true}'],
    ['router_settings: {enable_mid_stream_fallback_continuation: false}'],
    ['secondwind: {continuation: {enabled: false}}'],
  ])('switches continuation off by %s', (word) => {
    const { config } = load(`${MINIMAL}\n${word}\n`)
    expect(config.routes.get('gpt')?.continuation.enabled).toBe(false)
  })

  test('lets a route differ in its timers, and a model think in silence where nobody forbids it', () => {
    const { config } = load(`${TWO}
secondwind:
  timers: {connect_ms: 100, first_event_ms: 200}
  routes:
    gpt: {timers: {first_event_ms: 9000, first_content_reasoning_ms: 400000}}
`)
    const timersOf = (route: string) => config.routes.get(route)?.deployments[0]?.timers
    expect(timersOf('gpt')).toMatchObject({
      connectMs: 100,
      firstEventMs: 9000,
      byteIdleMs: 60_000,
      thinkingIdleMs: 400_000,
    })
    expect(timersOf('claude')).toMatchObject({ connectMs: 100, firstEventMs: 200 })
  })

  test('lets a route differ in how it is continued', () => {
    const { config } = load(`${TWO}
secondwind:
  continuation: {with_tools: true}
  routes:
    gpt: {continuation: {strategy: prefill, require_anchor: true}}
`)
    expect(config.routes.get('gpt')?.continuation).toEqual({
      enabled: true,
      strategy: 'prefill',
      withTools: true,
      requireAnchor: true,
    })
    expect(config.routes.get('claude')?.continuation.strategy).toBe('auto')
  })
})

describe('problems', () => {
  test('reports everything at once, in the file’s order, with place, expectation and hint', () => {
    const problems = problemsOf(`model_list:
  - model_name: gpt
    litellm_params:
      model: openai/gpt-4o
      timeout: soon
      weight: -1
      api_key: os.environ/NOT_THERE
router_settings:
  fallbacks: [{gpt: [cluade]}, {gpd: [gpt]}]
  num_retries: 2.5
secondwind:
  header_hold: 5
  timers: {connect_ms: 0}
  continuation: {strategy: prefil}
secondwnd: {}
`)
    expect(problems).toEqual([
      'c.yaml:5:7: model_list[0].litellm_params.timeout: expected a number of seconds, found "soon" [CONFIG_WRONG_TYPE]',
      'c.yaml:6:7: model_list[0].litellm_params.weight: expected a number, at least 0, found -1 [CONFIG_OUT_OF_RANGE]',
      'c.yaml:7:7: model_list[0].litellm_params.api_key: the environment variable NOT_THERE is not set [CONFIG_ENVIRONMENT_MISSING]\n  hint: export NOT_THERE=… before starting, or write the value here',
      'c.yaml:9:22: router_settings.fallbacks[0].gpt[0]: there is no route "cluade" in model_list [CONFIG_UNKNOWN_ROUTE]\n  hint: one of: gpt',
      'c.yaml:9:33: router_settings.fallbacks[1].gpd: there is no route "gpd" in model_list [CONFIG_UNKNOWN_ROUTE]\n  hint: did you mean "gpt"?',
      'c.yaml:10:3: router_settings.num_retries: expected a whole number, 0 to 20, found 2.5 [CONFIG_OUT_OF_RANGE]',
      'c.yaml:12:3: secondwind.header_hold: there is no such option [CONFIG_UNKNOWN_KEY]\n  hint: did you mean "header_hold_ms"?',
      'c.yaml:13:12: secondwind.timers.connect_ms: expected at least 1, found 0 [CONFIG_OUT_OF_RANGE]',
      'c.yaml:14:18: secondwind.continuation.strategy: expected one of auto, prefill, user_turn, restart, stop, found "prefil" [CONFIG_WRONG_TYPE]',
      'c.yaml:15:1: secondwnd: there is no such section [CONFIG_UNKNOWN_KEY]\n  hint: did you mean "secondwind"?',
    ])
  })

  test('shows no secret, however wrong its place', () => {
    const problems = problemsOf(`
model_list:
  - model_name: gpt
    litellm_params: {model: openai/x, api_key: [sk-very-secret]}
general_settings: {master_key: {value: sk-other-secret}}
`)
    expect(problems).toHaveLength(2)
    expect(problems.join()).not.toContain('secret')
  })

  test('tells where the YAML itself is broken', () => {
    const [problem = ''] = problemsOf('model_list:\n  - model_name: "gpt\n')
    expect(problem).toMatch(/^c\.yaml:\d+:\d+: .*\[CONFIG_YAML_INVALID\]/)
  })

  test.each([['- a\n} sk-canary-lost'], ['a: *sk-canary-alias'], ['x: "sk-canary-open']])(
    'quotes nothing of the broken file %j: a key may stand there',
    (text) => {
      const problems = problemsOf(text).join()
      expect(problems).toContain('CONFIG_YAML_INVALID')
      expect(problems).not.toContain('canary')
    },
  )

  test.each([[''], ['[]'], ['just text'], ['model_list: []'], ['model_list: {}']])(
    'refuses %j with a message instead of an exception',
    (text) => {
      expect(problemsOf(text).length).toBeGreaterThan(0)
    },
  )

  test('survives keys that are names of object properties', () => {
    const problems = problemsOf(`${MINIMAL}
__proto__: {polluted: true}
secondwind: {routes: {constructor: {}, toString: {}}}
`)
    expect(problems).toHaveLength(2)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  test('refuses a file that unfolds to gigabytes', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (let i = 1; i < 9; i += 1) {
      const [name, previous] = [String.fromCodePoint(97 + i), String.fromCodePoint(96 + i)]
      bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${previous}`).join(',')}]`)
    }
    expect(problemsOf(bomb.join('\n'))[0]).toContain('CONFIG_YAML_INVALID')
  })
})

describe('the rest of LiteLLM’s file', () => {
  test('lists every key that is not honoured, once', () => {
    const { config } = load(`
model_list:
  - {model_name: a, litellm_params: {model: openai/x, tags: [a]}, model_info: {team_id: y}}
  - {model_name: a, litellm_params: {model: openai/x, tags: [b]}}
router_settings: {routing_strategy: least-busy}
litellm_settings: {callbacks: [otel], drop_params: true}
general_settings: {master_key: sk-1234, database_url: os.environ/DATABASE_URL}
guardrails: []
`)
    expect(config.ignoredKeys).toEqual([
      'general_settings.database_url',
      'guardrails',
      'litellm_settings.callbacks',
      'litellm_settings.drop_params',
      'model_list[].litellm_params.tags',
      'model_list[].model_info.team_id',
      'router_settings.routing_strategy',
    ])
    expect(config.clientKey?.reveal()).toBe('sk-1234')
  })

  test('reads merge keys, and variables that the file itself sets', () => {
    const { config } = load(
      `
x: &shared {api_key: os.environ/FROM_FILE, timeout: 5}
environment_variables: {FROM_FILE: abc, OPENAI_API_KEY: other}
model_list:
  - {model_name: a, litellm_params: {<<: *shared, model: openai/x}}
  - {model_name: b, litellm_params: {model: openai/x}}
`,
    )
    expect(config.routes.get('a')?.deployments[0]?.apiKey?.reveal()).toBe('abc')
    expect(config.routes.get('b')?.deployments[0]?.apiKey?.reveal()).toBe('sk-env-openai')
  })
})

describe('listening', () => {
  test('refuses to listen beyond loopback without a key', () => {
    expect(problemsOf(MINIMAL, { overrides: { host: '0.0.0.0' } })[0]).toContain(
      'CONFIG_UNSAFE_BIND',
    )
    expect(problemsOf(`${MINIMAL}\nsecondwind: {listen: {host: "::"}}\n`)[0]).toMatch(/c\.yaml:7:/)
    const overrides = { host: '0.0.0.0', clientKey: new Secret('from a file') }
    expect(problemsOf(MINIMAL, { overrides })).toEqual([])
  })

  test.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('takes %s for loopback', (host) => {
    expect(problemsOf(MINIMAL, { overrides: { host } })).toEqual([])
  })

  test.each(['127.0.0.1.evil.example', '10.0.0.1', '0.0.0.0', '::'])(
    'does not take %s for loopback',
    (host) => {
      expect(problemsOf(MINIMAL, { overrides: { host } })).toHaveLength(1)
    },
  )

  test('is frozen all the way down, maps included', () => {
    const { config } = load(MINIMAL)
    const routes = config.routes as Map<string, unknown>
    expect(() => routes.set('y', {})).toThrow('frozen')
    expect(Object.isFrozen(config.routes.get('gpt')?.deployments[0]?.timers)).toBe(true)
  })
})

function telemetryOf(environment: Record<string, string>) {
  return load(MINIMAL, { environment: { ...KEYS, ...environment } }).config.telemetry
}

function spoolOf(environment: Record<string, string>, telemetry: object = {}) {
  return load(`${MINIMAL}\nsecondwind: ${JSON.stringify({ telemetry })}`, {
    environment: { ...KEYS, ...environment },
  }).config.telemetry.spool
}

describe('telemetry', () => {
  test('reads OpenTelemetry’s own variables', () => {
    expect(telemetryOf({}).tracesUrl).toBe('http://127.0.0.1:4318/v1/traces')
    const telemetry = telemetryOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4318/',
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20abc,x-tenant=a=b',
      OTEL_SERVICE_NAME: 'router-eu',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod,service.name=other',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    })
    expect(telemetry.tracesUrl).toBe('https://collector:4318/v1/traces')
    expect(telemetry.headers.get('authorization')?.reveal()).toBe('Bearer abc')
    expect(telemetry.headers.get('x-tenant')?.reveal()).toBe('a=b')
    expect(telemetry.serviceName).toBe('router-eu')
    expect(telemetry.batchDelayMs).toBe(50)
    expect(telemetryOf({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://a/b' }).tracesUrl).toBe(
      'http://a/b',
    )
    expect(telemetryOf({ OTEL_SDK_DISABLED: 'true' }).enabled).toBe(false)
  })

  test('spools beside the analyzer’s data, unless it is told where, or that it must not', () => {
    expect(spoolOf({})).toBeUndefined()
    expect(spoolOf({ HOME: '/home/me' })).toEqual({
      dir: '/home/me/.local/share/secondwind/spool',
      bytesMax: 256 * 1024 ** 2,
    })
    expect(spoolOf({ HOME: '/h', XDG_DATA_HOME: '/share' })?.dir).toBe('/share/secondwind/spool')
    expect(spoolOf({ HOME: '/h', SECONDWIND_DATA_DIR: '/data' })?.dir).toBe('/data/spool')
    expect(spoolOf({ HOME: '/h' }, { spool_dir: '/spool', spool_bytes_max: 4096 })).toEqual({
      dir: '/spool',
      bytesMax: 4096,
    })
    expect(spoolOf({ HOME: '/h' }, { spool_bytes_max: 0 })).toBeUndefined()
  })

  test('warns of a protocol that it does not speak, and serves all the same', () => {
    const environment = { ...KEYS, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
    const { config, warnings } = load(MINIMAL, { environment })
    expect(config.telemetry.encoding).toBe('http/protobuf')
    expect(warnings.map(({ path }) => path)).toContain('OTEL_EXPORTER_OTLP_PROTOCOL')
    expect(telemetryOf({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' }).encoding).toBe(
      'http/json',
    )
  })

  test('refuses an endpoint that is no address', () => {
    const environment = { ...KEYS, OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }
    expect(problemsOf(MINIMAL, { environment })[0]).toContain('OTEL_EXPORTER_OTLP_ENDPOINT')
  })
})
