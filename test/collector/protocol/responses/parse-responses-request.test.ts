import { describe, expect, test } from 'vitest'
import { parseResponsesRequest } from '../../../../collector/protocol/responses/parse-responses-request.ts'
import type { ParsedRequest } from '../../../../collector/protocol/protocol.ts'
import { bytesOf, parse, responsesBody } from '../../../support/play-streams.ts'

function read(body: object): ParsedRequest {
  return parseResponsesRequest(bytesOf(JSON.stringify(body)))
}

function features(fields: object) {
  return parse('responses', { ...responsesBody, ...fields }).features
}

function withItem(item: object) {
  return features({ input: [{ role: 'user', content: 'Hi' }, item] })
}

test('a plain request asks for nothing that limits where it may go', () => {
  expect(features({})).toEqual({
    tools: 0,
    n: 1,
    logprobs: false,
    audio: false,
    hostedTools: false,
    stateful: false,
    keepsAnswer: true,
    thinking: false,
    includeUsage: true,
    stopSequences: [],
  })
  expect(parse('responses', responsesBody)).toMatchObject({
    api: 'responses',
    route: 'route',
    stream: true,
    body: responsesBody,
  })
})

describe('what a request asks for', () => {
  const tool = { type: 'function', name: 'f', parameters: {}, strict: true }

  test.each<[string, object, object]>([
    ['tools', { tools: [tool, { type: 'custom', name: 'c' }] }, { tools: 2, hostedTools: false }],
    ['hosted tools', { tools: [{ type: 'web_search' }] }, { tools: 1, hostedTools: true }],
    ['an MCP server', { tools: [{ type: 'mcp', server_label: 's' }] }, { hostedTools: true }],
    ['any tool', { tool_choice: 'required' }, { toolChoice: 'required' }],
    ['no tool', { tool_choice: 'none' }, { toolChoice: 'none' }],
    ['one tool', { tool_choice: { type: 'function', name: 'f' } }, { toolChoice: 'named' }],
    ['a hosted tool', { tool_choice: { type: 'web_search' } }, { toolChoice: 'named' }],
    [
      'one of some tools',
      { tool_choice: { type: 'allowed_tools', mode: 'required', tools: [] } },
      { toolChoice: 'required' },
    ],
    [
      'some tools, if it likes',
      { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } },
      { toolChoice: 'auto' },
    ],
    [
      'a schema',
      { text: { format: { type: 'json_schema', name: 's', schema: {} } } },
      { responseFormat: 'json_schema' },
    ],
    ['JSON', { text: { format: { type: 'json_object' } } }, { responseFormat: 'json_object' }],
    ['reasoning', { reasoning: { effort: 'low' } }, { thinking: true }],
    ['a summary of its reasoning', { reasoning: { summary: 'auto' } }, { thinking: true }],
    ['no reasoning', { reasoning: { effort: 'none' } }, { thinking: false }],
    ['a limit', { max_output_tokens: 12 }, { maxTokens: 12 }],
    ['log probabilities', { top_logprobs: 3 }, { logprobs: true }],
    ['them by name', { include: ['message.output_text.logprobs'] }, { logprobs: true }],
    ['sound', { modalities: ['text', 'audio'] }, { audio: true }],
    [
      'sound in its input',
      { input: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
      { audio: true },
    ],
  ])('%s', (_name, fields, expected) => {
    expect(features(fields)).toMatchObject(expected)
  })

  test('plain text is no format that limits anything', () => {
    expect(features({ text: { format: { type: 'text' } } })).not.toHaveProperty('responseFormat')
  })
})

describe('a request that needs what lives at one provider', () => {
  test.each<[string, object]>([
    ['an earlier response', { previous_response_id: 'resp_1' }],
    ['a conversation', { conversation: 'conv_1' }],
    ['a conversation by its object', { conversation: { id: 'conv_1' } }],
    ['a stored prompt', { prompt: { id: 'pmpt_1' } }],
    ['a vector store', { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] }],
    ['a container', { tools: [{ type: 'code_interpreter', container: 'cntr_1' }] }],
    [
      'files in a container',
      { tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['f'] } }] },
    ],
  ])('%s', (_name, fields) => {
    expect(features(fields).stateful).toBe(true)
  })

  test('by an id, which is read', () => {
    expect(features({ previous_response_id: 'resp_1' }).stateIds).toEqual(['resp_1'])
    expect(features({ conversation: 'conv_1' }).stateIds).toEqual(['conv_1'])
    expect(features({ conversation: { id: 'conv_2' } }).stateIds).toEqual(['conv_2'])
    expect(features({ prompt: { id: 'pmpt_1' } })).not.toHaveProperty('stateIds')
    expect(features({ store: false })).not.toHaveProperty('keepsAnswer')
  })

  test.each<[string, object]>([
    ['a reference', { type: 'item_reference', id: 'msg_1' }],
    ['sealed reasoning', { type: 'reasoning', summary: [], encrypted_content: 'sealed' }],
    ['reasoning that is looked up by its id', { type: 'reasoning', id: 'rs_1', summary: [] }],
    ['a sealed summary', { type: 'compaction', encrypted_content: 'sealed' }],
    ['a file', { role: 'user', content: [{ type: 'input_file', file_id: 'file_1' }] }],
    ['an image', { role: 'user', content: [{ type: 'input_image', file_id: 'file_1' }] }],
    [
      'a file in what a tool gave back',
      { type: 'function_call_output', output: [{ type: 'input_file', file_id: 'file_1' }] },
    ],
  ])('%s in its input', (_name, item) => {
    expect(withItem(item).stateful).toBe(true)
  })

  test.each<[string, object]>([
    ['a message of the model, id and all', { type: 'message', id: 'msg_1', role: 'assistant' }],
    ['a call, id and all', { type: 'function_call', id: 'fc_1', call_id: 'c', arguments: '{}' }],
    ['a file sent along', { role: 'user', content: [{ type: 'input_file', file_data: 'data:' }] }],
    ['reasoning in plain words', { type: 'reasoning', summary: [] }],
  ])('is none that has %s', (_name, item) => {
    expect(withItem(item).stateful).toBe(false)
  })

  test('is none where the fields are there and empty', () => {
    const empty = { previous_response_id: null, conversation: null, prompt: null, store: true }
    expect(features(empty).stateful).toBe(false)
  })
})

test('reasoning that we wrote for another target goes nowhere: no provider knows its id', () => {
  const ours = { type: 'reasoning', id: 'rs_secondwind_1', summary: [], content: [] }
  const question = { role: 'user', content: 'And then?' }
  const request = parse('responses', { ...responsesBody, input: [ours, question] })

  expect(request.body['input']).toEqual([question])
  expect(request.features.stateful).toBe(false)
})

test('what speaks to the router is taken out', () => {
  const request = parse('responses', { ...responsesBody, disable_fallbacks: true, num_retries: 1 })

  expect(request.options.disableFallbacks).toBe(true)
  expect(request.body).toEqual(responsesBody)
})

describe('what is refused by name', () => {
  test.each<[object, string | undefined, string]>([
    [{ input: 'Hi' }, 'model', '`model` must name a route'],
    [{ model: 'route', stream: 'yes' }, 'stream', '`stream` must be true or false'],
    [{ model: 'route', input: 7 }, 'input', '`input` must be a string or a list of items'],
    [{ model: 'route', input: [{}, 'Hi'] }, 'input[1]', '`input[1]` must be an object'],
    [{ model: 'route', background: true }, 'background', '`background` cannot be true here'],
    [[], undefined, 'must be a JSON object'],
  ])('%j', (body, param, message) => {
    expect(read(body)).toEqual({
      kind: 'invalid',
      message: expect.stringContaining(message),
      ...(param !== undefined && { param }),
    })
  })

  test.each([{ background: false }, { background: null }, { prompt: { id: 'pmpt_1' } }])(
    'not %j, without any input',
    (fields) => {
      expect(read({ model: 'route', ...fields }).kind).toBe('parsed')
    },
  )
})
