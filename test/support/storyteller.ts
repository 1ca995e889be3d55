import { anchorOf } from '../../collector/continuation/anchor.ts'
import type { Api } from '../../collector/vocabulary.ts'
import type { Script, WireExchange } from './fake-upstream.ts'
import { jsonResponse, LAST_CHUNK, STREAM_HEAD } from './fake-upstream.ts'
import { bodyOf } from './play-streams.ts'

/** How a target behaves that tells one story, from wherever it is asked to go on. */
export interface Telling {
  /** Words after which the connection breaks; absent: it tells to the end. */
  readonly breaksAfter?: number
  /** Answers a trailing assistant turn with this 400. */
  readonly refusesPrefill?: string
  /** Answers any request to go on with this 400. */
  readonly refusesToGoOn?: string
  /** What it does with a request to go on, instead of going on. */
  readonly wayward?: (story: string, partial: string) => string
}

interface Asked {
  /** `prefill`, `user_turn` or, where it is asked for all of it, `restart`. */
  readonly strategy: 'prefill' | 'user_turn' | 'restart'
  readonly partial: string
}

/** A target on a raw socket that goes on with `story` as a model would that can. */
export function storyteller(story: string, telling: Telling = {}): Script {
  return async (exchange) => {
    const asked = askedOf(exchange)
    const refusal =
      (asked.strategy === 'prefill' ? telling.refusesPrefill : undefined) ??
      (asked.strategy === 'restart' ? undefined : telling.refusesToGoOn)
    if (refusal !== undefined) {
      const error = { type: 'invalid_request_error', message: refusal }
      exchange.send(jsonResponse(400, { type: 'error', error }))
      return
    }
    const isWayward = telling.wayward !== undefined && asked.strategy !== 'restart'
    const text = isWayward ? telling.wayward(story, asked.partial) : answerTo(asked, story)
    const words = text.match(/\s*\S+\s*$|\s*\S+/g) ?? []
    const told = words.slice(0, telling.breaksAfter)
    const isCut = telling.breaksAfter !== undefined
    exchange.send(STREAM_HEAD)
    for (const frame of framesOf(bodyOf(apiOf(exchange), told, isCut))) exchange.chunk(frame)
    await exchange.drained()
    if (isCut) exchange.fin()
    else exchange.send(LAST_CHUNK)
  }
}

export function framesOf(body: string): readonly string[] {
  return body.match(/[\s\S]+?\n\n/g) ?? []
}

export function apiOf({ request }: Pick<WireExchange, 'request'>): Api {
  if (request.path.endsWith('/chat/completions')) return 'chat'
  return request.path.endsWith('/responses') ? 'responses' : 'messages'
}

/** What a request asks for, as far as its last turns tell. */
export function askedOf({ request }: Pick<WireExchange, 'request'>): Asked {
  const body = JSON.parse(request.body)
  const turns: readonly Turn[] = body.messages ?? body.input
  const last = turns.at(-1)
  const before = turns.at(-2)
  if (last?.role === 'assistant') return { strategy: 'prefill', partial: textOf(last) }
  if (before?.role !== 'assistant') return { strategy: 'restart', partial: '' }
  return { strategy: 'user_turn', partial: textOf(before) }
}

interface Turn {
  readonly role?: string
  readonly content: string | readonly { readonly text?: string }[]
}

function textOf({ content }: Turn): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('')
}

function answerTo({ strategy, partial }: Asked, story: string): string {
  const rest = story.slice(partial.trimEnd().length)
  return strategy === 'user_turn' ? anchorOf(partial) + rest : rest
}
