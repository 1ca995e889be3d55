import { describe, expect, test } from 'vitest'
import { buildUpstreamRequest } from '../../../collector/protocol/build-upstream-request.ts'
import type { BodyRules, UpstreamRequestInput } from '../../../collector/protocol/protocol.ts'
import { MISTRAL_TOOL_ID, OPENAI_TOOL_ID } from '../../../collector/protocol/tool-id.ts'
import { parse, textOf } from '../../support/play-streams.ts'

interface Case {
  readonly from: 'chat' | 'messages'
  readonly to: 'chat' | 'messages'
  readonly body?: object
  readonly rules: BodyRules
  readonly fields?: Partial<UpstreamRequestInput>
}

function sent({ from, to, body, rules, fields }: Case) {
  const messages = [{ role: 'user', content: 'Tell me.' }]
  const built = buildUpstreamRequest({
    request: parse(from, { model: 'route', messages, ...body }),
    targetApi: to,
    model: 'target-model',
    continuation: { strategy: 'restart' },
    rules,
    ...fields,
  })
  if (built.kind !== 'built') throw new Error(built.detail)
  const json: Record<string, unknown> = JSON.parse(textOf(built.body))
  return { json, changed: built.changed, dropped: built.dropped }
}

test('a default is sent where the client says nothing, and yields where it does', () => {
  const rules = { defaults: { temperature: 0.2, max_tokens: 20, seed: 12 } }
  const silent = sent({ from: 'chat', to: 'chat', rules })
  expect(silent.json).toMatchObject({ temperature: 0.2, max_tokens: 20, seed: 12 })
  expect(silent.changed).toBe(true)
  const body = { temperature: 1, max_completion_tokens: 5, seed: 1 }
  const spoken = sent({ from: 'chat', to: 'chat', body, rules })
  expect(spoken.json).toMatchObject(body)
  expect(spoken.json).not.toHaveProperty('max_tokens')
  expect(spoken.changed).toBe(false)
})

test('a default is said in the target’s own words, and left out where there is none', () => {
  const rules = { defaults: { max_completion_tokens: 20, stop: 'END', seed: 12, top_p: 0.5 } }
  const { json } = sent({ from: 'chat', to: 'messages', rules })
  expect(json).toMatchObject({ max_tokens: 20, stop_sequences: ['END'], top_p: 0.5 })
  expect(json).not.toHaveProperty('seed')
})

test('a sampling default is not sent to a model that refuses it', () => {
  const rules = { defaults: { temperature: 0.2, max_tokens: 20 } }
  const { json } = sent({ from: 'chat', to: 'messages', rules, fields: { acceptsSampling: false } })
  expect(json).toMatchObject({ max_tokens: 20 })
  expect(json).not.toHaveProperty('temperature')
})

test('a field that the server refuses is left out, and named', () => {
  const rules = { omit: ['seed', 'stop', 'user'] }
  const body = { seed: 7, stop: ['END'] }
  expect(sent({ from: 'chat', to: 'chat', body, rules })).toMatchObject({
    dropped: ['seed', 'stop'],
    changed: true,
    json: expect.not.objectContaining({ seed: 7 }),
  })
  const foreign = sent({ from: 'chat', to: 'messages', body, rules })
  expect(foreign.dropped).toContain('stop_sequences')
  expect(foreign.json).not.toHaveProperty('stop_sequences')
})

test('an extra field is set whatever the client said', () => {
  const rules = { extra: { safe_prompt: true, seed: 1 } }
  const { json, changed } = sent({ from: 'chat', to: 'chat', body: { seed: 2 }, rules })
  expect(json).toMatchObject({ safe_prompt: true, seed: 1 })
  expect(changed).toBe(true)
})

test.each(['max_tokens', 'max_completion_tokens'] as const)(
  'a limit that we translated goes by the server’s word for it, %s',
  (limitField) => {
    const rules = { limitField }
    const body = { max_tokens: 50 }
    const { json } = sent({ from: 'messages', to: 'chat', body, rules })
    const limits = ['max_tokens', 'max_completion_tokens'].filter((name) => name in json)
    expect(limits).toEqual([limitField])
    expect(json[limitField]).toBe(50)
  },
)

test('a Chat client’s own limit stays as it said it', () => {
  const rules = { limitField: 'max_completion_tokens' } as const
  const { json, changed } = sent({ from: 'chat', to: 'chat', body: { max_tokens: 5 }, rules })
  expect(json).toMatchObject({ max_tokens: 5 })
  expect(changed).toBe(false)
})

test('an envelope of the provider’s own is no change of the request', () => {
  const rules = { envelope: { anthropic_version: 'vertex-2023-10-16' }, modelInPath: true }
  const body = { max_tokens: 5 }
  const { json, changed } = sent({ from: 'messages', to: 'messages', body, rules })
  expect(json).toMatchObject({ anthropic_version: 'vertex-2023-10-16', max_tokens: 5 })
  expect(json).not.toHaveProperty('model')
  expect(changed).toBe(false)
})

describe('a Chat client’s own request', () => {
  test('says its limit by the other word where the server refuses the one it used', () => {
    const rules = { chatDialect: { refusedLimitField: 'max_completion_tokens' } } as const
    const body = { max_completion_tokens: 5 }
    const { json, changed } = sent({ from: 'chat', to: 'chat', body, rules })
    expect(json).toMatchObject({ max_tokens: 5 })
    expect(json).not.toHaveProperty('max_completion_tokens')
    expect(changed).toBe(true)
  })

  test('says one limit only where it said both', () => {
    const rules = { chatDialect: { refusedLimitField: 'max_completion_tokens' } } as const
    const body = { max_tokens: 4, max_completion_tokens: 5 }
    const { json } = sent({ from: 'chat', to: 'chat', body, rules })
    expect(json).toMatchObject({ max_tokens: 4 })
    expect(json).not.toHaveProperty('max_completion_tokens')
  })

  test('names its tool calls as the server takes them, and each result like its call', () => {
    const rules = { chatDialect: { toolIdForm: MISTRAL_TOOL_ID } }
    const body = { messages: toolTurns('call_PTLP8xhu3uwZk4l3nlnrrJha', 'call_Q') }
    const { json, changed } = sent({ from: 'chat', to: 'chat', body, rules })
    const { calls, results } = toolIds(json)
    expect(calls).toEqual([expect.stringMatching(/^[a-z0-9]{9}$/), expect.anything()])
    expect(new Set(calls).size).toBe(2)
    expect(results).toEqual(calls)
    expect(changed).toBe(true)
  })

  test('is not touched where its tool calls are named as the server takes them', () => {
    const rules = { chatDialect: { toolIdForm: OPENAI_TOOL_ID } }
    const body = { messages: toolTurns('call_1', 'functions.now:1') }
    const { json, changed } = sent({ from: 'chat', to: 'chat', body, rules })
    expect(json).toMatchObject(body)
    expect(changed).toBe(false)
  })
})

function toolTurns(...ids: readonly string[]) {
  const calls = ids.map((id) => ({
    id,
    type: 'function',
    function: { name: 'f', arguments: '{}' },
  }))
  return [
    { role: 'user', content: 'Look.' },
    { role: 'assistant', content: null, tool_calls: calls },
    ...ids.map((id) => ({ role: 'tool', tool_call_id: id, content: 'ok' })),
  ]
}

function toolIds(json: Record<string, unknown>) {
  const messages = Array.isArray(json['messages']) ? json['messages'] : []
  return {
    calls: messages.flatMap(({ tool_calls: calls = [] }) =>
      calls.map(({ id }: { id: string }) => id),
    ),
    results: messages.flatMap(({ tool_call_id: id }) => id ?? []),
  }
}
