import { answerTo, continuationOf } from '../../demo/provider/answer-text.ts'
import type { ContinuationStyle } from '../../demo/provider/answer-text.ts'
import { chat } from '../../demo/provider/protocols/chat.ts'
import { messages } from '../../demo/provider/protocols/messages.ts'
import { frame, isRecord } from '../../demo/provider/protocols/protocol.ts'
import type { Encoder, Protocol } from '../../demo/provider/protocols/protocol.ts'
import { responses } from '../../demo/provider/protocols/responses.ts'
import type { UpstreamCall } from '../../collector/upstream/send.ts'
import type { Api } from '../../collector/vocabulary.ts'
import { TOOL } from '../matrix/target-wire.ts'
import type { Chance } from './chance.ts'

/** What one target does to one request, drawn before the first byte. */
export interface DrawnAnswer {
  readonly fault: SimulatedFault
  /** `undefined`: nobody listens. */
  readonly connectMs: number | undefined
  /** `undefined`: no head ever comes. */
  readonly head: { readonly status: number; readonly headers: Record<string, string> } | undefined
  readonly headMs: number
  readonly body: Uint8Array
  /** Where the body is cut into what the network delivers at once. */
  readonly cuts: readonly number[]
  readonly gapMs: number
  readonly ending: 'end' | 'reset' | 'silence' | 'comments'
  /** Bytes after which the protocol's terminal has been said; none: it is not said. */
  readonly terminalAt: number | undefined
  /** The target's own words are in its error. */
  readonly speaks: boolean
}

export const SIMULATED_FAULTS = [
  'refused',
  'reset before headers',
  'silent',
  'status',
  'html',
  'redirect',
  'empty',
  'reset',
  'clean cut',
  'stall',
  'comments',
  'error event',
  'malformed',
  'page in the middle',
  'reset after the terminal',
] as const
export type SimulatedFault = (typeof SIMULATED_FAULTS)[number] | 'healthy'

export interface DrawInput {
  readonly chance: Chance
  readonly call: UpstreamCall
  readonly api: Api
  readonly target: string
  readonly style: ContinuationStyle
  readonly callsTool: boolean
  readonly words: number
  readonly fault: SimulatedFault
}

const PROTOCOLS: Readonly<Record<Api, Protocol>> = { chat, messages, responses }

const STATUSES = [429, 500, 503, 529, 401, 404, 408] as const
const PAGE = '<html><body><h1>Bad Gateway</h1></body></html>\n\n'

/** The words of a target that fails and says so. */
export function wordsOf(target: string): string {
  return `${target} is broken.`
}

export function drawAnswer(input: DrawInput): DrawnAnswer {
  const { chance, fault, target } = input
  const error = { type: 'server_error', code: null, message: wordsOf(target) }
  const whole = encode(input)
  const base: DrawnAnswer = {
    fault,
    connectMs: chance.between(1, 50),
    head: { status: 200, headers: { 'content-type': 'text/event-stream' } },
    headMs: chance.between(1, 3000),
    body: whole.bytes,
    cuts: [],
    gapMs: chance.pick([1, 20, 400, 3000]),
    ending: 'end',
    terminalAt: whole.terminalAt,
    speaks: false,
  }
  const strike = strikeOf(input, whole, error)
  const drawn = { ...base, ...strike }
  return { ...drawn, cuts: cutsOf(chance, drawn.body.length) }
}

interface Whole {
  readonly bytes: Uint8Array
  readonly frameEnds: readonly number[]
  readonly terminalAt: number
  readonly encoder: Encoder
}

/** The whole answer, with the places where its frames end. */
function encode({ api, call, chance, style, words, callsTool, target }: DrawInput): Whole {
  const body: unknown = JSON.parse(new TextDecoder().decode(call.body))
  const asked = PROTOCOLS[api].parse(isRecord(body) ? body : {})
  const encoder = PROTOCOLS[api].encoder({
    id: target.replaceAll(/[^a-z0-9]/g, ''),
    model: `served-by-${target}`,
    createdS: 1_700_000_000,
    inputTokens: 7,
    includeUsage: asked.includeUsage,
    tool: TOOL,
  })
  const frames: string[] = [encoder.prelude()]
  if (callsTool) {
    frames.push(encoder.toolCall('whole'))
  } else {
    let rest = answerTo(continuationOf(asked.turns), style, words)
    while (rest !== '') {
      const piece = rest.slice(0, chance.between(1, 24))
      frames.push(encoder.words(piece))
      rest = rest.slice(piece.length)
    }
  }
  const terminal = frames.push(encoder.terminal(callsTool ? 'tool-calls' : 'stop')) - 1
  frames.push(encoder.closingFrame())
  const frameEnds: number[] = []
  let length = 0
  for (const text of frames) frameEnds.push((length += Buffer.byteLength(text)))
  return {
    bytes: Buffer.from(frames.join('')),
    frameEnds,
    terminalAt: terminalEnd(frames[terminal] ?? '', frameEnds[terminal - 1] ?? 0),
    encoder,
  }
}

/** Chat tells its usage behind the terminal, Messages closes its block before it. */
function terminalEnd(text: string, startsAt: number): number {
  const marker = /"finish_reason":"|"stop_reason":"|"type":"response\.completed"/.exec(text)
  const end = text.indexOf('\n\n', marker?.index ?? 0) + 2
  return startsAt + Buffer.byteLength(text.slice(0, end))
}

type Strike = Partial<DrawnAnswer>

function strikeOf(
  { chance, fault, api, target }: DrawInput,
  whole: Whole,
  error: { readonly type: string; readonly code: null; readonly message: string },
): Strike {
  const at = chance.between(0, whole.bytes.length)
  const cutAt = (offset: number, ending: DrawnAnswer['ending']): Strike => ({
    body: whole.bytes.subarray(0, offset),
    ending,
    terminalAt: offset >= whole.terminalAt ? whole.terminalAt : undefined,
  })
  const before = whole.frameEnds[chance.between(0, whole.frameEnds.length - 3)] ?? 0
  const splice = (text: string): Strike => ({
    body: Buffer.concat([whole.bytes.subarray(0, before), Buffer.from(text)]),
    terminalAt: undefined,
  })
  switch (fault) {
    case 'healthy':
      return {}
    case 'refused':
      return { connectMs: undefined, terminalAt: undefined }
    case 'reset before headers':
      return { head: undefined, ending: 'reset', terminalAt: undefined }
    case 'silent':
      return { head: undefined, ending: 'silence', terminalAt: undefined }
    case 'status': {
      const status = chance.pick(STATUSES)
      const retryAfter = chance.happens(0.3) ? { 'retry-after': String(chance.between(1, 9)) } : {}
      return {
        head: { status, headers: { 'content-type': 'application/json', ...retryAfter } },
        body: Buffer.from(JSON.stringify(PROTOCOLS[api].errorBody(status, error))),
        terminalAt: undefined,
        speaks: true,
      }
    }
    case 'html':
      return {
        head: { status: 200, headers: { 'content-type': 'text/html' } },
        body: Buffer.from(PAGE),
        terminalAt: undefined,
      }
    case 'redirect':
      return {
        head: { status: 307, headers: { location: `http://${target}.invalid/` } },
        body: new Uint8Array(0),
        terminalAt: undefined,
      }
    case 'empty':
      return { body: new Uint8Array(0), terminalAt: undefined }
    case 'reset':
      return cutAt(at, 'reset')
    case 'clean cut':
      return cutAt(at, 'end')
    case 'stall':
      return cutAt(at, 'silence')
    case 'comments':
      return cutAt(before, 'comments')
    case 'error event':
      return {
        ...splice(frame(api === 'chat' ? { error } : { type: 'error', error }, 'error')),
        speaks: true,
      }
    case 'malformed':
      return splice(whole.encoder.malformed())
    case 'page in the middle':
      return splice(PAGE)
    case 'reset after the terminal':
      return cutAt(whole.terminalAt, 'reset')
    default:
      return fault satisfies never
  }
}

function cutsOf(chance: Chance, length: number): readonly number[] {
  const count = chance.between(0, 12)
  return [...new Set(Array.from({ length: count }, () => chance.between(1, Math.max(1, length))))]
    .filter((cut) => cut < length)
    .toSorted((a, b) => a - b)
}
