import type { Api, FailureReason } from '../../collector/vocabulary.ts'
import type { TargetWire } from './target-wire.ts'
import { frame, halfOf } from '../../demo/provider/protocols/protocol.ts'
import { WORDS_BEFORE_BREAK } from './target-wire.ts'

/** How far an answer has come when it breaks. */
export const POSITIONS = [
  'before headers',
  'before content',
  'in text',
  'in a tool call',
  'after the last content',
] as const
export type Position = (typeof POSITIONS)[number]

export interface Fault {
  readonly name: string
  /** One sentence. */
  readonly does: string
  /** Why a target of `api` cannot fail so at this position; undefined where it can. */
  readonly impossible: (at: Position, api: Api) => string | undefined
  /** What it is to the router; `none`: the answer is complete all the same. */
  readonly reason: (at: Position) => FailureReason | 'none'
  /** The provider says in its own words that it is broken, and the client must read them. */
  readonly speaks?: boolean
  /** The status that the client must read where nothing was delivered. */
  readonly statusCode?: number
  readonly perform: (wire: TargetWire, at: Position) => Promise<void>
}

const possible = (): undefined => undefined

function only(position: Position, why: string): Fault['impossible'] {
  return (at) => (at === position ? undefined : why)
}

const STATUS_ONCE = 'an answer has one status, and it comes before everything else'
const NO_BODY = 'there is no body before the headers'

function inBody(at: Position): string | undefined {
  return at === 'before headers' ? NO_BODY : undefined
}

/** Everything that a healthy target says until `at`. */
function lead(wire: TargetWire, at: Position, open = (): void => wire.open()): void {
  if (at === 'before headers') return
  open()
  wire.prelude()
  if (at === 'in text') wire.words(WORDS_BEFORE_BREAK)
  if (at === 'after the last content') wire.words()
  if (at === 'in a tool call') wire.body(wire.encoder.toolCall('half'))
}

/** A break of the connection, once everything before it has arrived. */
function breakOff(wire: TargetWire, how: 'fin' | 'rst'): Promise<void> {
  return wire.settled().then(() => wire.exchange[how]())
}

const cutReason = (at: Position): FailureReason =>
  at === 'before headers' ? 'connection' : 'stream-cut'

const TRANSPORT: readonly Fault[] = [
  {
    name: 'refused',
    does: 'nobody listens at the address',
    impossible: only('before headers', 'a connection that stands is not refused any more'),
    reason: () => 'connection',
    perform: () => Promise.reject(new Error('nobody can be asked here')),
  },
  {
    name: 'reset',
    does: 'RST',
    impossible: possible,
    reason: cutReason,
    async perform(wire, at) {
      lead(wire, at)
      await breakOff(wire, 'rst')
    },
  },
  {
    name: 'fin-mid-chunk',
    does: 'FIN in the middle of an HTTP chunk; before headers, in the middle of the head',
    impossible: possible,
    reason: cutReason,
    async perform(wire, at) {
      lead(wire, at)
      await wire.settled()
      wire.exchange.send(
        at === 'before headers' ? 'HTTP/1.1 200 OK\r\ncontent-ty' : '40\r\ndata: {',
      )
      wire.exchange.fin()
    },
  },
  {
    name: 'fin-between-chunks',
    does: 'FIN between two chunks; before headers, without a byte',
    impossible: possible,
    reason: cutReason,
    async perform(wire, at) {
      lead(wire, at)
      await breakOff(wire, 'fin')
    },
  },
  {
    name: 'close-delimited',
    does: 'a body without a length, ended by FIN: a clean end to HTTP',
    impossible: inBody,
    reason: () => 'missing-terminal',
    async perform(wire, at) {
      lead(wire, at, () => wire.open('until-close'))
      await breakOff(wire, 'fin')
    },
  },
  {
    name: 'short-length',
    does: 'FIN before the promised content-length',
    impossible: inBody,
    reason: cutReason,
    async perform(wire, at) {
      lead(wire, at, () => wire.open('promised-length'))
      await breakOff(wire, 'fin')
    },
  },
  {
    name: 'bad-chunk-size',
    does: 'a chunk whose size is no number',
    impossible: inBody,
    reason: cutReason,
    async perform(wire, at) {
      lead(wire, at)
      await wire.settled()
      wire.exchange.send('what?\r\n')
    },
  },
  {
    name: 'clean-end',
    does: 'the body ends as HTTP wants it, without the terminal of its protocol',
    impossible: inBody,
    reason: () => 'missing-terminal',
    async perform(wire, at) {
      lead(wire, at)
      wire.end()
    },
  },
]

const SILENCES: readonly Fault[] = [
  {
    name: 'stall',
    does: 'silence; the connection stays open',
    impossible: possible,
    reason: (at) => {
      if (at === 'before headers') return 'timeout-first-event'
      return at === 'before content' ? 'timeout-first-content' : 'timeout-idle'
    },
    async perform(wire, at) {
      lead(wire, at)
      await wire.silence()
    },
  },
  {
    name: 'comments-only',
    does: 'comments for ever, and no content',
    impossible: inBody,
    reason: (at) => (at === 'before content' ? 'timeout-first-content' : 'timeout-idle'),
    async perform(wire, at) {
      lead(wire, at)
      await wire.silence(async () => {
        wire.body(': keep-alive\n\n')
        await wire.settled()
        wire.advance(10_000)
      })
    },
  },
]

function status(code: number, reason: FailureReason): Fault {
  return {
    name: `status-${code}`,
    does: `HTTP ${code} with the error body of the protocol`,
    impossible: only('before headers', STATUS_ONCE),
    reason: () => reason,
    speaks: true,
    statusCode: code,
    async perform(wire) {
      wire.whole(code, 'content-type: application/json\r\n', wire.errorBody(code))
    },
  }
}

const PAGE = '<html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>\n'

function insteadOfAnswer(
  name: string,
  does: string,
  perform: (wire: TargetWire) => void,
): Pick<Fault, 'name' | 'does' | 'impossible' | 'perform'> {
  return {
    name,
    does,
    impossible: only('before content', 'it stands in the place of a whole answer'),
    async perform(wire) {
      perform(wire)
    },
  }
}

const ANSWERS: readonly Fault[] = [
  status(429, 'rate-limited'),
  status(500, 'server-error'),
  status(529, 'overloaded'),
  {
    name: 'html-502',
    does: 'HTTP 502 with a page of the edge',
    impossible: only('before headers', STATUS_ONCE),
    reason: () => 'server-error',
    statusCode: 502,
    async perform(wire) {
      wire.whole(502, 'content-type: text/html\r\n', PAGE)
    },
  },
  {
    name: 'redirect',
    does: 'HTTP 302 to another address',
    impossible: only('before headers', STATUS_ONCE),
    reason: () => 'redirect',
    async perform(wire) {
      wire.whole(302, `location: ${wire.exchange.request.path}/moved\r\n`, '')
    },
  },
  {
    ...insteadOfAnswer('html-200', 'HTTP 200 with a page', (wire) =>
      wire.whole(200, 'content-type: text/html\r\n', PAGE),
    ),
    reason: () => 'bad-response',
  },
  {
    ...insteadOfAnswer('json-200', 'HTTP 200 with a whole answer that does not stream', (wire) =>
      wire.whole(200, 'content-type: application/json\r\n', wire.wholeAnswer()),
    ),
    reason: () => 'bad-response',
  },
  {
    ...insteadOfAnswer(
      'empty-200',
      'HTTP 200 of an event stream without a single event',
      (wire) => {
        wire.open()
        wire.end()
      },
    ),
    reason: () => 'missing-terminal',
  },
]

function errorFrame(
  name: string,
  does: string,
  frameOf: (wire: TargetWire) => string | undefined,
): Fault {
  return {
    name,
    does,
    impossible: (at, api) => {
      if (at === 'before headers') return NO_BODY
      return name === 'failed-in-band' && api === 'messages'
        ? 'Messages has no event that ends an answer as failed but `error`'
        : undefined
    },
    reason: () => 'error-event',
    speaks: true,
    async perform(wire, at) {
      lead(wire, at)
      wire.errorFrame(frameOf(wire) ?? '')
      wire.end()
    },
  }
}

function failedInBand({ api, error }: TargetWire): string {
  if (api === 'responses') {
    const { type, message } = error
    const response = {
      id: 'resp_target1',
      object: 'response',
      created_at: 1_700_000_000,
      status: 'failed',
      error: { code: type, message },
      model: 'served-by-1',
      output: [],
    }
    return frame({ type: 'response.failed', sequence_number: 99, response }, 'response.failed')
  }
  return frame({
    id: 'chatcmpl-target1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'served-by-1',
    error,
    choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
  })
}

/** An event of Responses is one line, and the last one repeats the whole answer. */
const LINE_BYTES_MAX: Readonly<Record<Api, number>> = {
  chat: 1 << 20,
  messages: 1 << 20,
  responses: 4 << 20,
}

const FRAMES: readonly Fault[] = [
  errorFrame('error-nested', 'an event named `error` with a nested error object', (wire) => {
    const { error } = wire
    return frame({ type: 'error', error }, 'error')
  }),
  errorFrame('error-flat', 'an event named `error` whose fields stand at the top', ({ error }) =>
    frame({ ...error, type: 'error', code: error.type }, 'error'),
  ),
  errorFrame('error-unnamed', 'an error object in an event without a name', ({ api, error }) =>
    frame(api === 'chat' ? { error } : { type: 'error', error }),
  ),
  errorFrame(
    'failed-in-band',
    '`response.failed`; in Chat, an error beside `choices` and `finish_reason: "error"`',
    failedInBand,
  ),
  {
    name: 'malformed-json',
    does: 'an event whose JSON is broken; the rest of the answer follows',
    impossible: inBody,
    reason: () => 'malformed-frame',
    async perform(wire, at) {
      lead(wire, at)
      wire.body(wire.encoder.malformed())
      if (at === 'in a tool call') wire.end()
      else wire.finish()
    },
  },
  {
    name: 'html-mid-body',
    does: 'the page of an edge in the middle of the stream, then its end',
    impossible: inBody,
    reason: () => 'malformed-frame',
    async perform(wire, at) {
      lead(wire, at)
      wire.body(`${PAGE}\n`)
      wire.end()
    },
  },
  {
    name: 'oversized-line',
    does: 'a line over the limit of its protocol',
    impossible: inBody,
    reason: () => 'malformed-frame',
    async perform(wire, at) {
      lead(wire, at)
      wire.body(`data: {"padding":"${'x'.repeat(LINE_BYTES_MAX[wire.api])}"}\n\n`)
      wire.end()
    },
  },
  {
    name: 'half-event',
    does: 'the body ends in the middle of an event, cleanly for HTTP',
    impossible: inBody,
    reason: () => 'missing-terminal',
    async perform(wire, at) {
      lead(wire, at)
      wire.body(halfOf(wire.encoder.malformed()))
      wire.end()
    },
  },
  {
    name: 'unterminated-terminal',
    does: 'the terminal without the blank line that ends an event, then a clean end',
    impossible: (at) =>
      at === 'after the last content' ? undefined : 'only what ends an answer comes last in it',
    reason: () => 'missing-terminal',
    async perform(wire, at) {
      lead(wire, at)
      wire.body(unterminated(wire.encoder.terminal('stop')))
      wire.end()
    },
  },
  {
    name: 'gzip-cut',
    does: 'compressed though identity was asked for, and cut inside the gzip stream',
    impossible: (at) =>
      at === 'before content' || at === 'in text'
        ? undefined
        : (inBody(at) ?? 'nothing of a compressed body is read, wherever it is cut'),
    reason: () => 'bad-response',
    async perform(wire, at) {
      wire.open('chunked', 'content-encoding: gzip\r\n')
      const said = at === 'in text' ? wire.encoder.words('word-01 word-02') : ''
      wire.exchange.chunk(wire.gzipped(wire.encoder.prelude() + said))
      wire.end()
    },
  },
]

/** The last event of what a terminal is written as, without the line feeds behind it. */
function unterminated(text: string): string {
  const events = text.split('\n\n').filter((event) => event !== '')
  const last = events.findLastIndex((event) =>
    /finish_reason":"|stop_reason":"|completed/.test(event),
  )
  const before = events.slice(0, last).map((event) => `${event}\n\n`)
  return before.join('') + (events[last] ?? '')
}

const AFTER_TERMINAL = 'it follows the terminal, which follows the last content'

function afterTerminal(
  fault: Pick<Fault, 'name' | 'does'> & { readonly strike: (wire: TargetWire) => Promise<void> },
): Fault {
  return {
    name: fault.name,
    does: fault.does,
    impossible: (at, api) => {
      if (at === 'before headers') return NO_BODY
      if (at === 'in text') return AFTER_TERMINAL
      return fault.name === 'no-closing-frame' && api === 'responses'
        ? 'the terminal of Responses is its last event'
        : undefined
    },
    reason: () => 'none',
    async perform(wire, at) {
      if (at === 'in a tool call') {
        lead(wire, 'before content')
        wire.body(wire.encoder.toolCall('whole'))
        wire.terminal('tool-calls')
      } else {
        lead(wire, at)
        wire.terminal()
      }
      await fault.strike(wire)
    },
  }
}

const AFTER: readonly Fault[] = [
  afterTerminal({
    name: 'no-closing-frame',
    does: 'the terminal, then a clean end without `[DONE]` or `message_stop`',
    strike: async (wire) => wire.end(),
  }),
  afterTerminal({
    name: 'reset-after-terminal',
    does: 'RST behind the terminal',
    strike: (wire) => breakOff(wire, 'rst'),
  }),
]

/** Every way in which an answer can break that providers and their edges are known for. */
export const FAULTS: readonly Fault[] = [...TRANSPORT, ...SILENCES, ...ANSWERS, ...FRAMES, ...AFTER]
