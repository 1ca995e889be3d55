import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { OUTCOMES } from '../../../collector/vocabulary.ts'
import { judge } from '../../../analyzer/rules/judge.ts'
import { assembleStories } from '../../../analyzer/story/assemble.ts'
import { parseRouterConfig } from '../../../analyzer/story/router-config.ts'
import { neighboursOf } from '../../../analyzer/story/settle.ts'
import type { AttributeValue, Span } from '../../../analyzer/story/span.ts'

/** Spans are hostile input (invariant I11), and their order says nothing (I8). */
const hex = (digits: number): fc.Arbitrary<string> =>
  fc.constantFrom('0', '1', '2', '3').map((digit) => digit.repeat(digits))

const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.constantFrom(
    'openai/a',
    'a',
    'b',
    'True',
    'aresponses',
    'acompletion',
    '/v1/chat/completions',
    'async_get_available_deployment',
    'APIError',
    "x. Received Model Group=a\nAvailable Model Group Fallbacks=['b']\nError doing the fallback: y",
    '{"secondwindShape":1,"roles":["user"],"messages":1,"__proto__":{"x":1}}',
  ),
  fc.string({ maxLength: 20 }),
  fc.double(),
  fc.bigInt({ min: -5n, max: 600n }),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 3 }),
  fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }),
)

const KEYS = [
  'gen_ai.request.model',
  'gen_ai.operation.name',
  'gen_ai.response.finish_reasons',
  'gen_ai.response.time_to_first_chunk',
  'gen_ai.usage.output_tokens',
  'gen_ai.input.messages',
  'litellm.call_id',
  'litellm.model_group',
  'litellm.provider.model',
  'litellm.deployment.model_group',
  'llm.openai.messages',
  'llm.is_streaming',
  'hidden_params',
  'http.status_code',
  'http.route',
  'error.type',
  'error.code',
  'error.message',
  'exception',
  'exception.type',
  'exception.message',
  'exception.stacktrace',
  'call_type',
  '__proto__',
  'constructor',
]

const attributes = fc
  .array(fc.tuple(fc.constantFrom(...KEYS), value), { maxLength: 8 })
  .map((entries) => new Map(entries))

const span: fc.Arbitrary<Span> = fc.record({
  traceId: hex(32),
  spanId: fc.integer({ min: 1, max: 12 }).map((id) => id.toString(16).padStart(16, '0')),
  parentSpanId: fc.oneof(
    fc.constant(''),
    fc.integer({ min: 1, max: 14 }).map((id) => id.toString(16).padStart(16, '0')),
  ),
  name: fc.constantFrom(
    'Received Proxy Server Request',
    'Failed Proxy Server Request',
    'litellm_request',
    'raw_gen_ai_request',
    'auth',
    'auth /v1/responses',
    'proxy_pre_call',
    'self',
    'router',
    'route a',
    'chat a',
    'POST /v1/messages',
    'checkout',
  ),
  kind: fc.constantFrom('server', 'client', 'internal', 'unspecified'),
  startTimeNs: fc.bigInt({ min: 1n, max: 3_000_000_000n }),
  endTimeNs: fc.bigInt({ min: 1n, max: 3_000_000_000n }),
  status: fc.record({
    code: fc.constantFrom('unset', 'ok', 'error'),
    message: fc.constantFrom('', 'a'),
  }),
  attributes,
  events: fc.array(
    fc.record({
      name: fc.constantFrom('exception', 'litellm.request.deployment_selected'),
      timeNs: fc.bigInt({ min: 1n, max: 3_000_000_000n }),
      attributes,
    }),
    { maxLength: 2 },
  ),
  scope: fc.record({
    name: fc.constantFrom('litellm', 'fastapi', 'opentelemetry.instrumentation.fastapi', 'app'),
    version: fc.constantFrom('', '1.90.7', '1.97.0', '1.109.1', '1.', 'x'),
  }),
  resource: attributes,
})

const CONFIG = parseRouterConfig({
  model_list: [
    { model_name: 'a', litellm_params: { model: 'openai/a' } },
    { model_name: 'b', litellm_params: { model: 'openai/b' } },
  ],
  router_settings: { fallbacks: [{ a: ['b'] }], num_retries: 0 },
})

test('whatever the spans are, they are told, judged, and told the same in any order', () => {
  fc.assert(
    fc.property(fc.array(span, { maxLength: 24 }), fc.boolean(), (spans, configured) => {
      const routerConfig = configured ? CONFIG : undefined
      // One id is one span; which of two different ones holds is not the order's business either.
      const unique = [
        ...new Map(spans.map((one) => [`${one.traceId} ${one.spanId}`, one])).values(),
      ]
      const stories = assembleStories({ source: 's', spans: unique, routerConfig })
      neighboursOf(unique)
      for (const story of stories) {
        expect(OUTCOMES).toContain(story.outcome)
        for (const finding of judge(story)) expect(finding.summary).not.toBe('')
      }
      expect(
        assembleStories({
          source: 's',
          spans: [...unique.toReversed(), ...unique],
          routerConfig,
        }),
      ).toEqual(stories)
      expect(new Set(stories.map((story) => story.id)).size).toBe(stories.length)
    }),
    { numRuns: 1500 },
  )
})
