import { describe, expect, test } from 'vitest'

import type { CompactSpan, CompactValue } from '../../../support/compact-span.ts'
import { tellStories } from '../../../support/tell-stories.ts'

// Spans as libraries and exporters write them that claim to keep to a convention: each is told
// rightly, as `unknown`, or not at all; what its client saw as an exception is never a success.

type Attributes = Readonly<Record<string, CompactValue>>

function span(attributes: Attributes, rest: Partial<CompactSpan> = {}): CompactSpan {
  return { id: 'a', name: 'x', ms: [0, 400], scope: 'app', attributes, ...rest }
}

function told(spans: readonly CompactSpan[]): readonly string[] {
  return tellStories(spans).map(({ outcome, attempts }) =>
    [outcome, ...attempts.map(({ status, reason }) => reason ?? status)].join(' '),
  )
}

function raised(type: string, message: string): Partial<CompactSpan> {
  return {
    status: 'error',
    events: [
      {
        name: 'exception',
        ms: 390,
        attributes: { 'exception.type': type, 'exception.message': message },
      },
    ],
  }
}

const CHAT = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' } as const

const step = (id: string, kind: string, parent?: string) =>
  span(
    {
      'traceloop.span.kind': kind,
      'traceloop.entity.name': kind,
      'gen_ai.system': 'Langchain',
    },
    { id, scope: 'opentelemetry.instrumentation.langchain@0.62.4', ...(parent && { parent }) },
  )
const chat = (id: string, parent: string) =>
  span(
    {
      'gen_ai.system': 'OpenAI',
      'llm.request.type': 'chat',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.completion.0.finish_reason': 'stop',
      'traceloop.workflow.name': 'workflow',
    },
    { id, parent, scope: 'opentelemetry.instrumentation.langchain@0.62.4' },
  )

const run = (kind: string, operation: string, more: Attributes = {}): Attributes => ({
  'langsmith.span.kind': kind,
  'gen_ai.operation.name': operation,
  'gen_ai.system': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  ...more,
})

const sdk = (id: string, operation: string, more: Attributes = {}): CompactSpan =>
  span(
    {
      'ai.operationId': operation,
      'ai.model.id': 'gpt-4o',
      'ai.model.provider': 'openai.chat',
      ...more,
    },
    { id, scope: 'ai', name: operation, ...(id !== 'a' && { parent: 'a' }) },
  )

describe('the convention', () => {
  const streamed = { ...CHAT, 'gen_ai.provider.name': 'openai', 'gen_ai.request.stream': true }

  test.each<[string, Attributes, string]>([
    ['a stream with its end', { 'gen_ai.response.finish_reasons': ['stop'] }, 'ok ok'],
    ['one without', {}, 'unknown ok'],
    ['one that began', { 'gen_ai.response.time_to_first_chunk': 0.2 }, 'unknown ok'],
    [
      'one that ended early',
      { 'gen_ai.response.finish_reasons': ['error'] },
      'failed missing-terminal',
    ],
    ['a status as its error', { 'error.type': '429' }, 'failed rate-limited'],
    [
      'a class as its error',
      { 'error.type': 'com.openai.errors.RateLimitException' },
      'failed rate-limited',
    ],
    ['a word as its error', { 'error.type': 'timeout' }, 'failed timeout-total'],
    ['an error without a word', { 'error.type': '_OTHER' }, 'failed failed'],
    [
      'an error behind all of its tokens',
      { 'error.type': 'ModelStreamErrorException', 'gen_ai.usage.output_tokens': 80 },
      'failed error-event',
    ],
  ])('%s', (_, more, expected) => {
    expect(told([span({ ...streamed, ...more })])).toEqual([expected])
  })

  test('its error without a status is nothing that was passed off as an answer', () => {
    const [story] = tellStories([span({ ...streamed, 'error.type': 'APIError' })])
    expect(story?.client).toMatchObject({ complete: false, errorShown: 'unknown' })
  })

  test.each(['fetch_response', 'invoke_workflow', 'plan', 'search_memory', 'embeddings'])(
    '%s is no request of a model’s answer',
    (operation) => {
      expect(told([span({ ...CHAT, 'gen_ai.operation.name': operation })])).toEqual([])
    },
  )

  test('an exception behind the tokens leaves open how the answer ended', () => {
    const usage = { ...CHAT, 'gen_ai.usage.input_tokens': 9, 'gen_ai.usage.output_tokens': 40 }
    expect(told([span(usage)])).toEqual(['ok ok'])
    expect(told([span(usage, { ...raised('ValueError', 'x'), status: 'unset' })])).toEqual([
      'unknown ok',
    ])
  })

  test('the tokens that Anthropic announces first are no end of an answer', () => {
    const begun = {
      ...CHAT,
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.usage.input_tokens': 9,
      'gen_ai.usage.output_tokens': 8,
    }
    expect(told([span(begun)])).toEqual(['unknown ok'])
    expect(told([span({ ...begun, 'gen_ai.response.finish_reasons': ['end_turn'] })])).toEqual([
      'ok ok',
    ])
  })
})

describe('OpenLLMetry', () => {
  const scope = 'opentelemetry.instrumentation.openai.v1@0.62.4'
  const stream = {
    ...CHAT,
    'gen_ai.is_streaming': true,
    'gen_ai.usage.input_tokens': 9,
    'gen_ai.usage.output_tokens': 41,
  }

  test('tokens that it may have counted itself are no end of a stream', () => {
    expect(told([span(stream, { scope, status: 'ok' })])).toEqual(['unknown ok'])
    const whole = { ...stream, 'gen_ai.response.finish_reasons': ['stop'] }
    expect(told([span(whole, { scope, status: 'ok' })])).toEqual(['ok ok'])
  })

  test('a workflow and its tasks are no requests, and what they ask for is', () => {
    expect(
      told([step('a', 'workflow'), step('b', 'task', 'a'), chat('c', 'b'), chat('d', 'b')]),
    ).toEqual(['ok ok', 'ok ok'])
  })
})

describe('LangSmith’s exporter', () => {
  const scope = 'langsmith@0.8.9'
  test('a model’s run is a request; a prompt template’s, which it calls chat too, is none', () => {
    const usage = { 'gen_ai.usage.input_tokens': 9, 'gen_ai.usage.output_tokens': 40 }
    expect(
      told([
        span(run('chain', 'chain'), { id: 'a', scope, status: 'ok' }),
        span(run('prompt', 'chat'), { id: 'b', parent: 'a', scope, status: 'ok' }),
        span(run('llm', 'chat', usage), { id: 'c', parent: 'a', scope, status: 'ok' }),
      ]),
    ).toEqual(['ok ok'])
  })

  test('its OK is no end of a stream', () => {
    const streamed = run('llm', 'chat', { 'langsmith.request.streaming': true })
    expect(told([span(streamed, { scope, status: 'ok' })])).toEqual(['unknown ok'])
  })

  test.each([
    [
      'APIError(\'Overloaded\')Traceback (most recent call last):\n  File "x.py"',
      'failed error-event',
    ],
    ['RateLimitError("Error code: 429 - slow down")', 'failed rate-limited'],
    ['GeneratorExit()', 'cancelled client-aborted'],
  ])('an exception of no class of its own is told by its words: %s', (message, expected) => {
    const failed = span(run('llm', 'chat'), { scope, ...raised('Exception', message) })
    expect(told([failed])).toEqual([expected])
    expect(tellStories([failed])[0]?.attempts[0]?.message).not.toContain('Traceback')
  })
})

describe('Langfuse', () => {
  const scope = 'langfuse-sdk@4.2.0'
  const own = { 'langfuse.observation.type': 'generation', 'langfuse.observation.model.name': 'm' }
  const claimed = {
    'gen_ai.system': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.output_tokens': 40,
  }

  test('what does not claim to keep to the convention is not told', () => {
    expect(told([span(own, { scope })])).toEqual([])
  })

  test('a generation that does is a request, and another observation is none', () => {
    expect(told([span({ ...own, ...claimed }, { scope })])).toEqual(['ok ok'])
    for (const type of ['agent', 'span', 'embedding', 'evaluator']) {
      const other = { ...own, ...claimed, 'langfuse.observation.type': type }
      expect(told([span(other, { scope })])).toEqual([])
    }
  })
})

describe('the AI SDK', () => {
  test('an operation with the stream below it is one request', () => {
    const end = { 'ai.response.finishReason': 'stop', 'ai.usage.outputTokens': 60 }
    expect(told([sdk('a', 'ai.streamText', end), sdk('b', 'ai.streamText.doStream', end)])).toEqual(
      ['ok ok'],
    )
  })

  test('a stream without its reason may have been left or cut', () => {
    const end = { 'ai.response.finishReason': 'unknown' }
    expect(told([sdk('a', 'ai.streamText', end), sdk('b', 'ai.streamText.doStream', end)])).toEqual(
      ['unknown ok'],
    )
  })

  test('its newest release writes the convention: an agent around, and each call a request', () => {
    const agent = span(
      { 'gen_ai.operation.name': 'invoke_agent' },
      { id: 'a', scope: '@ai-sdk/otel' },
    )
    const end = { ...CHAT, 'gen_ai.response.finish_reasons': ['tool_calls'] }
    const calls = ['b', 'c'].map((id) => span(end, { id, parent: 'a', scope: '@ai-sdk/otel' }))
    expect(told([agent, ...calls])).toEqual(['ok ok', 'ok ok'])
  })
})

test('LangChain’s word for streaming is the model’s setting: a clean end may have been too early', () => {
  const attributes = {
    'openinference.span.kind': 'LLM',
    'llm.model_name': 'gpt-4o',
    'llm.invocation_parameters': '{"model": "gpt-4o", "stream": false}',
  }
  const scope = 'openinference.instrumentation.langchain@0.1.80'
  expect(tellStories([span(attributes, { scope, status: 'ok' })])).toMatchObject([
    { stream: 'unknown', indistinguishable: true, client: { complete: 'unknown' } },
  ])
  const library = 'openinference.instrumentation.openai@0.1.66'
  expect(tellStories([span(attributes, { scope: library, status: 'ok' })])).toMatchObject([
    { stream: false, client: { complete: true } },
  ])
})
