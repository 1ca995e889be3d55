import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Serves prepared bodies to the official SDKs: what their parsers make of our streams. */
export class StreamServer {
  #server: Server | undefined
  #body = ''

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      request.resume()
      request.on('end', () => {
        // Kept alive, a connection could be closed between two tests.
        response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' })
        response.end(this.#body)
      })
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  }

  async stop(): Promise<void> {
    const server = this.#server
    server?.closeAllConnections()
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()))
  }

  serve(body: string): void {
    this.#body = body
  }

  #origin(): string {
    const address = this.#server?.address() as AddressInfo
    return `http://127.0.0.1:${address.port}`
  }

  openai(): OpenAI {
    return new OpenAI({ baseURL: `${this.#origin()}/v1`, apiKey: 'none', maxRetries: 0 })
  }

  anthropic(): Anthropic {
    return new Anthropic({ baseURL: this.#origin(), apiKey: 'none', maxRetries: 0 })
  }
}

export interface Read {
  readonly text: string
  readonly error: string | undefined
  readonly stop?: string | null
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly tools?: readonly string[]
}

const messages = [{ role: 'user' as const, content: 'Tell me.' }]

export async function readChatRaw(server: StreamServer, body: string): Promise<Read> {
  server.serve(body)
  let text = ''
  try {
    const stream = await server
      .openai()
      .chat.completions.create({ model: 'route', messages, stream: true })
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  } catch (error: unknown) {
    return { text, error: messageOf(error) }
  }
  return { text, error: undefined }
}

export async function readChatHelper(server: StreamServer, body: string): Promise<Read> {
  server.serve(body)
  try {
    const helper = server.openai().chat.completions.stream({ model: 'route', messages })
    const completion = await helper.finalChatCompletion()
    const [choice] = completion.choices
    return {
      text: choice?.message.content ?? '',
      error: undefined,
      stop: choice?.finish_reason ?? null,
      inputTokens: completion.usage?.prompt_tokens ?? -1,
      outputTokens: completion.usage?.completion_tokens ?? -1,
      tools: (choice?.message.tool_calls ?? []).map((call) =>
        call.type === 'function'
          ? `${call.id} ${call.function.name} ${call.function.arguments}`
          : '',
      ),
    }
  } catch (error: unknown) {
    return { text: '', error: messageOf(error) }
  }
}

export async function readMessagesRaw(server: StreamServer, body: string): Promise<Read> {
  server.serve(body)
  let text = ''
  try {
    const stream = await server
      .anthropic()
      .messages.create({ model: 'route', max_tokens: 100, messages, stream: true })
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
        text += event.delta.text
      }
    }
  } catch (error: unknown) {
    return { text, error: messageOf(error) }
  }
  return { text, error: undefined }
}

export async function readMessagesHelper(server: StreamServer, body: string): Promise<Read> {
  server.serve(body)
  try {
    const helper = server.anthropic().messages.stream({ model: 'route', max_tokens: 100, messages })
    const message = await helper.finalMessage()
    return {
      text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
      error: undefined,
      stop: message.stop_reason,
      inputTokens: message.usage.input_tokens,
      outputTokens: message.usage.output_tokens,
      tools: message.content.flatMap((block) =>
        block.type === 'tool_use'
          ? [`${block.id} ${block.name} ${JSON.stringify(block.input)}`]
          : [],
      ),
    }
  } catch (error: unknown) {
    return { text: '', error: messageOf(error) }
  }
}

export async function readResponsesRaw(server: StreamServer, body: string): Promise<Read> {
  server.serve(body)
  let text = ''
  try {
    const stream = await server
      .openai()
      .responses.create({ model: 'route', input: messages, stream: true })
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') text += event.delta
    }
  } catch (error: unknown) {
    return { text, error: messageOf(error) }
  }
  return { text, error: undefined }
}

/** It resolves with what it has where a stream just ends: the status tells. */
export async function readResponsesHelper(server: StreamServer, body: string): Promise<Read> {
  server.serve(body)
  try {
    const helper = server.openai().responses.stream({ model: 'route', input: messages })
    const response = await helper.finalResponse()
    return {
      text: response.output_text,
      error: undefined,
      stop: response.incomplete_details?.reason ?? response.status ?? null,
      inputTokens: response.usage?.input_tokens ?? -1,
      outputTokens: response.usage?.output_tokens ?? -1,
      tools: response.output.flatMap((item) =>
        item.type === 'function_call' ? [`${item.call_id} ${item.name} ${item.arguments}`] : [],
      ),
    }
  } catch (error: unknown) {
    return { text: '', error: messageOf(error) }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
