import { setTimeout as delay } from 'node:timers/promises'
import { constants, createGzip } from 'node:zlib'
import type { HttpReply } from './http-connection.ts'
import { halfOf, type Encoder } from './protocols/protocol.ts'
import type { Script, Step } from './script.ts'

export interface Performance {
  readonly script: Script
  readonly encoder: Encoder
  /** Of the answer, each with the white space before it. */
  readonly pieces: readonly string[]
  readonly paceMs: number
  readonly headers: Readonly<Record<string, string>>
  /** Called for every word that was written. */
  readonly onWord: () => void
}

const COMMENT = ': keep-alive\n\n'
const COMMENT_INTERVAL_MS = 100
/** A behaviour waits seconds at most; what waits for ever waits for the peer. */
const FOREVER_MS = 2 ** 31 - 1

interface Output {
  write(text: string): Promise<void>
}

/** Writes a streaming answer step by step, until the script ends or the peer is gone. */
export async function performStream(reply: HttpReply, performance: Performance): Promise<void> {
  let output: Output = { write: async (text) => reply.chunk(text) }
  let next = 0
  for (const step of performance.script) {
    if (reply.gone.aborted) return
    switch (step.step) {
      case 'open':
        reply.begin(
          {
            ...performance.headers,
            'content-type': 'text/event-stream; charset=utf-8',
            'cache-control': 'no-cache',
            ...(step.encoding ? { 'content-encoding': step.encoding } : {}),
          },
          step.framing,
        )
        if (step.encoding) output = gzipOutput(reply)
        break
      case 'words': {
        const until = step.count === 'rest' ? performance.pieces.length : next + step.count
        const pieces = performance.pieces.slice(next, until)
        next += pieces.length
        await writeWords(pieces, { reply, output, performance })
        break
      }
      case 'wait':
        await wait(step.ms, reply.gone)
        break
      case 'html-page':
        sendPage(reply, step.status, performance.headers)
        break
      case 'redirect':
        sendRedirect(reply, performance.headers)
        break
      case 'whole-answer':
        sendWholeAnswer(reply, performance)
        break
      case 'end':
        await endStream(step.how, reply)
        break
      case 'prelude':
      case 'tool-call':
      case 'error-event':
      case 'malformed-frame':
      case 'stray':
      case 'terminal':
      case 'closing-frame':
        await output.write(encodeStep(step, performance.encoder))
        break
      case 'refuse':
        // Refusals are answered before a stream is begun.
        return
    }
  }
}

const HTML_PAGE =
  '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n'

/** Longer than any reader of event streams puts up with. */
const LONG_LINE_BYTES = 2 * 1024 * 1024

type Headers = Readonly<Record<string, string>>

export function sendPage(reply: HttpReply, status: number, headers: Headers): void {
  reply.whole(status, { ...headers, 'content-type': 'text/html; charset=utf-8' }, HTML_PAGE)
}

export function sendRedirect(reply: HttpReply, headers: Headers): void {
  reply.whole(302, { ...headers, location: '/moved' }, '')
}

function sendWholeAnswer(
  reply: HttpReply,
  { encoder, pieces, headers, onWord }: Performance,
): void {
  for (let word = 0; word < pieces.length; word += 1) onWord()
  const said = { text: pieces.join(''), words: pieces.length, toolCall: false } as const
  const body = JSON.stringify(encoder.body({ ...said, reason: 'stop' }))
  reply.whole(200, { ...headers, 'content-type': 'application/json' }, body)
}

async function writeWords(
  pieces: readonly string[],
  { reply, output, performance }: { reply: HttpReply; output: Output; performance: Performance },
): Promise<void> {
  for (const piece of pieces) {
    if (reply.gone.aborted) return
    await output.write(performance.encoder.words(piece))
    performance.onWord()
    await wait(performance.paceMs, reply.gone)
  }
}

type FrameStep = Extract<
  Step,
  {
    step:
      | 'prelude'
      | 'tool-call'
      | 'error-event'
      | 'malformed-frame'
      | 'stray'
      | 'terminal'
      | 'closing-frame'
  }
>

function encodeStep(step: FrameStep, encoder: Encoder): string {
  switch (step.step) {
    case 'prelude':
      return encoder.prelude()
    case 'tool-call':
      return encoder.toolCall(step.part)
    case 'error-event':
      return encoder.error(step.error, step.shape)
    case 'malformed-frame':
      return encoder.malformed()
    case 'stray':
      return strayText(step.what, encoder)
    case 'terminal':
      return encoder.terminal(step.reason)
    case 'closing-frame':
      return encoder.closingFrame()
  }
}

function strayText(what: 'page' | 'half-event' | 'long-line', encoder: Encoder): string {
  switch (what) {
    case 'page':
      return `${HTML_PAGE}\n`
    case 'half-event':
      return halfOf(encoder.malformed())
    case 'long-line':
      return `data: {"padding":"${'x'.repeat(LONG_LINE_BYTES)}"}\n\n`
  }
}

async function endStream(
  how: Extract<Step, { step: 'end' }>['how'],
  reply: HttpReply,
): Promise<void> {
  switch (how) {
    case 'clean':
    case 'clean-mid-gzip':
      reply.end()
      return
    case 'fin':
    case 'rst':
      await reply.closeAbruptly(how)
      return
    case 'silence':
      await wait(FOREVER_MS, reply.gone)
      return
    case 'comments':
      while (!reply.gone.aborted) {
        reply.chunk(COMMENT)
        await wait(COMMENT_INTERVAL_MS, reply.gone)
      }
  }
}

/** Flushes after every frame, and is never finished: the trailer of the gzip stream is missing. */
function gzipOutput(reply: HttpReply): Output {
  const gzip = createGzip()
  gzip.on('data', (bytes: Buffer) => reply.chunk(bytes))
  return {
    write: (text) =>
      new Promise((resolve) => {
        gzip.write(text)
        gzip.flush(constants.Z_SYNC_FLUSH, resolve)
      }),
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    // The peer is gone: whoever waits sees it by the signal.
    if (!signal.aborted) throw error
  }
}
