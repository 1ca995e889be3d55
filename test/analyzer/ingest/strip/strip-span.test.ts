import { inspect } from 'node:util'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { KEYS_BY_SPAN } from '../../../../collector/vocabulary.ts'
import { OtlpDecoder } from '../../../../analyzer/ingest/decode-otlp.ts'
import { DECODE_NOTES } from '../../../../analyzer/ingest/otlp/decoded.ts'
import { ProtobufReader, WIRE_BYTES } from '../../../../analyzer/ingest/otlp/protobuf-reader.ts'
import { ProtobufWriter } from '../../../../analyzer/ingest/otlp/protobuf-writer.ts'
import type { AttributeValue } from '../../../../analyzer/story/span.ts'
import { stripSpans } from '../../../support/decode-spans.ts'
import { encodeContext, encodeSpan } from '../../../support/encode-span.ts'
import {
  instrumentationRecordings,
  spansOfRecording,
} from '../../../support/instrumentation-recordings.ts'
import { buildSpan, protobufRequest } from '../../../support/otlp.ts'
import { stripByObject } from '../../../support/strip-by-object.ts'

const salt = Buffer.from('salt of this test')
const CANARY = 'The crimson heron hides seven umbrellas'
const KEY = 'sk-CANARY-0123456789abcdef'

function strip(attributes: Readonly<Record<string, AttributeValue>>): Record<string, unknown> {
  const [stripped] = stripSpans([buildSpan({ attributes })], salt)
  return Object.fromEntries(stripped?.attributes ?? [])
}

function shape(key: string, value: AttributeValue): Record<string, unknown> {
  return JSON.parse(String(strip({ [key]: value })[key])) as Record<string, unknown>
}

const chat = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: CANARY },
  { role: 'assistant', content: 'Half an ans' },
]
const python = `[{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': '${CANARY}'}, {'role': 'assistant', 'content': 'Half an ans', 'prefix': True}]`
const parts = chat.map(({ role, content }) => ({ role, parts: [{ type: 'text', content }] }))

test('messages become their shape, whatever notation they came in', () => {
  const expected = {
    secondwindShape: 1,
    roles: ['system', 'user', 'assistant'],
    messages: 3,
    lastRole: 'assistant',
    prefill: true,
    lengths: [9, CANARY.length, 11],
  }
  for (const [key, value] of [
    ['gen_ai.input.messages', JSON.stringify(chat)],
    ['gen_ai.input.messages', JSON.stringify(parts)],
    ['llm.openai.messages', python],
    ['llm.None.messages', python],
    ['llm.some_new_provider.messages', JSON.stringify(chat)],
    ['input.value', JSON.stringify({ messages: chat, model: 'm' })],
    ['traceloop.entity.input', JSON.stringify({ messages: chat })],
  ] as const) {
    expect(shape(key, value)).toMatchObject(expected)
  }
})

test('structured messages become the same shape as messages in text', () => {
  const structured = chat.map((message) => new Map<string, AttributeValue>(Object.entries(message)))
  expect(shape('gen_ai.input.messages', structured)).toEqual(
    shape('gen_ai.input.messages', JSON.stringify(chat)),
  )
})

test('the first user message has one hash in every notation, and another with another salt', () => {
  const hashes = [JSON.stringify(chat), JSON.stringify(parts), python].map(
    (value) => shape('gen_ai.input.messages', value)['firstUserHash'],
  )
  const responses = JSON.stringify([
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: CANARY }] },
  ])
  expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/u)
  expect(new Set([...hashes, shape('llm.None.input', responses)['firstUserHash']])).toHaveLength(1)
  expect(shape('llm.openai.input', CANARY)['firstUserHash']).toBe(hashes[0])
  const [other] = stripSpans(
    [buildSpan({ attributes: { 'gen_ai.input.messages': JSON.stringify(chat) } })],
    Buffer.from('another'),
  )
  expect(other?.attributes.get('gen_ai.input.messages')).not.toContain(hashes[0])
})

test('a Responses continuation keeps its order of roles', () => {
  const input = `[{'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': 'a'}]}, {'type': 'function_call', 'name': 'f', 'arguments': '{}'}, {'type': 'function_call_output', 'output': 'bc'}, {'type': 'message', 'role': 'developer', 'content': 'd\\'e'}]`
  expect(shape('llm.None.input', input)).toMatchObject({
    roles: ['user', 'assistant', 'tool', 'developer'],
    lengths: [1, 2, 2, 3],
    lastRole: 'developer',
    prefill: false,
    toolCalls: 1,
  })
})

test('an answer is no prefill, and its tool calls are counted', () => {
  const answer = [
    { role: 'assistant', parts: [{ type: 'tool_call', name: 'f', arguments: '{"city":"Paris"}' }] },
  ]
  expect(shape('gen_ai.output.messages', JSON.stringify(answer))).toMatchObject({
    roles: ['assistant'],
    prefill: false,
    lengths: [16],
    toolCalls: 1,
  })
  expect(
    shape(
      'llm.openai.choices',
      `[{'index': 0, 'message': {'role': 'assistant', 'content': 'abc'}}]`,
    ),
  ).toMatchObject({ roles: ['assistant'], lengths: [3] })
})

test('a message list that a length limit cut says nothing about its last role', () => {
  expect(shape('gen_ai.input.messages', JSON.stringify(chat).slice(0, -20))).toMatchObject({
    roles: [],
    messages: 0,
    lastRole: '',
    prefill: false,
  })
})

test('a long conversation keeps the roles of its end', () => {
  const long = Array.from({ length: 100 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: 'x',
  }))
  const result = shape('gen_ai.input.messages', JSON.stringify(long))
  expect(result).toMatchObject({ messages: 100, lastRole: 'assistant' })
  expect(result['roles']).toHaveLength(64)
})

test('a role that is no role is not stored', () => {
  const stripped = strip({
    'gen_ai.input.messages': JSON.stringify([{ role: CANARY, content: '' }]),
  })
  expect(stripped['gen_ai.input.messages']).toContain('"other"')
})

/** Every place where some sender puts content; the value is the canary in that place's notation. */
const PLACES: Readonly<Record<string, AttributeValue>> = {
  'gen_ai.input.messages': JSON.stringify(chat),
  'gen_ai.output.messages': JSON.stringify(chat),
  'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: CANARY }]),
  'gen_ai.prompt': CANARY,
  'gen_ai.completion': CANARY,
  'gen_ai.prompt.0.content': CANARY,
  'gen_ai.completion.0.content': CANARY,
  'gen_ai.completion.0.function_call.arguments': `{"q":"${CANARY}"}`,
  'gen_ai.tool.0.description': CANARY,
  'gen_ai.tool.definitions': `[{"description":"${CANARY}"}]`,
  'gen_ai.tool.call.arguments': CANARY,
  'gen_ai.tool.call.result': CANARY,
  'gen_ai.request.stop_sequences': [CANARY],
  'gen_ai.a_key_of_the_future': CANARY,
  'llm.openai.messages': python,
  'llm.openai.messages_of_the_future': CANARY,
  'llm.None.input': CANARY,
  'llm.anthropic.system': `[{'type': 'text', 'text': '${CANARY}'}]`,
  'llm.anthropic.content': `[{'type': 'text', 'text': '${CANARY}'}]`,
  'llm.openai.choices': `[{'message': {'content': '${CANARY}'}}]`,
  'llm.openai.extra_body': `{'metadata': {'note': '${CANARY}'}}`,
  'llm.openai.metadata': `{'model_group': 'g', 'note': '${CANARY}'}`,
  'llm.openai.model': CANARY,
  'llm.openai.tools': `[{'description': '${CANARY}'}]`,
  'llm.input_messages.0.message.content': CANARY,
  'llm.input_messages.0.message.contents.0.message_content.text': CANARY,
  'llm.output_messages.0.message.content': CANARY,
  'llm.output_messages.0.message.contents.0.message_content.text': CANARY,
  'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': CANARY,
  'llm.tools.0.tool.json_schema': `{"description":"${CANARY}"}`,
  'retrieval.documents.0.document.content': CANARY,
  'embedding.embeddings.0.embedding.text': CANARY,
  'annotations.0.annotation.explanation': CANARY,
  'tool.parameters': `{"q":"${CANARY}"}`,
  tool_response: CANARY,
  'gcp.vertex.agent.tool_call_args': CANARY,
  'gcp.vertex.agent.llm_request': CANARY,
  'traceloop.association.properties.note': CANARY,
  'llm.prompt_template.template': CANARY,
  'llm.invocation_parameters': `{"stop":"${CANARY}"}`,
  'input.value': CANARY,
  'output.value': CANARY,
  'traceloop.entity.input': `{"inputs":{"q":"${CANARY}"}}`,
  'traceloop.entity.output': CANARY,
  'ai.prompt': CANARY,
  'ai.prompt.messages': JSON.stringify(chat),
  'ai.response.text': CANARY,
  'ai.response.object': `{"answer":"${CANARY}"}`,
  'ai.response.toolCalls': `[{"args":"${CANARY}"}]`,
  'ai.toolCall.args': CANARY,
  'ai.toolCall.result': CANARY,
  'ai.telemetry.metadata.note': CANARY,
  'metadata.spend_logs_metadata': `{'note': '${CANARY}'}`,
  'metadata.requester_metadata': `{'trace_id': 't', 'prompt': '${CANARY}', 'headers': {'x': '${CANARY}'}}`,
  'metadata.prompt_management_metadata': CANARY,
  'metadata.anything': CANARY,
  hidden_params: `{"model_id": "m", "original_response": "${CANARY}"}`,
  'metadata.usage_object': `{'total_tokens': 3, 'note': '${CANARY}'}`,
  'litellm.metadata.note': CANARY,
  'litellm.key_of_the_future': CANARY,
  'langfuse.trace.input': CANARY,
  'secondwind.not_of_ours': CANARY,
  'http.request.body': CANARY,
  'http.request.header.x-note': [CANARY],
  'app.user_prompt': CANARY,
  'app.request.body': CANARY,
  'app.anything': JSON.stringify(chat),
  'app.nested': new Map<string, AttributeValue>([['prompt', CANARY]]),
  'app.debug': `{"prompt": "${CANARY}", "n": 1}`,
  'error.message': `BadRequestError: {'input': [{'role': 'user', 'content': '${CANARY}'}]}`,
  exception: `refused: {"messages": [{"role": "user", "content": "${CANARY}"}]}`,
  'error.stack_trace': `Traceback\n  File "a.py", line 1, in f\n    f(prompt="${CANARY}")\nValueError: ${CANARY}`,
  'url.query': `q=${CANARY}`,
  'url.full': `https://u:p@host/path?q=${CANARY}`,
  'process.command_args': [`--prompt=${CANARY}`],
  'binary.payload': Buffer.from(CANARY),
}

test.each(Object.entries(PLACES))('no content is left of %s', (key, value) => {
  const span = buildSpan({
    attributes: { [key]: value },
    resource: { [key]: value },
    events: [
      { name: 'gen_ai.content.prompt', timeNs: 1n, attributes: new Map([[key, value]]) },
      { name: 'exception', timeNs: 1n, attributes: new Map([[key, value]]) },
    ],
  })
  for (const stripped of stripSpans([span], salt)) {
    const bytes = Buffer.concat([encodeSpan(stripped), encodeContext(stripped)]).toString('latin1')
    expect(bytes).not.toContain(CANARY)
    expect(bytes).not.toContain('umbrellas')
    // The key stays: that it was there can tell a release from another.
    expect(stripped.attributes.has(key)).toBe(true)
  }
})

test('content events lose their content under bare keys', () => {
  const event = {
    name: 'gen_ai.user.message',
    timeNs: 1n,
    attributes: new Map([
      ['content', CANARY],
      ['note', CANARY],
      ['role', 'user'],
    ]),
  }
  const [stripped] = stripSpans([buildSpan({ events: [event] })], salt)
  const attributes = stripped?.events[0]?.attributes
  expect(attributes?.get('role')).toBe('user')
  expect(JSON.stringify([...(attributes?.values() ?? [])])).not.toContain('umbrellas')
})

test('what dialects need survives as it is', () => {
  const structural: Readonly<Record<string, AttributeValue>> = {
    'gen_ai.request.model': 'claude-sonnet-4-6',
    'gen_ai.response.model': 'gpt-4o',
    'gen_ai.response.finish_reasons': '["stop"]',
    'gen_ai.response.time_to_first_chunk': -0.024,
    'gen_ai.usage.input_tokens': 11,
    'gen_ai.operation.name': 'acompletion',
    'gen_ai.system': 'anthropic',
    'gen_ai.completion.0.function_call.name': 'get_weather',
    'llm.openai.model': 'gpt-4.1-mini',
    'llm.None.stream': 'true',
    'llm.anthropic.stop_reason': 'end_turn',
    'llm.is_streaming': 'True',
    'llm.request.type': 'anthropic_messages',
    'litellm.call_id': '44cd698f-4baa-4fa1-989e-b2493fc230a1',
    'litellm.model_group': 'claude-primary',
    'litellm.provider.model': 'anthropic/claude-sonnet-4-6',
    'litellm.call_type': 'aresponses',
    'litellm.request.streaming': true,
    'litellm.deployment.reason': 'fallback',
    'litellm.provider.error.code': 'server_error',
    'metadata.user_api_key_team_alias': 'Team Blue',
    'metadata.user_api_key_hash': 'litellm_proxy_master_key',
    'metadata.routing_decision': '',
    'http.status_code': 200,
    'http.target': '/v1/messages',
    'error.type': 'APIConnectionError',
    'error.message': 'litellm.InternalServerError: AnthropicError - Overloaded',
    call_type: 'post <- track_llm_api_timing',
    service: 'router',
    'shop.cart_id': 'cart-42',
  }
  expect(strip(structural)).toEqual(structural)
})

test('every key of our own vocabulary keeps its value', () => {
  for (const key of new Set(Object.values(KEYS_BY_SPAN).flat())) {
    expect(strip({ [key]: 'claude-fallback' })).toEqual({ [key]: 'claude-fallback' })
  }
})

test('the objects of LiteLLM keep what tells of routing, as JSON', () => {
  const stripped = strip({
    hidden_params:
      '{"model_id": "claude-fallback-id", "cache_key": "k", "api_base": "http://h/v1/messages", "response_cost": 0.0, "additional_headers": {"x-litellm-attempted-fallbacks": 1, "set-cookie": "c"}}',
    'metadata.usage_object':
      "{'completion_tokens': 10, 'completion_tokens_details': {'text_tokens': 1, 'audio_tokens': None}}",
    'llm.openai.metadata': "{'model_group': 'gpt-fallback'}",
    'llm.openai.stream_options': "{'include_usage': True}",
  })
  expect(Object.values(stripped).map((text) => JSON.parse(String(text)) as unknown)).toEqual([
    {
      model_id: 'claude-fallback-id',
      api_base: 'http://h/v1/messages',
      response_cost: 0,
      additional_headers: { 'x-litellm-attempted-fallbacks': 1 },
    },
    { completion_tokens: 10, completion_tokens_details: { text_tokens: 1, audio_tokens: null } },
    { model_group: 'gpt-fallback' },
    { include_usage: true },
  ])
})

test('tools are counted and not described', () => {
  const tools = `[{'type': 'function', 'name': 'a', 'description': 'x'}, {'name': 'b'}]`
  expect(shape('llm.openai.tools', tools)).toMatchObject({ messages: 2 })
})

test('a hash of a key is salted, because a short key could be found by trying', () => {
  const hash = 'f329b5e699a063ab2fae0b2fb578905448329efae11b0a4113b6e8cafe53b6fa'
  const { 'litellm.api_key.hash': a, 'metadata.user_api_key_hash': b } = strip({
    'litellm.api_key.hash': hash,
    'metadata.user_api_key_hash': hash,
  })
  expect(a).toMatch(/^[0-9a-f]{16}$/u)
  expect(b).toBe(a)
})

test.each([
  `Incorrect API key provided: ${KEY}.`,
  `headers={'Authorization': 'Bearer abc.def-ghi_jkl'}`,
  'x-api-key: abcdef123456',
  '{"api_key": "abcdef123456"}',
  'https://user:hunter22@host/path',
  'GET /v1?key=AIzaSyA-1234567890123456789012345678901',
  'token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdef',
  'AKIAIOSFODNN7EXAMPLE',
])('a credential in an error text is scrubbed: %s', (text) => {
  const secrets = /CANARY|abc\.def|abcdef123456|hunter22|AIza|eyJ|AKIA/u
  const [stripped] = stripSpans(
    [
      buildSpan({
        status: { code: 'error', message: text },
        attributes: { 'error.message': text, 'app.note': text, 'gen_ai.request.model': text },
        events: [
          { name: 'exception', timeNs: 1n, attributes: new Map([['exception.message', text]]) },
        ],
      }),
    ],
    salt,
  )
  const bytes = stripped === undefined ? '' : encodeSpan(stripped).toString('latin1')
  expect(bytes).toContain('[redacted]')
  expect(bytes).not.toMatch(secrets)
})

test('a stack trace keeps its frames only', () => {
  const trace = [
    'Traceback (most recent call last):',
    '  File "/app/litellm/utils.py", line 2432, in wrapper_async',
    '    result = await original_function(*args)',
    '             ^^^^^^^^^^^^^^^^^',
    '  File "/app/litellm/main.py", line 981, in acompletion',
    'httpx.ReadError: secret thing',
  ].join('\n')
  expect(strip({ 'exception.stacktrace': trace })['exception.stacktrace']).toBe(
    '  File "/app/litellm/utils.py", line 2432, in wrapper_async\n  File "/app/litellm/main.py", line 981, in acompletion',
  )
})

test('long values are cut, and long error texts keep their beginning', () => {
  const stripped = strip({ 'error.message': 'e'.repeat(100_000), 'app.note': 'n'.repeat(100_000) })
  expect(String(stripped['error.message'])).toHaveLength(32 * 1024)
  expect(String(stripped['app.note'])).toHaveLength(32 * 1024)
})

test('no text under a risky key survives, whatever it looks like', () => {
  const keys = ['gen_ai.unknown', 'llm.openai.messages', 'gen_ai.input.messages', 'input.value']
  fc.assert(
    fc.property(
      fc.constantFrom(...keys),
      fc.constantFrom(
        '',
        '[',
        '{',
        '"',
        "'",
        "[{'role': '",
        '[{"role": "user", "content": "',
        "b'",
      ),
      fc.constantFrom('', ']', '}', '"', "'", "'}]", '"}]', '\\'),
      (key, before, after) => {
        expect(strip({ [key]: `${before}${CANARY}${after}` })[key]).not.toContain('umbrellas')
      },
    ),
  )
})

test('hostile text is stripped in time that grows with its length only', () => {
  const hostile = ["'content': '", '\\', '[', "{'a':", 'api_key=', 'sk-', '://', '"', "b'", '(']
  for (const piece of hostile) {
    const text = piece.repeat(Math.ceil(2_000_000 / piece.length))
    const stripped = strip({ 'error.message': text, 'gen_ai.input.messages': text, 'x.y': text })
    expect(Object.keys(stripped)).toHaveLength(3)
  }
})

test.each([
  'text',
  'user.query',
  'db.statement',
  'mlflow.spanInputs',
  'gcp.vertex.agent.llm_request',
])('content that another instrumentation puts under %s is not kept', (key) => {
  const [span] = stripSpans([buildSpan({ attributes: { [key]: 'tell me a CANARY' } })])
  expect(JSON.stringify(span?.attributes.get(key))).not.toContain('CANARY')
})

test('what stands behind the ? of a target in a span name is not kept', () => {
  const [span] = stripSpans([buildSpan({ name: 'POST /v1/x?prompt=CANARY y' })])
  expect(span?.name).toBe('POST /v1/x y')
})

test('a prompt that an error quotes in a sentence is not kept', () => {
  const message = `prompt "CANARY and so on" was blocked; input: 'CANARY'`
  const [span] = stripSpans([buildSpan({ attributes: { 'error.message': message } })])
  expect(span?.attributes.get('error.message')).toBe(
    'prompt [16 characters] was blocked; input: [6 characters]',
  )
})

/** Pieces of what treatments look for, and of what makes a reader of bytes stumble. */
const PIECES = [
  'sk-',
  'sk-abcd1234',
  'Bearer abcdefgh',
  'eyJ',
  '-eyJabcdefghij.klmnopqrst',
  '.',
  'AKIA',
  'api_key=',
  'secret',
  'KEY',
  '@',
  '://u:p@h/',
  '?sig=a',
  '&code=b',
  '"',
  "'",
  '[',
  '{',
  '}',
  '"role":',
  "{'role': 'user', 'content': 'x'}",
  '\u{1F600}',
  'é',
  '\u212A',
  '\ud800',
  '\0',
  'a',
  'Z',
  '7',
  ' ',
  '\n',
  '/',
  '#',
  '_',
  '-',
  'prompt "x"',
  'at f (a.js:1)',
  'true',
  '1.5',
] as const
const KEYS = [
  'note',
  'gen_ai.request.model',
  'litellm.call_id',
  'llm.openai.messages',
  'error.message',
  'exception.stacktrace',
  'http.url',
  'litellm.api_key.hash',
  'url.query',
  'hidden_params',
  'metadata.usage_object',
  'gen_ai.prompt',
  'app.body',
  'ключ',
  'k'.repeat(256),
  '',
  'k'.repeat(257),
  'secondwind.outcome',
  'secondwind.failure.message',
  'gen_ai.cost.total',
] as const

const pieces = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 6 })
  .map((pieces) => Buffer.from(pieces.join('')).toString())
const value: fc.Arbitrary<AttributeValue> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: pieces },
    fc.boolean(),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.double({ noInteger: true, noNaN: true }),
    fc.uint8Array({ maxLength: 4 }),
    fc.constant(null),
    fc.constant('long '.repeat(10_000)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 3 })
      .map((entries) => new Map(entries)),
  ),
})).value as fc.Arbitrary<AttributeValue>
const attributes = fc
  .array(fc.tuple(fc.constantFrom(...KEYS), value), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries))
const hostileSpan = fc
  .record({
    name: pieces,
    attributes,
    resource: attributes,
    message: pieces,
    events: fc.array(
      fc.record({
        name: fc.constantFrom('exception', 'gen_ai.user.message', 'sk-abcd1234'),
        timeNs: fc.constant(1n),
        attributes: attributes.map((entries) => new Map(Object.entries(entries))),
      }),
      { maxLength: 2 },
    ),
    scope: fc.record({ name: pieces, version: pieces }),
  })
  .map(({ message, ...rest }) => buildSpan({ ...rest, status: { code: 'error', message } }))

test('bytes are stripped as objects would be, whatever stands in them', () => {
  fc.assert(
    fc.property(fc.array(hostileSpan, { minLength: 1, maxLength: 3 }), (spans) => {
      expect(stripSpans(spans, salt)).toEqual(spans.map((span) => stripByObject(span, salt)))
    }),
    { numRuns: 500 },
  )
})

/** All of it as text, which is compared faster than bytes are. */
function outcomeOf(decoder: OtlpDecoder, body: Uint8Array): string {
  const decoded = decoder.decode(body, 'protobuf')
  if (decoded.kind === 'malformed') return decoded.message
  const records = decoded.records.map(({ bytes, context, ...columns }) => ({
    ...columns,
    bytes: bytes.toString('latin1'),
    context: context.bytes.toString('latin1'),
    hash: context.hash,
  }))
  return JSON.stringify({ ...decoded, records })
}

test('what a decoder has seen before changes nothing that it writes', () => {
  const warm = new OtlpDecoder({ salt })
  fc.assert(
    fc.property(fc.array(hostileSpan, { minLength: 1, maxLength: 3 }), (spans) => {
      const body = protobufRequest(spans)
      const cold = outcomeOf(new OtlpDecoder({ salt }), body)
      expect(outcomeOf(warm, body)).toBe(cold)
      expect(outcomeOf(warm, body)).toBe(cold)
    }),
    { numRuns: 300 },
  )
})

interface WireField {
  readonly field: number
  readonly content: Buffer
}

/** The fields of a message as they stand in the bytes, without what is known of them. */
function fieldsOf(message: Uint8Array): readonly WireField[] {
  const reader = new ProtobufReader(message)
  const fields: WireField[] = []
  while (reader.next()) {
    const { field, wire, position } = reader
    const content = wire === WIRE_BYTES ? reader.bytes() : undefined
    if (content === undefined) reader.skip()
    fields.push({ field, content: content ?? reader.source.subarray(position, reader.position) })
  }
  return fields
}

function contentOf(message: Uint8Array, field: number): Buffer {
  return fieldsOf(message).find((found) => found.field === field)?.content ?? Buffer.alloc(0)
}

type Write = (writer: ProtobufWriter) => void

/** A request of one span that is written by hand. */
function requestOf(write: Write): Buffer {
  const request = new ProtobufWriter()
  request.messageField(1, (resourceSpans) => {
    resourceSpans.messageField(2, (scopeSpans) => {
      scopeSpans.messageField(2, (span) => {
        write(span)
        span.fixed64Field(8, 5n)
        span.bytesField(2, Buffer.from('eee19b7ec3c1b174', 'hex'))
        span.bytesField(1, Buffer.from('5b8efff798038103d269b633813fc60c', 'hex'))
      })
    })
  })
  return request.finish()
}

/** What is kept of it, as it stands in its record. */
function recordOf(write: Write): Buffer {
  const decoded = new OtlpDecoder({ salt }).decode(requestOf(write), 'protobuf')
  if (decoded.kind === 'malformed') throw new Error(decoded.message)
  return decoded.records[0]?.bytes ?? Buffer.alloc(0)
}

const text =
  (value: string): Write =>
  (writer) =>
    writer.stringField(1, value)

function attribute(writer: ProtobufWriter, field: number, write: Write): void {
  writer.messageField(field, (keyValue) => {
    keyValue.stringField(1, 'note')
    keyValue.messageField(2, write)
  })
}

test('fields are kept in their order, ids first, however they came', () => {
  const bytes = recordOf((span) => {
    span.fixed32Field(16, 0x301)
    span.messageField(15, (status) => status.varintField(3, 2))
    attribute(span, 9, text('a'))
    span.stringField(5, 'late')
    span.varintField(6, 2)
    span.bytesField(4, Buffer.from('eee19b7ec3c1b175', 'hex'))
    span.stringField(3, 'vendor=value')
  })
  expect(fieldsOf(bytes).map(({ field }) => field)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16])
  expect(bytes.toString('hex', 0, 28)).toBe(
    '0a105b8efff798038103d269b633813fc60c1208eee19b7ec3c1b174',
  )
  expect(contentOf(bytes, 3).toString()).toBe('vendor=value')
  expect(contentOf(bytes, 16).readUInt32LE()).toBe(0x301)
})

/** Fields of every wire type, of numbers that nothing has. */
const unknown: Write = (writer) => {
  writer.stringField(99, CANARY)
  writer.varintField(98, 7)
  writer.fixed64Field(97, 7n)
  writer.fixed32Field(96, 7)
}

test('fields that OTLP does not know reach no byte of what is kept, at any depth', () => {
  const bytes = recordOf((span) => {
    unknown(span)
    span.messageField(9, (keyValue) => {
      unknown(keyValue)
      keyValue.stringField(1, 'note')
      keyValue.messageField(2, (value) => {
        unknown(value)
        value.messageField(5, (list) => {
          unknown(list)
          list.messageField(1, (item) => {
            unknown(item)
            item.messageField(6, (map) => {
              unknown(map)
              attribute(map, 1, (inner) => {
                unknown(inner)
                inner.varintField(3, 42)
              })
            })
          })
        })
      })
    })
    span.messageField(11, unknown)
    span.messageField(15, unknown)
  })
  expect(bytes.toString('latin1')).not.toContain('heron')
  expect(bytes.toString('latin1')).toContain('note')
  expect(fieldsOf(bytes).map(({ field }) => field)).toEqual([1, 2, 7, 8, 9, 11, 15])
})

test('links are kept with their attributes stripped, and those to nowhere are counted', () => {
  const bytes = recordOf((span) => {
    span.messageField(13, (link) => {
      attribute(link, 4, text('sk-abcd1234'))
      link.varintField(5, 2)
      link.bytesField(2, Buffer.from('eee19b7ec3c1b174', 'hex'))
      link.bytesField(1, Buffer.from('5b8efff798038103d269b633813fc60c', 'hex'))
    })
    span.messageField(13, (link) => link.bytesField(2, Buffer.from('eee19b7ec3c1b174', 'hex')))
    span.varintField(14, 4)
  })
  const link = contentOf(bytes, 13)
  expect(fieldsOf(link).map(({ field }) => field)).toEqual([1, 2, 4, 5])
  expect(link.toString('latin1')).toContain('[redacted]')
  expect(contentOf(bytes, 14)).toEqual(Buffer.of(5))
})

test('what is cut by a limit raises what the span says was dropped', () => {
  const bytes = recordOf((span) => {
    for (let index = 0; index < 130; index += 1) {
      span.messageField(9, (keyValue) => {
        keyValue.stringField(1, `k${index}`)
        keyValue.messageField(2, (value) => value.varintField(3, index))
      })
      span.messageField(11, (event) => event.stringField(2, 'e'))
    }
    span.varintField(10, 3)
    span.messageField(9, (keyValue) => keyValue.stringField(1, 'k'.repeat(300)))
  })
  const count = (field: number) => fieldsOf(bytes).filter((found) => found.field === field).length
  expect([count(9), count(11)]).toEqual([128, 128])
  expect(contentOf(bytes, 10)).toEqual(Buffer.of(3 + 2 + 1))
  expect(contentOf(bytes, 12)).toEqual(Buffer.of(2))
})

test('of very many attributes of one name the last counts, and takes one place', () => {
  const bytes = recordOf((span) => {
    for (let index = 0; index < 1000; index += 1) attribute(span, 9, text(`value ${index}`))
  })
  expect(fieldsOf(bytes).filter(({ field }) => field === 9)).toHaveLength(1)
  expect(contentOf(bytes, 9).toString('latin1')).toContain('value 999')
})

test.each([
  ['prose', 'vendor=the crimson heron'],
  ['no list of pairs', CANARY],
  ['a secret', 'vendor=sk-abcd1234'],
  ['more than it may be', `vendor=${'x'.repeat(600)}`],
])('a trace state that is %s is not kept', (_, state) => {
  expect(
    contentOf(
      recordOf((span) => span.stringField(3, state)),
      3,
    ),
  ).toHaveLength(0)
})

test('references to a string table are ignored, and the sender is told', () => {
  const decoder = new OtlpDecoder({ salt })
  const notesOf = (body: Buffer) => {
    const decoded = decoder.decode(body, 'protobuf')
    return decoded.kind === 'decoded' ? [decoded.rejected, ...decoded.notes] : decoded
  }
  const withIndex = requestOf((span) => attribute(span, 9, (value) => value.varintField(8, 3)))
  expect(notesOf(withIndex)).toEqual([0, DECODE_NOTES.stringIndex])
  expect(notesOf(withIndex)).toEqual([0, DECODE_NOTES.stringIndex])
  expect(notesOf(requestOf((span) => attribute(span, 9, text('a'))))).toEqual([0])
})

test('of the parameters of a request only its form is left', () => {
  const parameters = { model: 'm', stream: true, max_tokens: 3, tool_choice: 'auto', user: CANARY }
  const stripped = strip({ 'llm.invocation_parameters': JSON.stringify(parameters) })
  const { user: _, ...form } = parameters
  expect(JSON.parse(String(stripped['llm.invocation_parameters']))).toEqual(form)
})

test('nothing that real libraries captured is left of their spans', () => {
  const left = instrumentationRecordings().filter((recording) => {
    const text = inspect(spansOfRecording(recording), { depth: 20, maxStringLength: null })
    return /canary|word-17/u.test(text)
  })
  expect(left.map((recording) => `${recording.library} ${recording.case}`)).toEqual([])
})
