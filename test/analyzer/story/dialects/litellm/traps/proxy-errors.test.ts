import { describe, expect, test } from 'vitest'

import { judge } from '../../../../../../analyzer/rules/judge.ts'
import type { CompactSpan } from '../../../../../support/compact-span.ts'
import { tellStories, tellStory } from '../../../../../support/tell-stories.ts'

// What a proxy refuses or breaks by itself looks like an upstream's failure: its failure hook
// writes a call's span for a call that nobody made. Shapes as 1.97.0 and 1.109.1 exported them.

type Attributes = NonNullable<CompactSpan['attributes']>

const CONFIG = {
  model_list: ['chat', 'spare', 'large'].map((name) => ({
    model_name: name,
    litellm_params: { model: `openai/${name}-model` },
  })),
  router_settings: {
    num_retries: 0,
    fallbacks: [{ chat: ['spare'] }],
    context_window_fallbacks: [{ chat: ['large'] }],
  },
}

interface Refusal {
  readonly type: string
  readonly recorded: string
  readonly message: string
  readonly status: number
}

const refusal = (status: number, message: string): Refusal => ({
  type: 'HTTPException',
  recorded: 'fastapi.exceptions.HTTPException',
  message: `${status}: {'error': '${message}'}`,
  status,
})

function errorOf({ type, message, status }: Refusal): Attributes {
  return {
    'error.code': `${status}`,
    'http.response.status_code': status,
    'error.type': type,
    'error.message': message,
  }
}

function v1(
  name: string,
  id: string,
  more: Partial<CompactSpan> & { readonly attributes?: Attributes } = {},
): CompactSpan {
  return { name, id, parent: '1f', scope: 'litellm', ms: [2, 3], status: 'ok', ...more }
}

const exception = ({ recorded, message }: Refusal, ms: number) => [
  {
    name: 'exception',
    ms,
    attributes: {
      'exception.type': recorded,
      'exception.message': message,
      'exception.stacktrace': 'of the proxy',
    },
  },
]

const SEEN_BY_ROUTER = [
  v1('router', '20', {
    attributes: { service: 'router', call_type: 'async_get_available_deployment' },
  }),
  v1('self', '21', { attributes: { service: 'self', call_type: 'track_llm_api_timing' } }),
]

function proxyV1(
  error: Refusal,
  {
    path = '/v1/chat/completions',
    more = [],
  }: { readonly path?: string; readonly more?: readonly CompactSpan[] } = {},
): readonly CompactSpan[] {
  return [
    v1('Received Proxy Server Request', '1f', {
      parent: '',
      kind: 'server',
      ms: [0, 100],
      status: 'error',
      attributes: { 'url.path': path, 'http.route': path, ...errorOf(error) },
      events: exception(error, 99),
    }),
    v1('auth', '10', { attributes: { service: 'auth', call_type: path } }),
    v1('proxy_pre_call', '11', {
      attributes: { service: 'proxy_pre_call', call_type: 'add_litellm_data_to_request' },
    }),
    v1('Failed Proxy Server Request', '1e', {
      ms: [99, 99],
      status: 'error',
      attributes: { exception: error.message },
    }),
    ...more,
  ]
}

/** As the failure hook writes it. */
function hookSpan(error: Refusal, attributes: Attributes = {}): CompactSpan {
  return v1('litellm_request', '30', {
    ms: [3, 50],
    status: 'error',
    attributes: {
      'litellm.call_id': 'c1',
      'litellm.provider.model': 'chat',
      'gen_ai.request.model': 'chat',
      'gen_ai.operation.name': 'acompletion',
      ...errorOf(error),
      ...attributes,
    },
    events: exception(error, 49),
  })
}

const SERVED = v1('litellm_request', '31', {
  ms: [3, 60],
  attributes: {
    'litellm.call_id': 'c1',
    'litellm.model_group': 'chat',
    'litellm.provider.model': 'openai/chat-model',
    'gen_ai.request.model': 'chat-model',
    'gen_ai.operation.name': 'acompletion',
    'gen_ai.usage.input_tokens': 11,
    'gen_ai.usage.output_tokens': 12,
  },
})

const rulesOf = (spans: readonly CompactSpan[]): readonly string[] =>
  judge(tellStory(spans, CONFIG)).map(({ rule }) => rule)

describe('in v1', () => {
  const refused = [
    { what: 'a guardrail', error: refusal(400, 'Violated guardrail policy') },
    { what: 'a limit of the caller’s key', error: refusal(429, 'Rate limit exceeded') },
    {
      what: 'an unknown route',
      error: {
        ...refusal(400, 'Invalid model name passed in model=chat'),
        type: 'ProxyModelNotFoundError',
        recorded: 'litellm.proxy.route_llm_request.ProxyModelNotFoundError',
      },
    },
  ]
  const paths = ['/v1/chat/completions', '/v1/responses', '/v1/messages']

  test.each(refused.flatMap((one) => paths.map((path) => ({ ...one, path }))))(
    'what $what refused on $path was never routed',
    ({ error, path }) => {
      const spans = proxyV1(error, { path, more: [hookSpan(error)] })
      const story = tellStory(spans, CONFIG)
      expect(story).toMatchObject({ outcome: 'rejected', attempts: [], route: 'chat' })
      expect(judge(story)).toEqual([])
    },
  )

  test.each([
    'ProxyException',
    // Since 1.109.
    'litellm.proxy._types.ProxyException',
  ])('a key refused by %s is one request, though a span stands in a trace of its own', (type) => {
    const error = {
      ...refusal(401, 'x'),
      type,
      recorded: '',
    }
    const stray = { ...hookSpan(error), parent: '', trace: '2' }
    const stories = tellStories([...proxyV1(error), stray], CONFIG)
    expect(stories.map(({ outcome }) => outcome)).toEqual(['rejected'])
  })

  test('nor is it a second one where that stands on the web framework’s span', () => {
    const error = { ...refusal(401, 'x'), type: 'litellm.proxy._types.ProxyException' }
    const around = { ...hookSpan(error), name: 'fastapi.dependencies', scope: 'fastapi@0.165.0' }
    const stories = tellStories([...proxyV1(error), { ...around, parent: '' }], CONFIG)
    expect(stories.map(({ outcome }) => outcome)).toEqual(['rejected'])
  })

  test('an answer that a guardrail withheld was served by its target', () => {
    const error = refusal(403, 'Output blocked')
    const own = hookSpan(error, {
      'litellm.model_group': 'chat',
      'litellm.provider.model': 'openai/chat-model',
    })
    const story = tellStory(proxyV1(error, { more: [...SEEN_BY_ROUTER, SERVED, own] }), CONFIG)
    expect(story).toMatchObject({ outcome: 'failed', client: { errorAttempt: 0 } })
    expect(story.attempts).toMatchObject([{ status: 'ok' }])
    expect(judge(story)).toEqual([])
  })

  test('a guardrail that is down fails the request, and no target did', () => {
    const error = refusal(500, 'guardrail service is down')
    const spans = proxyV1(error, { more: [...SEEN_BY_ROUTER, SERVED, hookSpan(error)] })
    expect(rulesOf(spans)).toEqual(['failure-unclassified'])
    expect(judge(tellStory(spans, CONFIG))[0]?.summary).toContain('The gateway itself')
  })

  test('a hook that crashes before any routing blames nobody', () => {
    const error = { type: 'ValueError', recorded: 'ValueError', message: 'broken', status: 500 }
    const spans = proxyV1(error)
    expect(tellStory(spans, CONFIG)).toMatchObject({ outcome: 'failed', attempts: [] })
    expect(rulesOf(spans)).toEqual(['failure-unclassified'])
  })

  const COOLING = {
    type: 'RouterRateLimitError',
    recorded: 'litellm.types.router.RouterRateLimitError',
    message:
      "No deployments available for selected model, Try again in 60 seconds. Passed model=chat. pre-call-checks=False, cooldown_list=['3f4e']",
    status: 429,
  }

  test('a route that is cooling down has a call’s span, too, and nobody was called', () => {
    const spans = proxyV1(COOLING, { more: [hookSpan(COOLING, { 'litellm.model_group': 'chat' })] })
    expect(tellStory(spans, CONFIG)).toMatchObject({ route: 'chat', attempts: [] })
    expect(rulesOf(spans)).toEqual(['no-eligible-deployment'])
  })

  test('where the router did call somebody then, it was a fallback', () => {
    const own = hookSpan(COOLING, { 'litellm.model_group': 'chat' })
    const spans = proxyV1(COOLING, { more: [own, ...SEEN_BY_ROUTER] })
    expect(tellStory(spans, CONFIG).fallbacks).toMatchObject({ tried: true })
    expect(rulesOf(spans)).toEqual(['failure-unclassified'])
  })

  test('a status without a class of its own is no error inside a stream', () => {
    const error = {
      type: 'APIError',
      recorded: 'litellm.exceptions.APIError',
      message: 'litellm.APIError: APIError: OpenAIException - origin timed out',
      status: 524,
    }
    const own = hookSpan(error, {
      'litellm.model_group': 'chat',
      'litellm.provider.model': 'openai/chat-model',
    })
    const story = tellStory(proxyV1(error, { more: [...SEEN_BY_ROUTER, own] }), CONFIG)
    expect(story.attempts).toMatchObject([{ reason: 'server-error', phase: 'before_headers' }])
    const retried = [
      v1('Received Proxy Server Request', '1f', {
        parent: '',
        kind: 'server',
        ms: [0, 100],
        attributes: { 'url.path': '/v1/chat/completions', 'http.response.status_code': 200 },
      }),
      ...SEEN_BY_ROUTER,
      own,
      { ...SERVED, attributes: { ...SERVED.attributes, 'gen_ai.request.model': 'chat' } },
    ]
    expect(tellStory(retried, CONFIG)).toMatchObject({
      outcome: 'ok',
      attempts: [{ kind: 'initial' }, { kind: 'retry' }],
    })
  })

  test.each(['/v1/models', '/v1/messages/count_tokens', '/health'])(
    'the check of a key for %s alone is no request that was lost',
    (path) => {
      const auth = v1('auth', '10', { attributes: { service: 'auth', call_type: path } })
      expect(tellStories([auth], CONFIG)).toEqual([])
    },
  )
})

const PATH = '/v1/chat/completions'

function proxyV2(
  error: Attributes,
  { recorded, more = [] }: { readonly recorded: string; readonly more?: readonly CompactSpan[] },
): readonly CompactSpan[] {
  return [
    {
      name: `POST ${PATH}`,
      id: '1f',
      kind: 'server',
      ms: [0, 100],
      scope: 'opentelemetry.instrumentation.fastapi@0.49b0',
      status: 'error',
      attributes: { 'http.target': PATH, 'gen_ai.request.model': 'chat', ...error },
      events: [{ name: 'exception', ms: 99, attributes: { 'exception.type': recorded } }],
    },
    { name: `auth ${PATH}`, id: '10', parent: '1f', ms: [1, 2], scope: 'litellm@1.97.0' },
    ...more,
  ]
}

const proxyError = (status: number, message: string): Attributes => ({
  'error.type': 'ProxyException',
  'error.message': message,
  'litellm.provider.error.code': `${status}`,
  'http.status_code': status,
})

/** The call of a request, with what v2 wrote of its error. */
const failedCallV2 = (error: Attributes): CompactSpan => ({
  name: 'chat chat',
  id: '30',
  parent: '1f',
  kind: 'client',
  ms: [10, 40],
  scope: 'litellm@1.97.0',
  status: 'error',
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'chat',
    'litellm.provider.model': 'openai/chat-model',
    ...error,
  },
})

describe('in v2', () => {
  test('a hook that crashes before any routing blames nobody', () => {
    const spans = proxyV2(proxyError(500, 'hook is broken'), { recorded: 'ValueError' })
    expect(tellStory(spans, CONFIG)).toMatchObject({ outcome: 'failed', attempts: [] })
    expect(rulesOf(spans)).toEqual(['failure-unclassified'])
  })

  test('an answer that a guardrail withheld has the guardrail’s error on its call', () => {
    const call = failedCallV2({
      'litellm.provider.error.code': '403',
      'error.type': 'HTTPException',
      'error.message': "403: {'error': 'Output blocked'}",
    })
    const spans = proxyV2(proxyError(403, 'Output blocked'), {
      recorded: 'HTTPException',
      more: [call],
    })
    expect(tellStory(spans, CONFIG)).toMatchObject({
      outcome: 'failed',
      attempts: [{ status: 'unknown' }],
    })
    expect(rulesOf(spans)).toEqual([])
  })

  test('a name of the caller’s own for a route is no fallback', () => {
    const error = {
      'error.type': 'InternalServerError',
      'error.message': 'litellm.InternalServerError: OpenAIException - down',
    }
    const spans: readonly CompactSpan[] = [
      {
        name: `POST ${PATH}`,
        id: '1f',
        kind: 'server',
        ms: [0, 100],
        scope: 'fastapi@0.165.0',
        status: 'error',
        attributes: { 'url.path': PATH, 'http.response.status_code': 500 },
      },
      {
        name: 'fastapi.dependencies',
        id: '11',
        parent: '1f',
        ms: [1, 9],
        scope: 'fastapi@0.165.0',
        attributes: { 'gen_ai.request.model': 'ours' },
      },
      { name: `auth ${PATH}`, id: '12', parent: '11', ms: [1, 8], scope: 'litellm@1.109.1' },
      { name: 'route large', id: '13', parent: '1f', ms: [10, 11], scope: 'litellm@1.109.1' },
      {
        name: 'chat large',
        id: '30',
        parent: '11',
        kind: 'client',
        ms: [12, 40],
        scope: 'litellm@1.109.1',
        status: 'error',
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'large',
          'litellm.call_type': 'acompletion',
          'litellm.provider.model': 'openai/large-model',
          ...error,
        },
      },
    ]
    expect(tellStory(spans, CONFIG)).toMatchObject({
      route: 'large',
      fallbacks: { tried: false },
    })
    expect(rulesOf(spans)).toEqual(['no-fallback-configured'])
  })

  test('what was too long for the fallback of too long requests is not said to be skipped', () => {
    const message =
      'litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - too long. Received Model Group=chat\nAvailable Model Group Fallbacks=None\nError doing the fallback: litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - too long'
    const error = {
      'error.type': 'ContextWindowExceededError',
      'error.message': message,
      'litellm.provider.error.code': '400',
      'http.status_code': 400,
    }
    const call = failedCallV2(error)
    const spans = proxyV2(error, { recorded: 'ContextWindowExceededError', more: [call] })
    expect(tellStory(spans, CONFIG).fallbacks).toMatchObject({
      tried: 'unknown',
      configured: { value: ['large'], source: 'config' },
    })
    expect(rulesOf(spans)).toEqual(['failure-unclassified'])
  })

  test.each(['litellm.moderation', 'image_generation'])('%s is not paid in tokens', (operation) => {
    const spans: readonly CompactSpan[] = [
      {
        name: `${operation} chat`,
        id: '30',
        kind: 'client',
        ms: [10, 40],
        scope: 'litellm@1.109.1',
        attributes: {
          'gen_ai.operation.name': operation,
          'gen_ai.request.model': 'chat',
          'litellm.provider.model': 'openai/chat-model',
          'gen_ai.usage.input_tokens': 0,
          'gen_ai.usage.output_tokens': 0,
        },
      },
    ]
    expect(rulesOf(spans)).toEqual([])
  })
})
