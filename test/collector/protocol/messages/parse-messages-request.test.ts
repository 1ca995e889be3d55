import { describe, expect, test } from 'vitest'
import { parseMessagesRequest } from '../../../../collector/protocol/messages/parse-messages-request.ts'
import type { RequestFeatures } from '../../../../collector/protocol/protocol.ts'
import { bytesOf, messagesBody, parse } from '../../../support/play-streams.ts'

const plain: RequestFeatures = {
  tools: 0,
  n: 1,
  logprobs: false,
  audio: false,
  hostedTools: false,
  stateful: false,
  thinking: false,
  includeUsage: true,
  maxTokens: 100,
  stopSequences: [],
}

describe('parseMessagesRequest', () => {
  test('reads a request', () => {
    const { source, ...read } = parse('messages', { ...messagesBody, num_retries: 2 })
    expect(source.json).toEqual({ ...messagesBody, num_retries: 2 })
    expect(read).toEqual({
      api: 'messages',
      route: 'route',
      stream: true,
      body: messagesBody,
      features: plain,
      options: { disableFallbacks: false, disableContinuation: false, retriesMax: 2 },
    })
  })

  test.each([{}, { max_tokens: 0 }, { max_tokens: '5' }, { max_tokens: 1.5 }])(
    'demands a limit: %j is none',
    (fields) => {
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user' }], ...fields })
      expect(parseMessagesRequest(bytesOf(body))).toEqual({
        kind: 'invalid',
        message: '`max_tokens` must be an integer of at least 1.',
        param: 'max_tokens',
      })
    },
  )

  test.each<[string, object, Partial<RequestFeatures>]>([
    [
      'tools',
      { tools: [{ name: 'f' }], tool_choice: { type: 'auto' } },
      { tools: 1, toolChoice: 'auto' },
    ],
    ['required tools', { tool_choice: { type: 'any' } }, { toolChoice: 'required' }],
    ['a named tool', { tool_choice: { type: 'tool', name: 'f' } }, { toolChoice: 'named' }],
    ['hosted tools', { tools: [{ type: 'web_search_20250305' }] }, { tools: 1, hostedTools: true }],
    ['MCP servers', { mcp_servers: [{ url: 'x' }] }, { hostedTools: true }],
    ['a container', { container: 'c' }, { stateful: true }],
    [
      'a file',
      { messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'file' } }] }] },
      { stateful: true },
    ],
    [
      'a schema',
      { output_config: { format: { type: 'json_schema' } } },
      { responseFormat: 'json_schema' },
    ],
    ['thinking', { thinking: { type: 'adaptive' } }, { thinking: true }],
    ['no thinking', { thinking: { type: 'disabled' } }, {}],
    ['stop sequences', { stop_sequences: ['a'] }, { stopSequences: ['a'] }],
  ])('notes what limits the request: %s', (_, body, expected) => {
    const request = parse('messages', { ...messagesBody, ...body })
    expect(request.features).toEqual({ ...plain, ...expected })
  })
})
