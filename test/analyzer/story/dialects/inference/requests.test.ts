import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Story } from '../../../../../analyzer/story/story.ts'
import type { CompactSpan, CompactValue } from '../../../../support/compact-span.ts'
import { tellStories } from '../../../../support/tell-stories.ts'

// Which calls are one request: an application's trace holds many, and none of them may be taken for
// the retry of another unless the spans say so.

type Rest = Partial<CompactSpan> & { readonly more?: Readonly<Record<string, CompactValue>> }

function chat(
  id: string,
  ms: readonly [number, number],
  { more, ...rest }: Rest = {},
): CompactSpan {
  return {
    id,
    ms,
    name: 'chat gpt-4o',
    kind: 'client',
    scope: 'app',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      ...(rest.status === 'error'
        ? { 'error.type': 'RateLimitError' }
        : { 'gen_ai.response.finish_reasons': ['stop'] }),
      ...more,
    },
    ...rest,
  }
}

/** A span of the first second; its name is `id:name`. */
function around(
  idAndName: string,
  attributes: Readonly<Record<string, CompactValue>>,
  rest: Rest = {},
): CompactSpan {
  const [id = '', ...name] = idAndName.split(':')
  return { id, name: name.join(':'), ms: [0, 1000], scope: 'app', attributes, ...rest }
}

function litellm(id: string, name: string, rest: Rest = {}): CompactSpan {
  return { id, name, ms: [10, 90], scope: 'litellm@1.109.1', ...rest }
}

const failed = { status: 'error' } as const
const claude = { 'gen_ai.provider.name': 'anthropic', 'gen_ai.request.model': 'claude-sonnet-4-5' }

function lines(spans: readonly CompactSpan[]): readonly string[] {
  return tellStories(spans).map(
    ({ outcome, attempts, sureness }: Story) =>
      `${outcome} ${sureness}: ${attempts.map(({ kind, status }) => `${kind} ${status}`).join(', ')}`,
  )
}

const ai = (id: string, ms: readonly [number, number], rest: Rest = {}) =>
  chat(id, ms, {
    ...rest,
    parent: 'a',
    more: { 'ai.operationId': 'ai.generateText.doGenerate' },
  })

const http = (id: string, ms: readonly [number, number], status: number): CompactSpan => ({
  id,
  ms,
  parent: 'a',
  name: 'POST',
  kind: 'client',
  scope: 'opentelemetry.instrumentation.httpx',
  status: status >= 400 ? 'error' : 'unset',
  attributes: { 'http.request.method': 'POST', 'http.response.status_code': status },
})

describe('requests of their own', () => {
  test('the steps of an agent, also where one failed and the next one asked the same again', () => {
    const agent = around('a:invoke_agent', { 'gen_ai.operation.name': 'invoke_agent' })
    const steps = [
      chat('b', [0, 100], { parent: 'a' }),
      chat('c', [100, 200], { parent: 'a', ...failed }),
      chat('d', [200, 300], { parent: 'a' }),
    ]
    expect(lines([agent, ...steps])).toEqual([
      'ok certain: initial ok',
      'failed certain: initial failed',
      'ok certain: initial ok',
    ])
  })

  test('calls below an application’s own SERVER span', () => {
    const page = around('a:GET /answer', { 'http.route': '/answer' }, { kind: 'server' })
    const calls = [
      chat('b', [0, 100], { parent: 'a', ...failed }),
      chat('c', [100, 200], { parent: 'a', more: claude }),
    ]
    expect(lines([page, ...calls])).toHaveLength(2)
  })

  test('what a tool asks for inside of a call', () => {
    const tool = around('b:execute_tool x', { 'gen_ai.operation.name': 'execute_tool' })
    const spans = [
      chat('a', [0, 1000]),
      { ...tool, parent: 'a' },
      chat('c', [100, 200], { parent: 'b' }),
    ]
    expect(lines(spans)).toHaveLength(2)
  })

  test('calls of one operation that all succeeded, or ran at the same time', () => {
    const two = (second: CompactSpan) =>
      lines([chat('a', [0, 1000]), chat('b', [0, 500], { parent: 'a', ...failed }), second])
    expect(two(chat('c', [100, 900], { parent: 'a' }))).toHaveLength(2)
    const both = [chat('b', [0, 400], { parent: 'a' }), chat('c', [400, 900], { parent: 'a' })]
    expect(lines([chat('a', [0, 1000]), ...both])).toHaveLength(2)
  })

  test('a resend of another model, and one before which nothing failed', () => {
    const resend = { 'http.request.resend_count': 1 }
    const other = chat('b', [100, 200], { parent: 'ff', more: { ...claude, ...resend } })
    expect(lines([chat('a', [0, 100], { parent: 'ff', ...failed }), other])).toHaveLength(2)
    const same = chat('b', [100, 200], { parent: 'ff', more: resend })
    expect(lines([chat('a', [0, 100], { parent: 'ff' }), same])).toHaveLength(2)
  })

  test('embeddings, tools and agents are none', () => {
    const none = ['embeddings', 'execute_tool', 'invoke_agent', 'create_agent', 'retrieval']
    const spans = none.map((operation, position) =>
      around(`a${position}:${operation}`, { 'gen_ai.operation.name': operation }),
    )
    const chain = around('b:chain', { 'openinference.span.kind': 'CHAIN' })
    expect(tellStories([...spans, chain])).toEqual([])
  })
})

describe('one request', () => {
  test('a gateway’s operation with a span for each attempt', () => {
    const spans = [
      chat('a', [0, 300], { kind: 'internal', more: { 'gen_ai.request.model': 'main' } }),
      chat('b', [0, 100], { parent: 'a', ...failed }),
      chat('c', [100, 300], { parent: 'a', more: claude }),
    ]
    expect(lines(spans)).toEqual(['rescued certain: initial failed, fallback ok'])
    const [story] = tellStories(spans)
    expect(story).toMatchObject({ route: 'main', fallbacks: { tried: true } })
    expect(story?.requestSpanId).toMatch(/a$/u)
  })

  test('a gateway’s operation that failed although its last attempt says otherwise', () => {
    const spans = [
      chat('a', [0, 300], { ...failed, statusMessage: 'no answer' }),
      chat('b', [0, 300], { parent: 'a' }),
    ]
    expect(lines(spans)).toEqual(['failed certain: initial failed'])
  })

  test('a gateway’s SERVER span of a model API, and what its client got', () => {
    const server = around(
      'a:POST /v1/messages',
      { 'url.path': '/v1/messages', 'http.response.status_code': 200 },
      { kind: 'server' },
    )
    const spans = [
      server,
      chat('b', [0, 100], { parent: 'a', ...failed }),
      chat('c', [100, 300], { parent: 'a', more: claude }),
    ]
    expect(lines(spans)).toEqual(['rescued likely: initial failed, fallback ok'])
    expect(tellStories(spans)[0]).toMatchObject({ api: 'messages', client: { statusCode: 200 } })
    const refused = {
      ...server,
      attributes: { ...server.attributes, 'http.response.status_code': 502 },
    }
    expect(lines([refused, ...spans.slice(1)])).toEqual([
      'failed likely: initial failed, fallback failed',
    ])
  })

  test('a resend of the same request by its client library', () => {
    const spans = [
      chat('a', [0, 100], { parent: 'ff', ...failed }),
      chat('b', [105, 200], { parent: 'ff', more: { 'http.request.resend_count': 1 } }),
    ]
    expect(lines(spans)).toEqual(['ok likely: initial failed, retry ok'])
  })

  test('the retries of the AI SDK, and not its steps', () => {
    const spans = [
      around('a:ai.generateText', { 'ai.operationId': 'ai.generateText' }),
      ai('b', [0, 100], failed),
      ai('c', [150, 200]),
      ai('d', [200, 300]),
    ]
    expect(lines(spans)).toEqual(['ok certain: initial failed, retry ok', 'ok certain: initial ok'])
  })

  test('the requests that an instrumented HTTP client shows below one call', () => {
    const spans = [chat('a', [0, 500]), http('b', [0, 100], 429), http('c', [200, 500], 200)]
    expect(lines(spans)).toEqual(['ok certain: initial failed, retry ok'])
    const [story] = tellStories(spans)
    expect(story).toMatchObject({ attemptsComplete: true, fallbacks: { tried: false } })
    expect(story?.attempts[0]).toMatchObject({ reason: 'rate-limited', phase: 'before_headers' })
  })
})

describe('spans of routers that have a dialect of their own', () => {
  test('who calls LiteLLM, and what is instrumented inside of it, tell no request of their own', () => {
    const spans = [
      chat('a', [0, 100]),
      around('b:POST /v1/chat/completions', {}, { parent: 'a', kind: 'server' }),
      litellm('c', 'auth /v1/chat/completions', { parent: 'b' }),
      litellm('d', 'chat main', {
        parent: 'b',
        kind: 'client',
        attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'main' },
      }),
      chat('e', [20, 80], { parent: 'b', scope: 'opentelemetry.instrumentation.openai.v1' }),
    ]
    expect(tellStories(spans).map(({ dialect }) => dialect)).toEqual(['litellm-v2'])
  })

  test('an exception of LiteLLM on a span of OpenInference is told by OpenInference', () => {
    const span = around(
      'a:acompletion',
      { 'openinference.span.kind': 'LLM', 'llm.model_name': 'main' },
      {
        status: 'error',
        events: [
          {
            name: 'exception',
            ms: 900,
            attributes: {
              'exception.type': 'litellm.exceptions.RateLimitError',
              'exception.message': 'litellm.RateLimitError: slow down',
            },
          },
        ],
      },
    )
    expect(tellStories([span])).toMatchObject([
      { dialect: 'openinference', outcome: 'failed', attempts: [{ reason: 'rate-limited' }] },
    ])
  })
})

describe('three generations', () => {
  const old = {
    'gen_ai.system': 'OpenAI',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.prompt_tokens': 9,
    'gen_ai.usage.completion_tokens': 60,
    'gen_ai.completion.0.finish_reason': 'stop',
    'llm.request.type': 'chat',
    'llm.is_streaming': true,
  }

  test.each<[string, Readonly<Record<string, CompactValue>>, string]>([
    ['before 1.37', old, 'before 1.37'],
    [
      '1.37 to 1.41',
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.request.stream': true,
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 9,
        'gen_ai.usage.output_tokens': 60,
      },
      '1.37 to 1.41',
    ],
    [
      'the new repository',
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.request.stream': true,
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.response.time_to_first_chunk': 0.25,
        'gen_ai.usage.input_tokens': 9,
        'gen_ai.usage.output_tokens': 60,
        'gen_ai.usage.cache_write.input_tokens': 4,
      },
      'since 1.42',
    ],
  ])('%s', (_, attributes, mode) => {
    expect(tellStories([around('a:chat', attributes, { kind: 'client' })])).toMatchObject([
      {
        dialect: 'gen-ai',
        outcome: 'ok',
        stream: true,
        usage: { inputTokens: 9, outputTokens: 60 },
        gateway: { name: 'other', mode },
        attempts: [{ provider: 'openai', model: 'gpt-4o', terminal: true }],
      },
    ])
  })

  test('a stream that ended before its final event has failed, and nobody was told', () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.stream': true,
      'gen_ai.response.finish_reasons': ['error'],
    }
    expect(tellStories([around('a:chat', attributes)])).toMatchObject([
      {
        outcome: 'failed',
        sureness: 'likely',
        client: { complete: false, errorShown: false },
        attempts: [{ reason: 'missing-terminal', terminal: false }],
      },
    ])
    const raised = around('a:chat', { ...attributes, 'error.type': 'APIError' }, failed)
    expect(tellStories([raised])).toMatchObject([
      { sureness: 'certain', client: { errorShown: true } },
    ])
  })

  test('of OpenInference’s models the one that answered does not stand for the one asked', () => {
    const attributes = {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'old-key',
      'llm.request.model_name': 'asked',
      'llm.response.model_name': 'answered',
      'llm.finish_reason': 'stop',
    }
    expect(tellStories([around('a:llm', attributes)])).toMatchObject([
      { route: 'asked', attempts: [{ model: 'asked', responseModel: 'answered' }] },
    ])
  })

  test('a cancelled call is the application’s own doing', () => {
    const span = chat('a', [0, 10], { ...failed, more: { 'error.type': 'asyncio.CancelledError' } })
    expect(tellStories([span])).toMatchObject([
      { outcome: 'cancelled', attempts: [{ status: 'cancelled', reason: 'client-aborted' }] },
    ])
  })

  test('two noughts are no usage, and an empty list is no finish reason', () => {
    const span = around(
      'a:chat',
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 0,
        'gen_ai.usage.output_tokens': 0,
        'gen_ai.response.finish_reasons': [],
      },
      { kind: 'client' },
    )
    const [story] = tellStories([span])
    expect(story).toMatchObject({ outcome: 'unknown', indistinguishable: true })
    expect(story?.usage).toBeUndefined()
  })
})

test('a trace that nests or rings without end is told without an exception', () => {
  const ids = fc.integer({ min: 1, max: 30 }).map((id) => id.toString(16))
  const kinds = fc.constantFrom('chat', 'execute_tool', 'invoke_agent', '')
  fc.assert(
    fc.property(fc.array(fc.tuple(ids, ids, kinds, fc.boolean()), { maxLength: 60 }), (links) => {
      const spans = links.map(([id, parent, operation, isError]) =>
        chat(id, [Number.parseInt(id, 16), 100], {
          parent,
          status: isError ? 'error' : 'unset',
          more: { 'gen_ai.operation.name': operation },
        }),
      )
      expect(tellStories(spans)).toBeInstanceOf(Array)
    }),
    { numRuns: 60 },
  )
  const deep = Array.from({ length: 3000 }, (_, depth) =>
    chat(
      (depth + 1).toString(16),
      [depth, 5000],
      depth === 0 ? {} : { parent: depth.toString(16) },
    ),
  )
  expect(tellStories(deep).length).toBeGreaterThan(0)
})
