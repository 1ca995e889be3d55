import { describe, expect, test } from 'vitest'
import { buildUpstreamRequest } from '../../../collector/protocol/build-upstream-request.ts'
import { continueInstruction } from '../../../collector/protocol/continue-body.ts'
import type { Continuation, UpstreamRequest } from '../../../collector/protocol/protocol.ts'
import type { Api } from '../../../collector/vocabulary.ts'
import { parse, parseText, textOf } from '../../support/play-streams.ts'

const least: Readonly<Record<Api, object>> = {
  chat: { messages: [{ role: 'user', content: 'Tell me.' }] },
  responses: { input: 'Tell me.' },
  messages: { messages: [{ role: 'user', content: 'Tell me.' }], max_tokens: 50 },
}

interface Going {
  readonly client: Api
  readonly targetApi: Api
  readonly body?: object
  readonly maxTokensLeft?: number
}

function goOn(continuation: Continuation, going: Going): UpstreamRequest {
  const { client, targetApi, body, maxTokensLeft } = going
  return buildUpstreamRequest({
    request: parse(client, { model: 'route', ...least[client], ...body }),
    targetApi,
    model: 'target-model',
    continuation,
    ...(maxTokensLeft !== undefined && { maxTokensLeft }),
  })
}

function bodyOf(built: UpstreamRequest): Readonly<Record<string, unknown>> {
  if (built.kind !== 'built') throw new Error(`${built.field}: ${built.detail}`)
  return JSON.parse(textOf(built.body))
}

const partial = 'Half an answer '
const userTurn = { strategy: 'user_turn', partial, anchor: 'an answer' } as const
const prefill = { strategy: 'prefill', partial } as const
const asked = { role: 'user', content: continueInstruction('an answer') }
const clients: readonly Api[] = ['chat', 'responses', 'messages']

describe.each(clients)('a %s request that a Responses target goes on with', (client) => {
  test('has the partial as a message without an id, then the user turn', () => {
    const built = goOn(userTurn, { client, targetApi: 'responses' })
    expect(bodyOf(built)['input']).toEqual([
      expect.objectContaining({ role: 'user', content: 'Tell me.' }),
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: partial, annotations: [] }],
      },
      asked,
    ])
    expect(built).toMatchObject({
      messagesAdded: 2,
      changed: true,
      shape: { messages: 3, lastRole: 'user', prefill: false },
    })
  })

  test('ends with the partial where that is forced, without white space', () => {
    const built = goOn(prefill, { client, targetApi: 'responses' })
    const input = bodyOf(built)['input'] as readonly object[]
    expect(input.at(-1)).toMatchObject({ content: [{ text: 'Half an answer' }] })
    expect(built).toMatchObject({ messagesAdded: 1, shape: { messages: 2, prefill: true } })
  })
})

describe.each(['chat', 'messages'] as const)('a Responses request, gone on with over %s', (to) => {
  test('has the partial as the last message but one', () => {
    const built = goOn(userTurn, { client: 'responses', targetApi: to })
    expect(bodyOf(built)['messages']).toEqual([
      expect.objectContaining({ role: 'user' }),
      { role: 'assistant', content: partial },
      asked,
    ])
  })
})

test('the tokens that are left stand where the client’s limit stood', () => {
  const body = { max_output_tokens: 50 }
  const limited = { client: 'responses', targetApi: 'responses', body, maxTokensLeft: 40 } as const
  expect(bodyOf(goOn(userTurn, limited))).toMatchObject({ max_output_tokens: 40 })
  const without = { ...limited, body: {} }
  expect(bodyOf(goOn(userTurn, without))).not.toHaveProperty('max_output_tokens')
})

test.each([
  ['the budget for thinking and what is left', 50_000, 4000, 1700, 5700],
  ['never more than the client’s own limit', 5000, 4000, 1700, 5000],
] as const)(
  'an Anthropic target that thinks anew is left %s',
  (...[, max, budget, left, limit]) => {
    const thinking = { type: 'enabled', budget_tokens: budget }
    const going = {
      client: 'messages',
      targetApi: 'messages',
      body: { max_tokens: max, thinking },
      maxTokensLeft: left,
    } as const
    expect(bodyOf(goOn(userTurn, going))).toMatchObject({ max_tokens: limit, thinking })
    const prefilled = bodyOf(goOn(prefill, going))
    expect(prefilled).toMatchObject({ max_tokens: left })
    expect(prefilled).not.toHaveProperty('thinking')
  },
)

test.each([userTurn, prefill])('white space alone is nothing to go on from: $strategy', (how) => {
  for (const client of clients) {
    for (const targetApi of clients) {
      const built = goOn({ ...how, partial: ' \n' }, { client, targetApi })
      expect(built).toMatchObject({ messagesAdded: 0, shape: { messages: 1, lastRole: 'user' } })
    }
  }
})

test('what does not change keeps its bytes when the request goes on', () => {
  const built = buildUpstreamRequest({
    request: parseText('responses', '{"model":"r","input":"Hi","metadata":{"a":1.0},"top_p":1.0}'),
    targetApi: 'responses',
    model: 'm',
    continuation: userTurn,
  })
  const text = built.kind === 'built' ? textOf(built.body) : ''
  expect(text).toContain('"metadata":{"a":1.0},"top_p":1.0')
  expect(JSON.parse(text)).toMatchObject({ model: 'm', input: [{ content: 'Hi' }, {}, asked] })
})
