import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Story } from '../../../../../analyzer/story/story.ts'
import type { CompactSpan, CompactValue } from '../../../../support/compact-span.ts'
import { tellStories } from '../../../../support/tell-stories.ts'

// One call that two libraries noted is one request, wherever their spans stand; two calls are two,
// however alike, unless the spans say otherwise.

type Rest = Partial<CompactSpan> & { readonly more?: Readonly<Record<string, CompactValue>> }

const RESOURCE = { 'service.name': 'app', 'service.instance.id': 'one' }
const FAILED = 'Error code: 503 - The server is overloaded.'

/** As OpenInference's LangChain instrumentation writes it. */
function langchain(id: string, ms: readonly [number, number], { more, ...rest }: Rest = {}) {
  return llm(id, ms, {
    scope: 'openinference.instrumentation.langchain@0.1.80',
    name: 'ChatOpenAI',
    more: { 'llm.provider': 'openai', ...more },
    ...rest,
  })
}

/** As its OpenAI instrumentation does. */
function client(id: string, ms: readonly [number, number], { more, ...rest }: Rest = {}) {
  return llm(id, ms, {
    scope: 'openinference.instrumentation.openai@0.1.66',
    name: 'ChatCompletion',
    more: { 'llm.system': 'openai', ...more },
    ...rest,
  })
}

function llm(id: string, ms: readonly [number, number], { more, ...rest }: Rest): CompactSpan {
  const isFailed = rest.status === 'error'
  return {
    id,
    ms,
    name: 'llm',
    scope: 'app',
    resource: RESOURCE,
    status: 'ok',
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt-4o',
      'llm.input_messages.0.message.role': 'user',
      'llm.input_messages.0.message.content': 'what is a canary?',
      ...(isFailed ? {} : { 'llm.finish_reason': 'stop' }),
      ...more,
    },
    ...(isFailed && {
      events: [
        {
          name: 'exception',
          ms: ms[1],
          attributes: {
            'exception.type': 'openai.InternalServerError',
            'exception.message': FAILED,
          },
        },
      ],
    }),
    ...rest,
  }
}

function chain(id: string, ms: readonly [number, number], rest: Rest = {}): CompactSpan {
  return {
    id,
    ms,
    name: 'RunnableSequence',
    scope: 'openinference.instrumentation.langchain@0.1.80',
    resource: RESOURCE,
    attributes: { 'openinference.span.kind': 'CHAIN' },
    ...rest,
  }
}

function lines(spans: readonly CompactSpan[]): readonly string[] {
  const told = tellStories(spans)
  expect(tellStories([...spans, ...spans].toReversed())).toEqual(told)
  return told.map(
    ({ outcome, sureness, attempts }: Story) =>
      `${outcome} ${sureness}: ${attempts.map(({ kind, status }) => `${kind} ${status}`).join(', ')}`,
  )
}

/** Nothing is told of it but that it was, and of whom. */
function bare(span: CompactSpan): CompactSpan {
  const attributes = { 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-4o' }
  return { ...span, attributes }
}

/** A second question: its hash is another one. */
const OTHER = { 'llm.input_messages.0.message.content': 'what is a coal mine?' }
const failed = { status: 'error' } as const

describe('one request', () => {
  test('a call that stands beside the framework’s in one trace', () => {
    const page: CompactSpan = { ...chain('a', [0, 500]), scope: 'app', attributes: {} }
    const spans = [
      page,
      chain('b', [1, 400], { parent: 'a' }),
      langchain('c', [2, 390], { parent: 'b' }),
      client('d', [5, 380], { parent: 'a' }),
    ]
    expect(lines(spans)).toEqual(['ok certain: initial ok'])
    expect(tellStories(spans)[0]?.requestSpanId).toMatch(/c$/u)
    expect(tellStories(spans)[0]?.attempts[0]?.spanId).toMatch(/d$/u)
  })

  test('a call in a trace of its own, of the same or of the other convention', () => {
    const above = langchain('c', [2, 390])
    expect(lines([above, client('d', [5, 380], { trace: '2' })])).toEqual(['ok likely: initial ok'])
    const genAi: CompactSpan = {
      ...client('d', [5, 380], { trace: '2' }),
      scope: 'opentelemetry.instrumentation.openai.v1@0.62.4',
      kind: 'client',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.openai.api_base': 'http://127.0.0.1:8080/v1/',
        'gen_ai.input.messages':
          '[{"role":"user","parts":[{"type":"text","content":"what is a canary?"}]}]',
      },
    }
    const told = tellStories([above, genAi])
    expect(told).toMatchObject([
      {
        dialect: 'openinference',
        outcome: 'ok',
        traceIds: [expect.stringMatching(/1$/u), expect.stringMatching(/2$/u)],
        attempts: [{ endpoint: 'http://127.0.0.1:8080/v1/', finishReasons: ['stop'] }],
      },
    ])
    expect(told).toHaveLength(1)
  })

  test('a stream that broke, which the library below closed as a success', () => {
    const above = langchain('c', [2, 390], failed)
    const below: CompactSpan = {
      ...client('d', [5, 380], { trace: '2' }),
      scope: 'opentelemetry.instrumentation.openai.v1@0.62.4',
      kind: 'client',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.is_streaming': true,
        'gen_ai.input.messages':
          '[{"role":"user","parts":[{"type":"text","content":"what is a canary?"}]}]',
      },
    }
    expect(lines([above, below])).toEqual(['failed likely: initial failed'])
    expect(tellStories([above, below])[0]).toMatchObject({
      stream: true,
      client: { complete: false, errorShown: true },
    })
  })

  test('the retries of the client library, seen below the framework’s one call', () => {
    const spans = [
      langchain('c', [2, 390]),
      client('d', [5, 100], { trace: '2', ...failed }),
      client('e', [110, 380], { trace: '3' }),
    ]
    expect(lines(spans)).toEqual(['ok likely: initial failed, retry ok'])
  })

  test('a chain of fallbacks, each of its calls noted twice', () => {
    const backup = { 'llm.model_name': 'gpt-4o-mini' }
    const spans = [
      chain('a', [0, 300], { name: 'RunnableWithFallbacks' }),
      langchain('b', [1, 100], { parent: 'a', ...failed }),
      client('c', [3, 99], { trace: '2', ...failed }),
      langchain('d', [120, 300], { parent: 'a', more: backup }),
      client('e', [122, 299], { trace: '3', more: backup }),
    ]
    expect(lines(spans)).toEqual(['rescued likely: initial failed, fallback ok'])
  })

  test('an operation of LlamaIndex whose chain asks the same model', () => {
    const scope = 'openinference.instrumentation.llama_index@4.3.2'
    const spans = [
      llm('a', [0, 300], { scope, name: 'LLM.structured_predict' }),
      chain('b', [1, 299], { scope, parent: 'a', name: 'FunctionCallingProgram.__call__' }),
      llm('c', [2, 298], { scope, parent: 'b', name: 'OpenAI.chat' }),
      client('d', [3, 297], { parent: 'c' }),
    ]
    expect(lines(spans)).toEqual(['ok certain: initial ok'])
    expect(tellStories(spans)[0]?.requestSpanId).toMatch(/a$/u)
  })

  test('an agent’s call that its framework and the client library noted', () => {
    const agent = chain('a', [0, 900], {
      name: 'LangGraph',
      attributes: { 'openinference.span.kind': 'AGENT' },
    })
    const spans = [
      agent,
      langchain('b', [1, 300], { parent: 'a' }),
      client('c', [2, 299], { trace: '2' }),
      chain('d', [300, 400], {
        parent: 'a',
        attributes: { 'openinference.span.kind': 'TOOL' },
      }),
      langchain('e', [400, 900], { parent: 'a', more: { 'llm.finish_reason': 'tool_calls' } }),
      client('f', [402, 899], { trace: '3', more: { 'llm.finish_reason': 'tool_calls' } }),
    ]
    expect(lines(spans)).toEqual(['ok likely: initial ok', 'ok likely: initial ok'])
  })
})

describe('requests of their own', () => {
  test('parallel calls of one framework, each with its own below', () => {
    const spans = [
      langchain('a', [0, 300], { trace: '1' }),
      langchain('b', [1, 290], { trace: '2' }),
      client('c', [3, 280], { trace: '3' }),
      client('d', [4, 285], { trace: '4' }),
    ]
    expect(lines(spans)).toEqual(['ok likely: initial ok', 'ok likely: initial ok'])
  })

  test('a call of the application’s own while the framework’s runs', () => {
    const above = langchain('a', [0, 300])
    // Another question, another model, another process, before, too late, or outlasting it.
    for (const own of [
      client('b', [3, 280], { trace: '2', more: OTHER }),
      client('b', [3, 280], { trace: '2', more: { 'llm.model_name': 'gpt-4o-mini' } }),
      client('b', [3, 280], { trace: '2', resource: { ...RESOURCE, 'service.instance.id': '2' } }),
      client('b', [-20, 280], { trace: '2' }),
      client('b', [250, 280], { trace: '2' }),
      client('b', [3, 900], { trace: '2' }),
    ]) {
      expect(lines([above, own])).toHaveLength(2)
    }
  })

  test('one call more than the framework made: nobody knows which of them is whose', () => {
    const spans = [
      langchain('a', [0, 300]),
      client('b', [3, 280], { trace: '2' }),
      client('c', [4, 285], { trace: '3' }),
    ]
    expect(lines(spans)).toHaveLength(3)
  })

  test('calls of which nothing is told but the model and the time', () => {
    expect(
      lines([bare(langchain('a', [0, 300])), bare(client('b', [3, 280], { trace: '2' }))]),
    ).toHaveLength(2)
  })

  test('sequential calls of one chain, the one of them tried again by the application', () => {
    const spans = [
      chain('a', [0, 900]),
      langchain('b', [0, 300], { parent: 'a', ...failed }),
      client('c', [2, 299], { trace: '2', ...failed }),
      langchain('d', [310, 600], { parent: 'a' }),
      client('e', [312, 599], { trace: '3' }),
      langchain('f', [610, 900], { parent: 'a', more: OTHER }),
      client('0a', [612, 899], { trace: '4', more: OTHER }),
    ]
    expect(lines(spans)).toEqual([
      'failed likely: initial failed',
      'ok likely: initial ok',
      'ok likely: initial ok',
    ])
  })

  test('a call that began while the answer of another was read', () => {
    const spans = [
      client('a', [0, 900], { more: { 'llm.token_count.completion': 300 } }),
      client('b', [400, 500], {
        parent: 'a',
        more: { 'llm.model_name': 'moderation-1', 'llm.token_count.completion': 4 },
      }),
    ]
    expect(lines(spans)).toEqual(['ok certain: initial ok', 'ok certain: initial ok'])
  })
})

test('however calls overlap, the framework’s are told, each once', () => {
  const moments = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 2000 }),
      takes: fc.integer({ min: 20, max: 800 }),
      question: fc.integer({ min: 0, max: 3 }),
      isFailed: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(moments, (calls) => {
      const spans = calls.flatMap(({ at, takes, question, isFailed }, index) => {
        const rest = {
          status: isFailed ? 'error' : 'ok',
          more: { 'llm.input_messages.0.message.content': `question ${question}` },
        } as const
        const id = (index + 1).toString(16)
        return [
          langchain(`a${id}`, [at, at + takes], { ...rest, trace: `a${id}` }),
          client(`b${id}`, [at + 2, at + takes - 2], { ...rest, trace: `b${id}` }),
        ]
      })
      const told = tellStories(spans)
      for (const [index, { isFailed }] of calls.entries()) {
        const own = told.filter(({ requestSpanId }) =>
          requestSpanId.endsWith(`0a${(index + 1).toString(16)}`),
        )
        expect(own.map(({ outcome }) => outcome)).toEqual([isFailed ? 'failed' : 'ok'])
      }
      // And the client library's are part of them: there are as many of each.
      expect(told).toHaveLength(calls.length)
    }),
    { numRuns: 60 },
  )
})
