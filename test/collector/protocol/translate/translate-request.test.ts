import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { translateRequest } from '../../../../collector/protocol/translate/translate-request.ts'
import type { Translation } from '../../../../collector/protocol/translate/translate-request.ts'
import type { WriteTarget } from '../../../../collector/protocol/translate/write-target.ts'
import type { Api } from '../../../../collector/vocabulary.ts'
import { parse } from '../../../support/play-streams.ts'

const capable: WriteTarget = {
  stream: true,
  acceptsSampling: true,
  acceptsTopPWithTemperature: true,
  acceptsEffort: true,
  acceptsStrictTools: true,
  maxTokensDefault: 4096,
}

/** The least that each protocol takes for a request. */
const least: Readonly<Record<Api, object>> = {
  chat: { messages: [{ role: 'user', content: 'Tell me.' }] },
  responses: { input: 'Tell me.' },
  messages: { messages: [{ role: 'user', content: 'Tell me.' }], max_tokens: 50 },
}

function translate(
  [from, to]: readonly [from: Api, to: Api],
  body: object,
  target: Partial<WriteTarget> = {},
): Translation {
  const request = parse(from, { model: 'route', stream: true, ...least[from], ...body })
  return translateRequest(request, to, { ...capable, ...target })
}

function bodyOf(translation: Translation): Readonly<Record<string, unknown>> {
  if (translation.kind === 'translated') return translation.body
  throw new Error(`${translation.field}: ${translation.detail}`)
}

const pairs = (['chat', 'responses', 'messages'] as const).flatMap((from, _, apis) =>
  apis.filter((to) => to !== from).map((to) => [from, to] as const),
)

const schema = { type: 'object', properties: { a: { type: 'number' } } }
const PNG = 'iVBORw0KGgo='
const PDF = 'JVBERi0xLjc='

/** One request, said in all three. */
const said: Readonly<Record<Api, object>> = {
  chat: {
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look.' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          {
            type: 'file',
            file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` },
          },
        ],
      },
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'call_2', type: 'function', function: { name: 'f', arguments: '{"a":2}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'one' },
      { role: 'tool', tool_call_id: 'call_2', content: 'two' },
      { role: 'user', content: 'And now?' },
    ],
    stream: true,
    max_completion_tokens: 50,
    temperature: 0.5,
    top_p: 0.9,
    reasoning_effort: 'high',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'response', schema, strict: true },
    },
    tools: [
      {
        type: 'function',
        function: { name: 'f', description: 'd', parameters: schema, strict: true },
      },
    ],
    tool_choice: 'required',
    parallel_tool_calls: false,
    user: 'u1',
  },
  responses: {
    input: [
      { type: 'message', role: 'system', content: 'Be brief.' },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look.' },
          { type: 'input_image', image_url: `data:image/png;base64,${PNG}`, detail: 'auto' },
          { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' },
          {
            type: 'input_file',
            filename: 'a.pdf',
            file_data: `data:application/pdf;base64,${PDF}`,
          },
        ],
      },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Let me see.', annotations: [] }],
      },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'call_2', name: 'f', arguments: '{"a":2}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'one' },
      { type: 'function_call_output', call_id: 'call_2', output: 'two' },
      { type: 'message', role: 'user', content: 'And now?' },
    ],
    stream: true,
    store: false,
    max_output_tokens: 50,
    temperature: 0.5,
    top_p: 0.9,
    reasoning: { effort: 'high' },
    text: { format: { type: 'json_schema', name: 'response', schema, strict: true } },
    tools: [{ type: 'function', name: 'f', description: 'd', parameters: schema, strict: true }],
    tool_choice: 'required',
    parallel_tool_calls: false,
    user: 'u1',
  },
  messages: {
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look.' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: PDF },
            title: 'a.pdf',
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me see.' },
          { type: 'tool_use', id: 'call_1', name: 'f', input: { a: 1 } },
          { type: 'tool_use', id: 'call_2', name: 'f', input: { a: 2 } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'call_1',
            content: [{ type: 'text', text: 'one' }],
          },
          {
            type: 'tool_result',
            tool_use_id: 'call_2',
            content: [{ type: 'text', text: 'two' }],
          },
          { type: 'text', text: 'And now?' },
        ],
      },
    ],
    stream: true,
    max_tokens: 50,
    temperature: 0.5,
    top_p: 0.9,
    output_config: { effort: 'high', format: { type: 'json_schema', schema } },
    tools: [{ name: 'f', description: 'd', input_schema: schema, strict: true }],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
    metadata: { user_id: 'u1' },
  },
}

describe.each(pairs)('a %s request to a %s target', (from, to) => {
  test('says everything that both have a word for, and drops nothing', () => {
    const translation = translate([from, to], said[from])
    expect(bodyOf(translation)).toEqual(said[to])
    expect(translation).toMatchObject({ dropped: [] })
  })

  test('says that it is not to be streamed by saying nothing', () => {
    const translation = translate([from, to], {}, { stream: false })
    expect(bodyOf(translation)).not.toHaveProperty('stream')
  })

  test.each(['auto', 'none', 'required'] as const)('may call tools: %s', (mode) => {
    const choiceOf = (api: Api): unknown =>
      api === 'messages' ? { type: mode === 'required' ? 'any' : mode } : mode
    const tools = Reflect.get(said[from], 'tools')
    const translation = translate([from, to], { tools, tool_choice: choiceOf(from) })
    expect(bodyOf(translation)['tool_choice']).toEqual(choiceOf(to))
  })

  test('may demand one tool by its name', () => {
    const named: Readonly<Record<Api, object>> = {
      chat: { type: 'function', function: { name: 'f' } },
      responses: { type: 'function', name: 'f' },
      messages: { type: 'tool', name: 'f' },
    }
    const tools = Reflect.get(said[from], 'tools')
    const translation = translate([from, to], { tools, tool_choice: named[from] })
    expect(bodyOf(translation)['tool_choice']).toEqual(named[to])
  })

  test('drops the sampling that the model rejects, and the effort that it does not know', () => {
    const sampled = { temperature: 0.5, top_p: 0.9 }
    const effort: Readonly<Record<Api, object>> = {
      chat: { reasoning_effort: 'high' },
      responses: { reasoning: { effort: 'high' } },
      messages: { output_config: { effort: 'high' } },
    }
    const translation = translate(
      [from, to],
      { ...sampled, ...effort[from] },
      { acceptsSampling: false, acceptsEffort: false },
    )
    const names = {
      chat: 'reasoning_effort',
      responses: 'reasoning.effort',
      messages: 'output_config.effort',
    }
    expect(translation).toMatchObject({ dropped: ['temperature', 'top_p', names[from]] })
    const body = bodyOf(translation)
    for (const field of ['temperature', 'top_p', 'reasoning_effort', 'reasoning', 'output_config'])
      expect(body).not.toHaveProperty(field)
  })

  test('drops what nobody knows, at every depth, by its name and once', () => {
    const inside = { made_up: 1, cache: { nested: true } }
    const transcript: Readonly<Record<Api, object>> = {
      chat: {
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'a', ...inside }], ...inside },
          { role: 'user', content: 'b', ...inside },
        ],
      },
      messages: {
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'a', ...inside }], ...inside },
          { role: 'user', content: 'b', ...inside },
        ],
      },
      responses: {
        input: [
          { role: 'user', content: [{ type: 'input_text', text: 'a', ...inside }], ...inside },
          { role: 'user', content: 'b', ...inside },
        ],
      },
    }
    const field = from === 'responses' ? 'input' : 'messages'
    expect(translate([from, to], { ...transcript[from], made_up: 1 })).toMatchObject({
      dropped: [
        `${field}.content.made_up`,
        `${field}.content.cache`,
        `${field}.made_up`,
        `${field}.cache`,
        'made_up',
      ],
    })
  })

  test('fits the ids of tool calls, and a result finds its call', () => {
    const id = `call|${'x'.repeat(70)}`
    const transcript: Readonly<Record<Api, object>> = {
      chat: {
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: id, content: 'r' },
        ],
      },
      responses: {
        input: [
          { type: 'function_call', call_id: id, name: 'f', arguments: '{}' },
          { type: 'function_call_output', call_id: id, output: 'r' },
        ],
      },
      messages: {
        messages: [
          { role: 'assistant', content: [{ type: 'tool_use', id, name: 'f', input: {} }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'r' }] },
        ],
      },
    }
    const text = JSON.stringify(bodyOf(translate([from, to], transcript[from])))
    const ids = [...text.matchAll(/"(?:id|call_id|tool_call_id|tool_use_id)":"([^"]*)"/g)]
    const [call, result] = ids.map((match) => match[1])
    expect(call).toMatch(/^[a-zA-Z0-9_-]{1,40}$/)
    expect([result, ids.length]).toEqual([call, 2])
    expect(text).not.toContain(id)
  })

  test('a request that says nothing is still one', () => {
    const translation = translate([from, to], {})
    expect(translation).toMatchObject({ kind: 'translated', dropped: [] })
  })

  test('never throws, and pollutes nothing, whatever the client writes', () => {
    const key = fc.constantFrom('type', 'role', 'content', 'id', 'input', 'output', '__proto__')
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(
          'text',
          'user',
          'assistant',
          'tool',
          'image',
          'tool_use',
          '',
          0,
          null,
          true,
        ),
        fc.constantFrom('function_call', 'message', 'input_text', 'tool_result', 'image_url'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }))
    const names = [...new Set([...Object.keys(said[from]), 'stop', 'stop_sequences', 'thinking'])]
    const body = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 })
    fc.assert(
      fc.property(body, (fields) => {
        const request = parse(from, { model: 'route', ...least[from] })
        const json = { ...request.body, ...JSON.parse(JSON.stringify(fields)) }
        const translation = translateRequest({ ...request, body: json }, to, capable)
        expect(['translated', 'not-translatable']).toContain(translation.kind)
        expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
      }),
    )
  })
})

test.each([
  ['chat', 'messages'],
  ['messages', 'responses'],
  ['responses', 'chat'],
] as const)('takes turns of a hundred thousand parts in its stride, %s to %s', (from, to) => {
  const many = Array.from({ length: 130_000 }, () => 'x')
  const type = from === 'responses' ? 'input_text' : 'text'
  const parts = many.map((text) => ({ type, text }))
  const field = from === 'responses' ? 'input' : 'messages'
  const said = from === 'responses' ? 'output_text' : 'text'
  const transcript = [
    { role: 'user', content: parts },
    { role: 'assistant', content: parts.map(({ text }) => ({ type: said, text })) },
    { role: 'user', content: 'x' },
  ]
  expect(translate([from, to], { [field]: transcript }).kind).toBe('translated')
})

describe('a Responses request', () => {
  test('has its instructions first, and its easy messages and roles understood', () => {
    const body = {
      instructions: 'Be kind.',
      input: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'Tell me.' },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
        { type: 'message', id: 'msg_1', status: 'completed', role: 'user', content: 'Please.' },
      ],
    }
    expect(bodyOf(translate(['responses', 'chat'], body))['messages']).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Tell me.' },
      { role: 'assistant', content: null, refusal: 'No.' },
      { role: 'user', content: 'Please.' },
    ])
    expect(bodyOf(translate(['responses', 'messages'], body))).toMatchObject({
      system: [
        { type: 'text', text: 'Be kind.' },
        { type: 'text', text: 'Be brief.' },
      ],
      messages: [
        { role: 'user' },
        { role: 'assistant', content: [{ type: 'text', text: 'No.' }] },
        { role: 'user', content: [{ type: 'text', text: 'Please.' }] },
      ],
    })
  })

  test('leaves its reasoning behind, with a word', () => {
    const input = [
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }] },
      { role: 'user', content: 'Tell me.' },
    ]
    for (const to of ['chat', 'messages'] as const) {
      const translation = translate(['responses', to], { input })
      expect(translation).toMatchObject({ dropped: ['input.reasoning'] })
      expect(JSON.stringify(bodyOf(translation))).not.toContain('hm')
    }
  })

  test('keeps the shapes of a tool’s output: text, parts, pictures', () => {
    const input = [
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      {
        type: 'function_call_output',
        call_id: 'c1',
        output: [
          { type: 'input_text', text: 'seen' },
          { type: 'input_image', image_url: `data:image/png;base64,${PNG}`, detail: 'low' },
        ],
      },
      { role: 'user', content: 'And now?' },
    ]
    expect(bodyOf(translate(['responses', 'chat'], { input }))['messages']).toEqual([
      expect.objectContaining({ role: 'assistant' }),
      { role: 'tool', tool_call_id: 'c1', content: 'seen' },
      {
        role: 'user',
        content: [
          {
            type: 'image_url',
            image_url: { url: `data:image/png;base64,${PNG}`, detail: 'low' },
          },
          { type: 'text', text: 'And now?' },
        ],
      },
    ])
    const toMessages = translate(['responses', 'messages'], { input })
    expect(toMessages).toMatchObject({ dropped: ['input.output.detail'] })
    expect(bodyOf(toMessages)['messages']).toMatchObject([
      { role: 'assistant' },
      {
        role: 'user',
        content: [
          { type: 'tool_result', content: [{ type: 'text', text: 'seen' }, { type: 'image' }] },
          { type: 'text', text: 'And now?' },
        ],
      },
    ])
  })

  test('lists what it drops', () => {
    const body = {
      metadata: { team: 'a' },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      truncation: 'auto',
      max_tool_calls: 3,
      include: ['reasoning.encrypted_content'],
      reasoning: { summary: 'auto' },
      text: { verbosity: 'low' },
    }
    const toMessages = translate(['responses', 'messages'], body)
    expect(toMessages).toMatchObject({
      dropped: [
        'include',
        'truncation',
        'reasoning.summary',
        'max_tool_calls',
        'text.verbosity',
        'metadata',
        'prompt_cache_key',
        'service_tier',
      ],
    })
    const toChat = translate(['responses', 'chat'], body)
    expect(toChat).toMatchObject({
      dropped: ['include', 'truncation', 'reasoning.summary', 'max_tool_calls', 'metadata'],
    })
    expect(bodyOf(toChat)).toMatchObject({
      service_tier: 'flex',
      prompt_cache_key: 'k',
      verbosity: 'low',
    })
  })

  test('takes its metadata along where Chat takes them: beside `store`', () => {
    const body = { metadata: { team: 'a' }, store: true }
    expect(bodyOf(translate(['responses', 'chat'], body))).toMatchObject(body)
  })

  test.each<[string, object]>([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['context_management', { context_management: [{ type: 'compaction' }] }],
    ['top_logprobs', { top_logprobs: 2 }],
    ['include', { include: ['message.output_text.logprobs'] }],
    ['tools[0]', { tools: [{ type: 'web_search' }] }],
    ['tools[0]', { tools: [{ type: 'custom', name: 'f' }] }],
    ['tools[0]', { tools: [{ type: 'mcp', server_label: 's' }] }],
    ['tool_choice', { tool_choice: { type: 'web_search' } }],
    ['input[0].type', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['input[0].type', { input: [{ type: 'web_search_call', id: 'ws_1' }] }],
    ['input[0].type', { input: [{ type: 'custom_tool_call', call_id: 'c', input: 'x' }] }],
    ['input[0].encrypted_content', { input: [{ type: 'reasoning', encrypted_content: 'x' }] }],
    ['input[0].role', { input: [{ role: 'wizard', content: 'x' }] }],
    [
      'input[0].content[0].file_id',
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
    ],
    [
      'input[0].content[0].file_id',
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] },
    ],
    ['input[0].content[0].type', { input: [{ role: 'user', content: [{ type: 'input_audio' }] }] }],
  ])('refuses by name what cannot be said elsewhere: %s', (field, body) => {
    for (const to of ['chat', 'messages'] as const) {
      expect(translate(['responses', to], body)).toMatchObject({ kind: 'not-translatable', field })
    }
  })

  test('refuses arguments that are no JSON object where a target wants one', () => {
    const input = [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":' }]
    expect(translate(['responses', 'messages'], { input })).toMatchObject({
      kind: 'not-translatable',
      field: 'input[0].arguments',
    })
  })

  test('refuses JSON without a schema, and a document that is no PDF, of Anthropic only', () => {
    const json = { text: { format: { type: 'json_object' } } }
    expect(translate(['responses', 'messages'], json)).toMatchObject({ field: 'text.format' })
    expect(bodyOf(translate(['responses', 'chat'], json))).toMatchObject({
      response_format: { type: 'json_object' },
    })
    const content = [{ type: 'input_file', filename: 'a', file_data: 'data:text/csv;base64,AA==' }]
    const csv = { input: [{ role: 'user', content }] }
    const field = 'input[0].content[0].file_data'
    expect(translate(['responses', 'messages'], csv)).toMatchObject({ field })
    expect(translate(['responses', 'chat'], csv)).toMatchObject({ kind: 'translated' })
  })
})

describe('a request to a Responses target', () => {
  test('keeps nothing at OpenAI, unless the client asked for it', () => {
    expect(bodyOf(translate(['messages', 'responses'], {}))).toMatchObject({ store: false })
    expect(bodyOf(translate(['chat', 'responses'], {}))).toMatchObject({ store: false })
    expect(bodyOf(translate(['chat', 'responses'], { store: true }))).toMatchObject({ store: true })
  })

  test('says that a tool is not strict, which Responses would take it for', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }]
    expect(bodyOf(translate(['chat', 'responses'], { tools }))['tools']).toEqual([
      {
        type: 'function',
        name: 'f',
        parameters: { type: 'object', properties: {} },
        strict: false,
      },
    ])
  })

  test('says with a word in its text that a tool failed', () => {
    const messages = [
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'f', input: {} }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 't1', is_error: true, content: 'no' }],
      },
    ]
    expect(bodyOf(translate(['messages', 'responses'], { messages }))['input']).toEqual([
      { type: 'function_call', call_id: 't1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 't1', output: 'Error: no' },
    ])
  })

  test('is refused with stop sequences, which Responses has not', () => {
    expect(translate(['chat', 'responses'], { stop: ['END'] })).toMatchObject({ field: 'stop' })
    expect(translate(['messages', 'responses'], { stop_sequences: ['END'] })).toMatchObject({
      kind: 'not-translatable',
      field: 'stop_sequences',
      detail: 'Responses has no stop sequences',
    })
  })

  test('is refused with a prefill, which it would answer with a new message', () => {
    const messages = [
      { role: 'user', content: 'Tell me.' },
      { role: 'assistant', content: 'Dear ' },
    ]
    expect(translate(['messages', 'responses'], { messages })).toMatchObject({ field: 'messages' })
  })

  test('drops what only Chat knows', () => {
    const body = { seed: 7, frequency_penalty: 0.5, presence_penalty: 0, top_k: 5 }
    expect(translate(['chat', 'responses'], body)).toMatchObject({
      dropped: ['top_k', 'frequency_penalty', 'seed'],
    })
  })
})

describe('how hard a model is to think', () => {
  test.each([
    ['minimal', 'low', ['reasoning_effort']],
    ['low', 'low', []],
    ['high', 'high', []],
    ['xhigh', 'high', ['reasoning_effort']],
  ])('OpenAI’s %s is Anthropic’s %s', (effort, expected, dropped) => {
    const translation = translate(['chat', 'messages'], { reasoning_effort: effort })
    expect(bodyOf(translation)).toMatchObject({ output_config: { effort: expected } })
    expect(translation).toMatchObject({ dropped })
  })

  test.each([
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'low', []],
    [{ thinking: { type: 'enabled', budget_tokens: 8000 } }, 'medium', []],
    [{ thinking: { type: 'enabled', budget_tokens: 32_000 } }, 'high', []],
    [{ thinking: { type: 'adaptive' } }, undefined, ['thinking']],
    [{ thinking: { type: 'disabled' } }, undefined, []],
    [{ output_config: { effort: 'max' } }, 'high', ['output_config.effort']],
    [{ output_config: { effort: 'low' }, thinking: { type: 'adaptive' } }, 'low', []],
  ])('Anthropic’s %j is OpenAI’s %s', (body, expected, dropped) => {
    const translation = translate(['messages', 'chat'], body)
    expect(bodyOf(translation)['reasoning_effort']).toBe(expected)
    expect(translation).toMatchObject({ dropped })
  })

  test('a thinking budget fits into the limit that Anthropic demands', () => {
    const body = { thinking: { type: 'enabled', budget_tokens: 5000 } }
    expect(bodyOf(translate(['chat', 'messages'], body))).toMatchObject({
      ...body,
      max_tokens: 9096,
    })
  })
})

test.each([
  ['chat', { messages: [{ role: 'system', content: 'Be brief.' }] }, 'messages'],
  ['chat', { messages: [{ role: 'user', content: ' \n' }] }, 'messages'],
  ['responses', { input: [], instructions: 'Be brief.' }, 'input'],
] as const)('Anthropic is not asked without a message to answer: %s %j', (from, body, field) => {
  expect(translate([from, 'messages'], body)).toMatchObject({ kind: 'not-translatable', field })
})

test('text that is white space alone is left out of what Anthropic is sent', () => {
  const content = [
    { type: 'text', text: ' ' },
    { type: 'text', text: 'Tell me.' },
  ]
  const messages = [
    { role: 'user', content },
    { role: 'assistant', content: '\n' },
  ]
  expect(bodyOf(translate(['chat', 'messages'], { messages }))['messages']).toEqual([
    { role: 'user', content: [{ type: 'text', text: 'Tell me.' }] },
  ])
})

test('an end user’s id that is too long there is told as its hash, always the same', () => {
  const id = `user_${'a'.repeat(300)}`
  const toChat = translate(['messages', 'chat'], { metadata: { user_id: id } })
  const toResponses = translate(['chat', 'responses'], { safety_identifier: id })
  const toMessages = translate(['responses', 'messages'], { user: id })
  const hash = bodyOf(toChat)['user']
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(bodyOf(toResponses)).toMatchObject({ safety_identifier: hash })
  expect(bodyOf(toMessages)).toMatchObject({ metadata: { user_id: hash } })
})

test('`top_p` goes where a Claude takes only one of the two', () => {
  const target = { acceptsTopPWithTemperature: false }
  const both = translate(['chat', 'messages'], { temperature: 0.5, top_p: 0.9 }, target)
  expect(both).toMatchObject({ dropped: ['top_p'] })
  expect(bodyOf(both)).toMatchObject({ temperature: 0.5 })
  expect(bodyOf(translate(['chat', 'messages'], { top_p: 0.9 }, target))).toMatchObject({
    top_p: 0.9,
  })
})

test('a strict tool is dropped to a plain one, with a word, where Claude knows no strict ones', () => {
  const tools = [{ type: 'function', function: { name: 'f', strict: true } }]
  const translation = translate(['chat', 'messages'], { tools }, { acceptsStrictTools: false })
  expect(translation).toMatchObject({ dropped: ['tools.strict'] })
  expect(bodyOf(translation)['tools']).toEqual([
    { name: 'f', input_schema: { type: 'object', properties: {} } },
  ])
})

test.each([
  ['chat', { temperature: 'hot' }, { field: 'temperature', detail: 'it must be a number' }],
  ['chat', { tools: {} }, { field: 'tools', detail: 'it must be a list' }],
  ['messages', { tools: [1] }, { field: 'tools[0]', detail: 'it must be an object' }],
  ['responses', { text: 'plain' }, { field: 'text', detail: 'it must be an object' }],
] as const)('a %s field that is no such thing is refused: %j', (from, body, refusal) => {
  const to = from === 'chat' ? 'messages' : 'chat'
  expect(translate([from, to], body)).toEqual({ kind: 'not-translatable', ...refusal })
})
