import { expect, test } from 'vitest'
import { LAST_CHUNK, STREAM_HEAD, type Script } from '../../support/fake-upstream.ts'
import { chatFrame } from '../../support/play-streams.ts'
import { scriptedChain } from '../../support/scripted-chain.ts'
import { anthropic, openAi } from '../../support/sdk-clients.ts'
import type { TestRouter } from '../../support/start-router.ts'

/**
 * Two calls whose arguments a Chat target streams in turns, read by each official SDK in its own
 * protocol: an SDK that was sent a delta for a closed block would read another call than was made.
 */

const { upstreamOf, routerOver } = scriptedChain()

const fragment = (index: number, json: string, head: object = {}): string =>
  chatFrame({
    tool_calls: [
      { index, ...head, function: { ...('id' in head && { name: 'f' }), arguments: json } },
    ],
  })

const inTurns: Script = (exchange) => {
  exchange.send(STREAM_HEAD)
  exchange.chunk(chatFrame({ role: 'assistant', content: null }))
  exchange.chunk(fragment(0, '{"a"', { id: 'call_a', type: 'function' }))
  exchange.chunk(fragment(1, '{"b":"', { id: 'call_b', type: 'function' }))
  exchange.chunk(fragment(0, ':1'))
  exchange.chunk(fragment(1, 'two"}'))
  exchange.chunk(fragment(0, '}'))
  exchange.chunk(chatFrame({}, 'tool_calls'))
  exchange.chunk('data: [DONE]\n\n')
  exchange.send(LAST_CHUNK)
}

async function router(): Promise<TestRouter> {
  const upstream = await upstreamOf(inTurns)
  return routerOver([upstream], {
    routes: [
      {
        name: 'primary',
        model: 'openai/gpt-a',
        apiBase: `${upstream.url}/v1`,
        params: { use_chat_completions_api: true },
      },
    ],
  })
}

const PROMPT = [{ role: 'user' as const, content: 'Call both.' }]

test('an Anthropic client reads both calls, each with its own input', async () => {
  const { url } = await router()
  const message = await anthropic({ url })
    .messages.stream({ model: 'primary', max_tokens: 50, messages: PROMPT })
    .finalMessage()
  expect(message.stop_reason).toBe('tool_use')
  expect(message.content).toMatchObject([
    { type: 'tool_use', id: 'call_a', name: 'f', input: { a: 1 } },
    { type: 'tool_use', id: 'call_b', name: 'f', input: { b: 'two' } },
  ])
})

test('a Responses client reads both calls, each with its own arguments', async () => {
  const { url } = await router()
  const response = await openAi({ url })
    .responses.stream({ model: 'primary', input: PROMPT })
    .finalResponse()
  expect(response.status).toBe('completed')
  expect(response.output).toMatchObject([
    { type: 'function_call', call_id: 'call_a', name: 'f', arguments: '{"a":1}' },
    { type: 'function_call', call_id: 'call_b', name: 'f', arguments: '{"b":"two"}' },
  ])
})

test('a Chat client reads them as they came', async () => {
  const { url } = await router()
  const answer = await openAi({ url })
    .chat.completions.stream({ model: 'primary', messages: PROMPT })
    .finalChatCompletion()
  expect(answer.choices[0]?.message.tool_calls).toMatchObject([
    { id: 'call_a', function: { arguments: '{"a":1}' } },
    { id: 'call_b', function: { arguments: '{"b":"two"}' } },
  ])
})
