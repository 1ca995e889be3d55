import { gzipSync } from 'node:zlib'
import { answerTo, continuationOf, piecesOf } from '../../demo/provider/answer-text.ts'
import type { ContinuationStyle } from '../../demo/provider/answer-text.ts'
import { chat } from '../../demo/provider/protocols/chat.ts'
import { messages } from '../../demo/provider/protocols/messages.ts'
import { isRecord } from '../../demo/provider/protocols/protocol.ts'
import type { Encoder, Protocol } from '../../demo/provider/protocols/protocol.ts'
import { responses } from '../../demo/provider/protocols/responses.ts'
import type { ProviderError } from '../../demo/provider/script.ts'
import type { Api } from '../../collector/vocabulary.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import type { WireExchange } from '../support/fake-upstream.ts'
import type { Receipts } from './receipts.ts'

/** Short enough to be read in a golden file, longer than an anchor and than what aligning needs. */
export const WORDS = 24
/** Words of one frame. */
const WORDS_PER_FRAME = 4
/** Where `in text` breaks. */
export const WORDS_BEFORE_BREAK = 12

export const TOOL = { id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris","days":3}' }

const PROTOCOLS: Readonly<Record<Api, Protocol>> = { chat, messages, responses }

/** How the body of an answer is delimited. */
export type Framing = 'chunked' | 'until-close' | 'promised-length'

export interface WireOptions {
  readonly exchange: WireExchange
  readonly api: Api
  /** From 1, in the order of the chain. */
  readonly target: number
  readonly style: ContinuationStyle
  readonly receipts: Receipts
  readonly clock: FakeClock
  /** Attempts of the request that have ended. */
  readonly attemptsEnded: () => number
}

/** What one scripted target said to one request. */
export interface Said {
  readonly target: number
  readonly api: Api
  terminal: boolean
  error: boolean
}

/** Longer than any promise is kept. */
const PROMISED_BYTES = 1_000_000

/** One answer of a scripted target, frame by frame, on its raw socket. */
export class TargetWire {
  readonly said: Said
  readonly api: Api
  readonly exchange: WireExchange
  readonly encoder: Encoder
  readonly #options: WireOptions
  readonly #frames: readonly string[]
  #framing: Framing = 'chunked'
  #sentBytes = 0
  #next = 0

  constructor(options: WireOptions) {
    const { api, exchange, target, style } = options
    this.#options = options
    this.api = api
    this.exchange = exchange
    this.said = { target, api, terminal: false, error: false }
    const body: unknown = JSON.parse(exchange.request.body)
    const asked = PROTOCOLS[api].parse(isRecord(body) ? body : {})
    this.encoder = PROTOCOLS[api].encoder({
      id: `target${target}`,
      model: `served-by-${target}`,
      createdS: 1_700_000_000,
      inputTokens: 7,
      includeUsage: asked.includeUsage,
      tool: TOOL,
    })
    this.#frames = framesOf(answerTo(continuationOf(asked.turns), style, WORDS))
  }

  get error(): ProviderError {
    const { target } = this.#options
    return {
      type: 'server_error',
      code: null,
      message: `Target ${target} of the chain is broken.`,
    }
  }

  open(framing: Framing = 'chunked', headers = ''): void {
    this.#framing = framing
    const length = {
      chunked: 'transfer-encoding: chunked\r\n',
      'until-close': 'connection: close\r\n',
      'promised-length': `content-length: ${PROMISED_BYTES}\r\n`,
    }[framing]
    this.exchange.send(
      `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n${headers}${length}\r\n`,
    )
  }

  body(text: string | Uint8Array): void {
    const bytes = Buffer.from(text)
    if (bytes.length === 0) return
    this.#sentBytes += bytes.length
    if (this.#framing === 'chunked') this.exchange.chunk(bytes)
    else this.exchange.send(bytes)
  }

  prelude(): void {
    this.body(this.encoder.prelude())
  }

  /** That many words more, or all that are left. */
  words(count: number = WORDS): void {
    for (let sent = 0; sent < count && this.#next < this.#frames.length; sent += WORDS_PER_FRAME) {
      this.body(this.encoder.words(this.#frames[this.#next] ?? ''))
      this.#next += 1
    }
  }

  terminal(reason: 'stop' | 'tool-calls' = 'stop'): void {
    this.said.terminal = true
    this.body(this.encoder.terminal(reason))
  }

  errorFrame(text: string): void {
    this.said.error = true
    this.body(text)
  }

  /** Ends the answer as HTTP wants it. */
  end(): void {
    if (this.#framing === 'chunked') this.exchange.send('0\r\n\r\n')
    else this.exchange.fin()
  }

  whole(status: number, headers: string, text: string): void {
    const length = Buffer.byteLength(text)
    this.exchange.send(
      `HTTP/1.1 ${status} Scripted\r\n${headers}content-length: ${length}\r\n\r\n${text}`,
    )
  }

  errorBody(status: number): string {
    return JSON.stringify(PROTOCOLS[this.api].errorBody(status, this.error))
  }

  /** A whole answer that does not stream. */
  wholeAnswer(): string {
    const text = answerTo({ kind: 'none' }, 'from-anchor', WORDS)
    return JSON.stringify(
      this.encoder.body({ text, words: WORDS, toolCall: false, reason: 'stop' }),
    )
  }

  gzipped(text: string): Buffer {
    const packed = gzipSync(text)
    return packed.subarray(0, packed.length - 8)
  }

  /** Resolves once the router has read everything that was sent. */
  settled(): Promise<void> {
    const { receipts, exchange } = this.#options
    return receipts.waitFor(exchange.request.path, this.#sentBytes)
  }

  /** Not a byte more: time moves on, timer by timer, until the router gives this attempt up. */
  async silence(betweenTimers?: () => Promise<void>): Promise<void> {
    const { attemptsEnded, clock } = this.#options
    await this.settled()
    const before = attemptsEnded()
    while (attemptsEnded() === before) {
      if (betweenTimers !== undefined) {
        // oxlint-disable-next-line no-await-in-loop -- time stands still until it has arrived
        await betweenTimers()
      } else if (!clock.fireNext()) throw new Error('the router waits for nothing')
      // oxlint-disable-next-line no-await-in-loop -- the router's own promises come first
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  advance(byMs: number): void {
    this.#options.clock.advance(byMs)
  }

  /** All that is left of a healthy answer. */
  finish(): void {
    this.words()
    this.terminal()
    this.body(this.encoder.closingFrame())
    this.end()
  }
}

/** The answer in frames of some words each. */
function framesOf(text: string): readonly string[] {
  const pieces = piecesOf(text)
  const frames: string[] = []
  for (let index = 0; index < pieces.length; index += WORDS_PER_FRAME) {
    frames.push(pieces.slice(index, index + WORDS_PER_FRAME).join(''))
  }
  return frames
}
