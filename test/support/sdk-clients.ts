import OpenAI from 'openai'
import Anthropic from '@anthropic-ai/sdk'
import type { Api } from '../../collector/vocabulary.ts'

/** How an official client came out of one streamed answer. */
export type Read =
  | { readonly kind: 'complete'; readonly text: string }
  /** It says of itself that it failed (`response.failed`): the SDK does not raise that. */
  | { readonly kind: 'failed'; readonly text: string }
  | { readonly kind: 'raised'; readonly error: Error; readonly text: string }
  /** Iteration ended without an error and without the protocol's own end. */
  | { readonly kind: 'silent'; readonly text: string }

export interface ReadOptions {
  readonly url: string
  readonly route: string
  readonly apiKey?: string
  readonly extra?: object
}

export interface Reader {
  readonly name: string
  readonly api: Api
  readonly read: (options: ReadOptions) => Promise<Read>
}

const PROMPT = [{ role: 'user' as const, content: 'Count to sixty.' }]

/** The six ways in which most programs read a stream. */
export const READERS: readonly Reader[] = [
  { name: 'openai, raw iteration', api: 'chat', read: readOpenAiRaw },
  { name: 'openai, helper', api: 'chat', read: readOpenAiHelper },
  { name: '@anthropic-ai/sdk, raw iteration', api: 'messages', read: readAnthropicRaw },
  { name: '@anthropic-ai/sdk, helper', api: 'messages', read: readAnthropicHelper },
  { name: 'openai responses, raw iteration', api: 'responses', read: readResponsesRaw },
  { name: 'openai responses, helper', api: 'responses', read: readResponsesHelper },
]

export function openAi(options: Pick<ReadOptions, 'url' | 'apiKey'>): OpenAI {
  return new OpenAI({
    baseURL: `${options.url}/v1`,
    apiKey: options.apiKey ?? 'sk-client',
    maxRetries: 0,
  })
}

export function anthropic(options: Pick<ReadOptions, 'url' | 'apiKey'>): Anthropic {
  return new Anthropic({
    baseURL: options.url,
    apiKey: options.apiKey ?? 'sk-client',
    maxRetries: 0,
  })
}

async function readOpenAiRaw(options: ReadOptions): Promise<Read> {
  let text = ''
  let finished = false
  return settle(
    async () => {
      const stream = await openAi(options).chat.completions.create({
        model: options.route,
        stream: true,
        messages: PROMPT,
        ...options.extra,
      })
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? ''
        finished ||= typeof chunk.choices[0]?.finish_reason === 'string'
      }
      return { finished, text }
    },
    () => text,
  )
}

async function readOpenAiHelper(options: ReadOptions): Promise<Read> {
  return settle(
    async () => {
      const stream = openAi(options).chat.completions.stream({
        model: options.route,
        messages: PROMPT,
        ...options.extra,
      })
      const answer = await stream.finalChatCompletion()
      return { finished: true, text: answer.choices[0]?.message.content ?? '' }
    },
    () => '',
  )
}

async function readResponsesRaw(options: ReadOptions): Promise<Read> {
  let text = ''
  let finished = false
  let failed = false
  return settle(
    async () => {
      const stream = await openAi(options).responses.create({
        model: options.route,
        stream: true,
        input: PROMPT,
        ...options.extra,
      })
      for await (const event of stream) {
        if (event.type === 'response.output_text.delta') text += event.delta
        finished ||= event.type === 'response.completed' || event.type === 'response.incomplete'
        failed ||= event.type === 'response.failed'
      }
      return { finished, failed, text }
    },
    () => text,
  )
}

/** Resolves with an unfinished answer where a stream just ends: its status must be looked at. */
async function readResponsesHelper(options: ReadOptions): Promise<Read> {
  return settle(
    async () => {
      const stream = openAi(options).responses.stream({
        model: options.route,
        input: PROMPT,
        ...options.extra,
      })
      const { status, output_text: text } = await stream.finalResponse()
      const finished = status === 'completed' || status === 'incomplete'
      return { finished, failed: status === 'failed', text }
    },
    () => '',
  )
}

async function readAnthropicRaw(options: ReadOptions): Promise<Read> {
  let text = ''
  let finished = false
  return settle(
    async () => {
      const stream = await anthropic(options).messages.create({
        model: options.route,
        max_tokens: 1000,
        stream: true,
        messages: PROMPT,
        ...options.extra,
      })
      for await (const event of stream) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
          text += event.delta.text
        }
        finished ||= event.type === 'message_delta' && event.delta.stop_reason !== null
      }
      return { finished, text }
    },
    () => text,
  )
}

async function readAnthropicHelper(options: ReadOptions): Promise<Read> {
  return settle(
    async () => {
      const stream = anthropic(options).messages.stream({
        model: options.route,
        max_tokens: 1000,
        messages: PROMPT,
        ...options.extra,
      })
      const message = await stream.finalMessage()
      const text = message.content
        .map((block) => (block.type === 'text' ? block.text : ''))
        .join('')
      return { finished: true, text }
    },
    () => '',
  )
}

interface End {
  readonly finished: boolean
  readonly failed?: boolean
  readonly text: string
}

async function settle(read: () => Promise<End>, textSoFar: () => string): Promise<Read> {
  try {
    const { finished, failed = false, text } = await read()
    if (failed) return { kind: 'failed', text }
    return { kind: finished ? 'complete' : 'silent', text }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { kind: 'raised', error, text: textSoFar() }
  }
}
