import { expect, test } from 'vitest'

import { judge } from '../../../../../analyzer/rules/judge.ts'
import type { CompactSpan } from '../../../../support/compact-span.ts'
import { tellStories, tellStory } from '../../../../support/tell-stories.ts'

// What applications meet in production and no library was recorded with: each verdict was decided
// before the spans were read.

type Attributes = NonNullable<CompactSpan['attributes']>

function chat(id: string, attributes: Attributes, more: Partial<CompactSpan> = {}): CompactSpan {
  return {
    name: 'chat gpt-4o',
    id,
    kind: 'client',
    ms: [Number.parseInt(id, 16) * 1000, Number.parseInt(id, 16) * 1000 + 900],
    scope: 'opentelemetry.instrumentation.openai_v2',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      ...attributes,
    },
    ...more,
  }
}

const failed = (id: string, attributes: Attributes, more: Partial<CompactSpan> = {}): CompactSpan =>
  chat(id, attributes, { status: 'error', ...more })

const rulesOf = (spans: readonly CompactSpan[]): readonly string[] =>
  tellStories(spans).flatMap((story) => judge(story).map(({ rule }) => rule))

const WHOLE = { 'gen_ai.response.finish_reasons': ['stop'], 'gen_ai.usage.output_tokens': 12 }

test.each([
  ['nothing tells that it was a stream', {}, 'timeout-total'],
  ['it was none', { 'gen_ai.request.stream': false }, 'timeout-total'],
  ['it was one', { 'gen_ai.request.stream': true }, 'timeout-idle'],
])('a client library’s time-out is no stall unless a stream began: %s', (_, asked, reason) => {
  const spans = [failed('1', { ...asked, 'error.type': 'openai.APITimeoutError' })]
  expect(tellStory(spans).attempts).toMatchObject([{ reason }])
  expect(rulesOf(spans).includes('stream-stalled')).toBe(reason === 'timeout-idle')
})

test.each(['length', 'content_filter', 'tool_calls', 'max_tokens'])(
  'an answer that ended with %s is whole',
  (word) => {
    const spans = [chat('1', { ...WHOLE, 'gen_ai.response.finish_reasons': [word] })]
    expect(tellStory(spans).outcome).toBe('ok')
    expect(rulesOf(spans)).toEqual([])
  },
)

test('an agent that calls its tools asks a request at a time', () => {
  const agent: CompactSpan = {
    name: 'invoke_agent planner',
    id: 'a',
    ms: [0, 9000],
    scope: 'agent',
    attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.provider.name': 'openai' },
  }
  const tool: CompactSpan = {
    name: 'execute_tool search',
    id: 'b',
    parent: 'a',
    ms: [2000, 2500],
    status: 'error',
    scope: 'agent',
    attributes: { 'gen_ai.operation.name': 'execute_tool', 'error.type': 'KeyError' },
  }
  const spans = [
    agent,
    tool,
    chat('1', { ...WHOLE, 'gen_ai.response.finish_reasons': ['tool_calls'] }, { parent: 'a' }),
    chat('3', WHOLE, { parent: 'a' }),
  ]
  expect(tellStories(spans).map(({ outcome }) => outcome)).toEqual(['ok', 'ok'])
  expect(rulesOf(spans)).toEqual([])
})

test('an application’s own second try is a request of its own', () => {
  const spans = [
    failed('1', { 'error.type': '429', 'http.response.status_code': 429 }),
    chat('3', WHOLE),
  ]
  expect(tellStories(spans).map(({ outcome }) => outcome)).toEqual(['failed', 'ok'])
})

test.each([
  ['aws.bedrock', { 'error.type': 'ThrottlingException', 'http.response.status_code': 429 }],
  ['azure.ai.openai', { 'error.type': 'openai.RateLimitError' }],
  ['gcp.vertex_ai', { 'error.type': '429', 'http.response.status_code': 429 }],
])('a limit of %s is one, whatever it is called', (provider, error) => {
  const spans = [failed('1', { 'gen_ai.provider.name': provider, ...error })]
  expect(tellStory(spans).attempts).toMatchObject([{ reason: 'rate-limited', provider }])
})

test('an error that no list has stays unnamed', () => {
  const spans = [failed('1', { 'error.type': 'ClientError' })]
  const story = tellStory(spans)
  expect(story.attempts[0]?.reason).toBeUndefined()
  expect(rulesOf(spans)).toEqual(['failure-unclassified'])
})

test('an embedding is no request', () => {
  const embedding = chat('1', { 'gen_ai.operation.name': 'embeddings' })
  expect(tellStories([embedding])).toEqual([])
})

test('the same export twice is one request', () => {
  const spans = [chat('1', WHOLE), chat('1', WHOLE)]
  expect(tellStories(spans)).toHaveLength(1)
})

test('a task that was cancelled is no failure', () => {
  const spans = [failed('1', { 'error.type': 'asyncio.exceptions.CancelledError' })]
  expect(tellStory(spans).outcome).toBe('cancelled')
  expect(rulesOf(spans)).toEqual([])
})

test('a stream without its usage and its reason may have ended anyhow', () => {
  expect(tellStory([chat('1', { 'gen_ai.request.stream': true })]).outcome).toBe('unknown')
})
