import { readFileSync } from 'node:fs'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { answerText, wordNumbersIn } from '../../../demo/provider/answer-text.ts'
import { BEHAVIOURS } from '../../../demo/provider/behaviours.ts'
import { startProvider, type Provider } from '../../../demo/provider/start-provider.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const question = { role: 'user', content: 'Count for me.' } as const

interface Read {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly error: string | undefined
}

/** Reads to the end, or to the error that ended it. */
async function post(path: string, body: unknown, signal?: AbortSignal): Promise<Read> {
  let text = ''
  const response = await fetch(provider.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  })
  const read = { status: response.status, headers: response.headers }
  try {
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true })
    return { ...read, text, error: undefined }
  } catch (error) {
    return { ...read, text, error: String((error as Error).cause ?? error) }
  }
}

function chatBody(model: string, messages: readonly unknown[] = [question]): unknown {
  return { model, messages, stream: true }
}

function contentOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => {
      const chunk = JSON.parse(line.slice(6)) as {
        choices?: readonly { delta?: { content?: string } }[]
      }
      return chunk.choices?.[0]?.delta?.content ?? ''
    })
    .join('')
}

const chat = (model: string, messages?: readonly unknown[]): Promise<Read> =>
  post('/v1/chat/completions', chatBody(model, messages))

const once = (model: string): Promise<Read> =>
  post('/v1/chat/completions', { model, messages: [question] })

const whole = Array.from({ length: 60 }, (_, index) => index + 1)
const upTo40 = whole.slice(0, 40)
const partial = answerText(40)

describe('a healthy model', () => {
  test('streams sixty numbered words to the OpenAI SDK on Chat Completions', async () => {
    const client = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'made-up' })
    const answer = await client.chat.completions
      .stream({
        model: 'healthy',
        messages: [question],
        stream_options: { include_usage: true },
      })
      .finalChatCompletion()
    expect(answer.choices[0]?.message.content).toBe(answerText())
    expect(answer.usage?.completion_tokens).toBe(60)
  })

  test('streams the same to the OpenAI SDK on Responses', async () => {
    const client = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'made-up' })
    const answer = await client.responses
      .stream({ model: 'healthy', input: 'Count for me.' })
      .finalResponse()
    expect(answer.output_text).toBe(answerText())
    expect(answer.status).toBe('completed')
  })

  test('streams the same to the Anthropic SDK on Messages', async () => {
    const client = new Anthropic({ baseURL: provider.url, apiKey: 'made-up' })
    const answer = await client.messages
      .stream({ model: 'healthy', max_tokens: 500, messages: [question] })
      .finalMessage()
    expect(answer.content).toMatchObject([{ type: 'text', text: answerText() }])
    expect(answer.stop_reason).toBe('end_turn')
  })

  test('answers in one piece where no stream is asked for', async () => {
    const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'made-up' })
    const anthropic = new Anthropic({ baseURL: provider.url, apiKey: 'made-up' })
    const completion = await openai.chat.completions.create({
      model: 'healthy',
      messages: [question],
    })
    const response = await openai.responses.create({ model: 'healthy', input: 'Count.' })
    const message = await anthropic.messages.create({
      model: 'healthy',
      max_tokens: 500,
      messages: [question],
    })
    expect(completion.choices[0]?.message.content).toBe(answerText())
    expect(response.output_text).toBe(answerText())
    expect(message.content).toMatchObject([{ text: answerText() }])
  })

  test('calls a tool with arguments that parse, in all three protocols', async () => {
    const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'made-up' })
    const anthropic = new Anthropic({ baseURL: provider.url, apiKey: 'made-up' })
    const city = { city: 'Paris', days: 3 }
    const completion = await openai.chat.completions
      .stream({ model: 'tool-call', messages: [question] })
      .finalChatCompletion()
    const call = completion.choices[0]?.message.tool_calls?.[0]
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual(city)
    const message = await anthropic.messages
      .stream({ model: 'tool-call', max_tokens: 500, messages: [question] })
      .finalMessage()
    expect(message.content).toMatchObject([{ type: 'tool_use', input: city }])
    const response = await openai.responses
      .stream({ model: 'tool-call', input: 'Weather?' })
      .finalResponse()
    expect(response.output).toMatchObject([{ type: 'function_call', name: 'get_weather' }])
  })

  test('keeps a connection for the next request', async () => {
    for (const _ of [1, 2, 3]) expect((await chat('healthy+pace-0')).error).toBeUndefined()
  })
})

describe('refusals', () => {
  test.each([
    ['status-429', 429, undefined],
    ['retry-after-2', 429, '2'],
    ['status-500', 500, undefined],
    ['status-503', 503, undefined],
    ['status-529', 529, undefined],
    ['quota', 429, undefined],
    ['context-too-long', 400, undefined],
  ])('%s answers with status %i', async (model, status, retryAfter) => {
    const answer = await chat(model)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('retry-after') ?? undefined).toBe(retryAfter)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { message: expect.any(String) } })
  })

  test('a misspelt behaviour is an unknown model, not a healthy one', async () => {
    expect((await chat('cut-rts-40')).status).toBe(404)
    expect((await chat('healthy+from-ancor')).status).toBe(404)
    expect((await chat('silent+healthy+cut-rst-1')).status).toBe(404)
  })

  test('a label before the behaviour says nothing', async () => {
    expect((await chat('claude-sonnet-4-6@status-503')).status).toBe(503)
  })

  test('a trailing assistant turn gets the 400 of Claude 4.6, in the words of the protocol', async () => {
    const messages = [question, { role: 'assistant', content: partial }]
    const body = { model: 'refuses-prefill', messages, stream: true, max_tokens: 500 }
    const refusal =
      'This model does not support assistant message prefill. The conversation must end with a user message.'
    const anthropic = await post('/v1/messages', body)
    expect(anthropic.status).toBe(400)
    expect(JSON.parse(anthropic.text)).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: refusal },
    })
    const openai = await post('/v1/chat/completions', body)
    expect(JSON.parse(openai.text)).toMatchObject({ error: { message: refusal } })
  })
})

describe('breaks in a stream', () => {
  test.each([
    ['cut-rst-40', 'ECONNRESET'],
    ['cut-fin-40', 'other side closed'],
    ['cut-clean-40', 'no error'],
    ['truncated-gzip-40', 'no error'],
  ])('%s delivers forty words, then %s', async (model, error) => {
    const answer = await chat(model)
    expect(wordNumbersIn(contentOf(answer.text))).toEqual(upTo40)
    expect(answer.text).not.toContain('[DONE]')
    expect(answer.error ?? 'no error').toContain(error)
  })

  test('an error event comes inside the 200, in the shape of each protocol', async () => {
    const openai = await chat('error-event-40')
    expect(openai.status).toBe(200)
    expect(openai.text).toContain('data: {"error":{"message":"Overloaded"')
    const anthropic = await post('/v1/messages', chatBody('error-event-3'))
    expect(anthropic.text).toContain('event: error\ndata: {"type":"error"')
    expect(anthropic.text).not.toContain('message_stop')
    const responses = await post('/v1/responses', {
      model: 'error-event-3',
      input: 'Count.',
      stream: true,
    })
    expect(responses.text).toContain('event: error\ndata: {"type":"error","sequence_number":')
  })

  test('a malformed frame stands where the number says', async () => {
    const answer = await chat('malformed-frame-2')
    const broken = answer.text
      .split('\n')
      .filter((line) => line.startsWith('data: {') && !line.endsWith('}'))
    expect(broken).toHaveLength(1)
  })

  test('half a tool call is cut in its arguments', async () => {
    const answer = await chat('half-tool-call')
    expect(answer.text).toContain('{\\"city\\":\\"P')
    expect(answer.text).not.toContain('Paris')
    expect(answer.error).toContain('ECONNRESET')
  })

  test('a reset after the terminal leaves a complete answer', async () => {
    const answer = await chat('reset-after-terminal')
    expect(wordNumbersIn(contentOf(answer.text))).toEqual(whole)
    expect(answer.text).toContain('"finish_reason":"stop"')
    expect(answer.text).not.toContain('[DONE]')
  })

  test('an empty success has a terminal and says nothing', async () => {
    const answer = await chat('empty-success')
    expect(contentOf(answer.text)).toBe('')
    expect(answer.text).toContain('"finish_reason":"stop"')
  })

  test('a web page and an empty body come with status 200', async () => {
    const page = await chat('html-page')
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ])
    const empty = await chat('no-events')
    expect([empty.status, empty.text]).toEqual([200, ''])
  })

  test('before the headers a connection is reset or closed', async () => {
    await expect(chat('reset-before-headers')).rejects.toMatchObject({
      cause: { code: 'ECONNRESET' },
    })
    await expect(chat('close-before-headers')).rejects.toMatchObject({
      cause: { code: 'UND_ERR_SOCKET' },
    })
  })

  test.each(['silent', 'stall-2', 'comments-0', 'slow-first-token-60000'])(
    '%s lasts until the client leaves, and the provider sees it leave',
    async (model) => {
      const leave = new AbortController()
      const pending = post('/v1/chat/completions', chatBody(model), leave.signal)
      pending.catch(() => undefined)
      await vi.waitFor(() => expect(provider.requests.at(-1)?.model).toBe(model))
      const received = provider.requests.at(-1)
      expect(received?.ended).toBe('open')
      leave.abort()
      await vi.waitFor(() => expect(received?.ended).toBe('client-gone'))
    },
  )
})

describe('an answer in one piece breaks too', () => {
  test.each(['cut-rst-40', 'cut-fin-40', 'half-tool-call'])(
    '%s promises more bytes than it sends',
    async (model) => {
      const answer = await once(model)
      expect(answer.error).toBeDefined()
      expect(answer.text.length).toBeLessThan(Number(answer.headers.get('content-length')))
    },
  )

  test.each(['cut-clean-40', 'malformed-frame-40'])('%s is half a document', async (model) => {
    const answer = await once(model)
    expect(answer.error).toBeUndefined()
    expect(() => JSON.parse(answer.text) as unknown).toThrow(SyntaxError)
  })

  test('an error stands in the body of a 200', async () => {
    const answer = await once('error-event-0')
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toHaveProperty('error.message', 'Overloaded')
  })
})

describe('a continuation', () => {
  const goOn =
    'You were cut off. Go on from "word-33 word-34 word-35 word-36 word-37 word-38 word-39 word-40".'
  const userTurn = [
    question,
    { role: 'assistant', content: partial },
    { role: 'user', content: goOn },
  ]
  const prefill = userTurn.slice(0, 2)

  test.each([
    ['from-anchor', answerText().slice(answerText(32).length + 1)],
    ['without-anchor', answerText().slice(partial.length)],
    ['starts-over', answerText()],
  ])('in a user turn is answered %s', async (style, expected) => {
    expect(contentOf((await chat(`healthy+${style}`, userTurn)).text)).toBe(expected)
    expect(provider.requests.at(-1)?.continuation).toBe('user_turn')
  })

  test('may start over with the same sixty characters and then say something else', async () => {
    const text = contentOf((await chat('starts-over-in-other-words', userTurn)).text)
    expect(text.slice(0, 60)).toBe(answerText().slice(0, 60))
    expect(text.slice(60)).toMatch(/^ other-01 other-02/)
  })

  test('by prefill goes on without a word in between', async () => {
    const text = contentOf((await chat('healthy', prefill)).text)
    expect(partial + text).toBe(answerText())
    expect(provider.requests.at(-1)).toMatchObject({
      continuation: 'prefill',
      lastRole: 'assistant',
    })
  })

  test('that the model refuses as prefill, it accepts as a user turn', async () => {
    expect((await chat('refuses-prefill', prefill)).status).toBe(400)
    expect((await chat('refuses-prefill', userTurn)).status).toBe(200)
  })

  test('of somebody else’s text is answered from the start', async () => {
    const other = [question, { role: 'assistant', content: 'Something else' }, question]
    expect(contentOf((await chat('healthy', other)).text)).toBe(answerText())
    expect(provider.requests.at(-1)?.continuation).toBe('none')
  })
})

test('every behaviour can be asked for by its example', async () => {
  const client = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'made-up' })
  const listed = (await client.models.list()).data.map(({ id }) => id)
  expect(listed).toEqual(BEHAVIOURS.map(({ example }) => example))
})

test('the table of demo/README.md names every behaviour and what it does', () => {
  const readme = readFileSync(new URL('../../../demo/README.md', import.meta.url), 'utf8')
  const rows = BEHAVIOURS.map(({ example, does }) => `| \`${example}\` | ${does} |`)
  expect(readme.split('\n').filter((line) => rows.includes(line))).toEqual(rows)
})
