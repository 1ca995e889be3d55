import { describe, expect, test } from 'vitest'
import {
  jsonResponse,
  LAST_CHUNK,
  STREAM_HEAD,
  type FakeUpstream,
  type Script,
} from '../../support/fake-upstream.ts'
import {
  chatFrame,
  messagesFrame,
  messagesPrelude,
  messagesText,
} from '../../support/play-streams.ts'
import {
  callAdded,
  callDelta,
  callDone,
  callItem,
  completed,
  messageDone,
  messageItem,
  messageOpened,
  OPENED,
  RESPONSE,
  responsesFrames,
  textDelta,
  USAGE,
} from '../../support/responses-frames.ts'
import { scriptedChain } from '../../support/scripted-chain.ts'
import { anthropic, openAi } from '../../support/sdk-clients.ts'
import type { Api } from '../../../collector/vocabulary.ts'

/**
 * One turn of a conversation with tools, asked by each official SDK of a target of each protocol,
 * streamed and in one piece: what the SDK reads is what the target said, and what the target was
 * sent is what the client asked.
 */

const { upstreamOf, routerOver } = scriptedChain()

const JSON_TEXT = '{"city":"Graz"}'
const CALL = { id: 'call_fc_1', name: 'look_up_fc_1' }

const streams: Readonly<Record<Api, string>> = {
  chat:
    chatFrame({ role: 'assistant', content: '' }) +
    chatFrame({ content: 'I see.' }) +
    chatFrame({
      tool_calls: [
        { index: 0, id: CALL.id, type: 'function', function: { name: CALL.name, arguments: '' } },
      ],
    }) +
    chatFrame({ tool_calls: [{ index: 0, function: { arguments: JSON_TEXT } }] }) +
    chatFrame({}, 'tool_calls') +
    `data: ${JSON.stringify({
      id: 'chatcmpl-a',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'served',
      choices: [],
      usage: { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 },
    })}\n\n` +
    'data: [DONE]\n\n',
  messages:
    messagesPrelude() +
    messagesText('I see.') +
    messagesFrame({ type: 'content_block_stop', index: 0 }) +
    messagesFrame({
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', ...CALL, input: {} },
    }) +
    messagesFrame({
      type: 'content_block_delta',
      index: 1,
      delta: { type: 'input_json_delta', partial_json: JSON_TEXT },
    }) +
    messagesFrame({ type: 'content_block_stop', index: 1 }) +
    messagesFrame({
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 7 },
    }) +
    messagesFrame({ type: 'message_stop' }),
  responses: responsesFrames([
    ...OPENED,
    ...messageOpened('msg_1', 0),
    textDelta('msg_1', 0, 'I see.'),
    ...messageDone('msg_1', 0, 'I see.'),
    callAdded('fc_1', 1),
    callDelta('fc_1', 1, JSON_TEXT),
    ...callDone('fc_1', 1, JSON_TEXT),
    completed([messageItem('msg_1', 'I see.'), callItem('fc_1', JSON_TEXT)]),
  ]),
}

const wholes: Readonly<Record<Api, object>> = {
  chat: {
    id: 'chatcmpl-a',
    object: 'chat.completion',
    created: 1,
    model: 'served',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'I see.',
          tool_calls: [
            {
              id: CALL.id,
              type: 'function',
              function: { name: CALL.name, arguments: JSON_TEXT },
            },
          ],
        },
        finish_reason: 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 },
  },
  messages: {
    id: 'msg_a',
    type: 'message',
    role: 'assistant',
    model: 'served',
    content: [
      { type: 'text', text: 'I see.' },
      { type: 'tool_use', ...CALL, input: { city: 'Graz' } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 8, cache_read_input_tokens: 2, output_tokens: 7 },
  },
  responses: {
    ...RESPONSE,
    status: 'completed',
    output: [messageItem('msg_1', 'I see.'), callItem('fc_1', JSON_TEXT)],
    usage: USAGE,
  },
}

function answerOf(api: Api): Script {
  return (exchange) => {
    const { stream } = JSON.parse(exchange.request.body) as { readonly stream?: boolean }
    if (stream !== true) {
      exchange.send(jsonResponse(200, wholes[api]))
      return
    }
    exchange.send(STREAM_HEAD)
    exchange.chunk(streams[api])
    exchange.send(LAST_CHUNK)
  }
}

/** A deployment that speaks `api` to every client. */
function routeTo(api: Api, upstream: FakeUpstream) {
  if (api === 'messages') return { model: 'anthropic/claude-a', apiBase: upstream.url }
  const apiBase = `${upstream.url}/v1`
  return api === 'responses'
    ? { model: 'openai/responses/gpt-a', apiBase }
    : { model: 'openai/gpt-a', apiBase, params: { use_chat_completions_api: true } }
}

interface Read {
  readonly text: string
  readonly call: { readonly id: string; readonly name: string; readonly input: unknown }
  readonly stop: string
  readonly tokens: readonly [input: number, output: number]
}

const parameters = { type: 'object', properties: { city: { type: 'string' } } }
const tool = { name: CALL.name, description: 'Looks a city up.' }

type Ask = (url: string, stream: boolean) => Promise<Read>

const clients: Readonly<Record<Api, Ask>> = {
  async chat(url, stream) {
    const request = {
      model: 'primary',
      messages: [
        { role: 'system' as const, content: 'Be brief.' },
        { role: 'user' as const, content: 'Where?' },
      ],
      tools: [{ type: 'function' as const, function: { ...tool, parameters } }],
      max_completion_tokens: 50,
    }
    const { completions } = openAi({ url }).chat
    const answer = stream
      ? await completions
          .stream({ ...request, stream_options: { include_usage: true } })
          .finalChatCompletion()
      : await completions.create(request)
    const [choice] = answer.choices
    const [call] = choice?.message.tool_calls ?? []
    if (call?.type !== 'function') throw new Error('no call')
    return {
      text: choice?.message.content ?? '',
      call: {
        id: call.id,
        name: call.function.name,
        input: JSON.parse(call.function.arguments),
      },
      stop: choice?.finish_reason ?? '',
      tokens: [answer.usage?.prompt_tokens ?? 0, answer.usage?.completion_tokens ?? 0],
    }
  },
  async responses(url, stream) {
    const request = {
      model: 'primary',
      instructions: 'Be brief.',
      input: 'Where?',
      tools: [{ type: 'function' as const, ...tool, parameters, strict: false }],
      max_output_tokens: 50,
    }
    const { responses } = openAi({ url })
    const answer = stream
      ? await responses.stream(request).finalResponse()
      : await responses.create(request)
    const call = answer.output.find((item) => item.type === 'function_call')
    if (call?.type !== 'function_call') throw new Error('no call')
    return {
      text: answer.output_text,
      call: { id: call.call_id, name: call.name, input: JSON.parse(call.arguments) },
      stop: answer.status ?? '',
      tokens: [answer.usage?.input_tokens ?? 0, answer.usage?.output_tokens ?? 0],
    }
  },
  async messages(url, stream) {
    const request = {
      model: 'primary',
      max_tokens: 50,
      system: 'Be brief.',
      messages: [{ role: 'user' as const, content: 'Where?' }],
      tools: [
        { ...tool, input_schema: { type: 'object' as const, properties: parameters.properties } },
      ],
    }
    const { messages } = anthropic({ url })
    const answer = stream
      ? await messages.stream(request).finalMessage()
      : await messages.create(request)
    const [text, call] = answer.content
    if (text?.type !== 'text' || call?.type !== 'tool_use') throw new Error('no call')
    const cached = answer.usage.cache_read_input_tokens ?? 0
    return {
      text: text.text,
      call: { id: call.id, name: call.name, input: call.input },
      stop: answer.stop_reason ?? '',
      tokens: [answer.usage.input_tokens + cached, answer.usage.output_tokens],
    }
  },
}

const STOPS = { chat: 'tool_calls', responses: 'completed', messages: 'tool_use' } as const
const PATHS = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
} as const
const APIS: readonly Api[] = ['chat', 'responses', 'messages']
const cells = APIS.flatMap((client) => APIS.map((target) => [client, target] as const))

describe.each(cells)('a %s client of a %s target', (client, target) => {
  test.each([true, false])('reads what was said, streamed: %s', async (stream) => {
    const upstream = await upstreamOf(answerOf(target))
    const router = await routerOver([upstream], {
      routes: [{ name: 'primary', ...routeTo(target, upstream) }],
    })
    const read = await clients[client](router.url, stream)

    const usesPrelude = target === 'messages' && stream
    expect(read).toEqual({
      text: 'I see.',
      call: { ...CALL, input: { city: 'Graz' } },
      stop: STOPS[client],
      // Anthropic counts cached tokens beside the others: 10 and 2 in its stream here.
      tokens: [usesPrelude ? 12 : 10, 7],
    })
    const [request] = upstream.requests
    expect(request?.path).toBe(PATHS[target])
    const sent = request?.body ?? ''
    for (const said of ['Be brief.', 'Where?', CALL.name, 'Looks a city up.', '50', 'Graz']) {
      expect(sent.includes(said)).toBe(said !== 'Graz')
    }
    const { summary, attempts } = await router.telemetry.waitForRequest()
    expect(summary).toMatchObject({ outcome: 'ok', attempts: 1 })
    expect(attempts[0]?.start.droppedFields).toEqual([])
  })
})
