import { assert, expect, test } from 'vitest'

import { assembleStories } from '../../../../../analyzer/story/assemble.ts'
import type { Story } from '../../../../../analyzer/story/story.ts'
import {
  instrumentationRecordings,
  spansOfRecording,
} from '../../../../support/instrumentation-recordings.ts'

// What real libraries exported of calls that really went as the case says. A verdict is right where
// it says what happened, and `unknown` where the spans are those of another case, too.

/** Outcome and attempts of every request, as one line; in the order in which they began. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  'openinference healthy': ['openinference ok: ok'],
  'openinference healthy-whole': ['openinference ok: ok'],
  'openinference tools': ['openinference ok: ok'],
  'openinference cut-rst': ['openinference failed: stream-cut mid_stream'],
  'openinference error-event': ['openinference failed: error-event mid_stream'],
  'openinference left': ['openinference unknown: ok'],
  'openinference status-429': ['openinference failed: rate-limited 429 before_headers'],
  'openinference status-401': ['openinference failed: auth 401 before_headers'],
  // Three requests went out, and the span tells of the last.
  'openinference status-503-retries': ['openinference failed: overloaded 503 before_headers'],
  'openinference resp-healthy': ['openinference ok: ok'],
  'openinference resp-cut-fin': ['openinference failed: stream-cut unknown'],
  'openinference msg-healthy': ['openinference ok: ok'],
  'openinference msg-error': ['openinference failed: overloaded mid_stream'],
  'openinference msg-529': ['openinference failed: overloaded 529 before_headers'],
  'openinference msg-cut-fin': ['openinference failed: stream-cut mid_stream'],
  // LangChain's spans and the client library's are traces of their own: two views of one call.
  'openinference-langchain lc-rescued': [
    'openinference rescued: overloaded 503 before_headers, ok',
  ],
  'openinference-langchain lc-mid': ['openinference failed: error-event mid_stream'],
  'openinference-langchain lc-failed': [
    'openinference failed: overloaded 503 before_headers, overloaded 529 before_headers',
  ],
  'openllmetry healthy': ['gen-ai ok: ok'],
  'openllmetry healthy-whole': ['gen-ai ok: ok'],
  // It closes both with a status of OK.
  'openllmetry cut-rst': ['gen-ai unknown: ok'],
  'openllmetry left': ['gen-ai unknown: ok'],
  'openllmetry status-503': ['gen-ai failed: overloaded 503 before_headers'],
  'openllmetry resp-error': ['gen-ai failed: error-event unknown'],
  'opentelemetry-openai-v2 healthy': ['gen-ai ok: ok'],
  'opentelemetry-openai-v2 left': ['gen-ai unknown: ok'],
  'opentelemetry-openai-v2 cut-rst': ['gen-ai failed: connection unknown'],
  'opentelemetry-openai-v2 status-429': ['gen-ai failed: rate-limited 429 before_headers'],
  'ai-sdk whole': ['gen-ai ok: ok'],
  'ai-sdk stream': ['gen-ai ok: ok'],
  'ai-sdk retries-failed': ['gen-ai failed: untold unknown, untold unknown, untold unknown'],
  'ai-sdk error-event': ['gen-ai failed: error-event mid_stream'],
  'ai-sdk clean-end': ['gen-ai unknown: ok'],
  'ai-sdk left': [],
}

const RECORDINGS = instrumentationRecordings()

test('every recording is told, and nothing is expected of one that is not there', () => {
  const names = RECORDINGS.map((recording) => `${recording.library} ${recording.case}`)
  expect(names.toSorted()).toEqual(Object.keys(TOLD).toSorted())
})

test.each(RECORDINGS)('tells of $library, $case, what the spans tell', (recording) => {
  const stories = tell(spansOfRecording(recording))
  expect(stories.map(lineOf)).toEqual(TOLD[`${recording.library} ${recording.case}`])
})

test('the span of a client library below an instrumentation is the same call', () => {
  const [story] = tell(spansOf('openinference msg-healthy'))
  expect(story).toMatchObject({
    api: 'messages',
    stream: true,
    route: 'claude-sonnet-4-6',
    usage: { inputTokens: 5, outputTokens: 60 },
    client: { complete: true, errorShown: false },
  })
  expect(story?.attempts).toMatchObject([
    { provider: 'anthropic', endpoint: '127.0.0.1:8080', finishReasons: ['end_turn'] },
  ])
})

test('what was captured tells how much had come, and what was asked for', () => {
  const [broken] = tell(spansOf('openinference cut-rst'))
  expect(broken?.attempts[0]?.delivered?.chars).toBeGreaterThan(100)
  const [asked] = tell(spansOf('openinference tools'))
  expect(asked?.asked).toMatchObject({ messages: 2, lastRole: 'user', tools: 1, maxTokens: 300 })
})

test('a chain of fallbacks is one request, and its models are its routes', () => {
  const [story] = tell(spansOf('openinference-langchain lc-rescued'))
  assert(story !== undefined)
  expect(story.attempts).toMatchObject([
    { kind: 'initial', route: 'gpt-4o', status: 'failed' },
    { kind: 'fallback', route: 'gpt-4o-mini', status: 'ok' },
  ])
  expect(story.fallbacks.tried).toBe(true)
})

function spansOf(name: string) {
  const recording = RECORDINGS.find((one) => `${one.library} ${one.case}` === name)
  assert(recording !== undefined, `no recording of ${name}`)
  return spansOfRecording(recording)
}

function tell(spans: Parameters<typeof assembleStories>[0]['spans']): readonly Story[] {
  return assembleStories({ source: 'test', spans, routerConfig: undefined })
}

function lineOf({ dialect, outcome, attempts }: Story): string {
  const told = attempts.map(({ status, reason, statusCode, phase }) =>
    status === 'failed'
      ? [reason ?? 'untold', statusCode, phase].filter((part) => part !== undefined).join(' ')
      : status,
  )
  return `${dialect} ${outcome}: ${told.join(', ')}`
}
