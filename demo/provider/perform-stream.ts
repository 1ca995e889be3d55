import { setTimeout as delay } from 'node:timers/promises'
import { constants, createGzip } from 'node:zlib'
import type { HttpReply } from './http-connection.ts'
import type { Encoder } from './protocols/protocol.ts'
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
        reply.begin({
          ...performance.headers,
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-cache',
          ...(step.encoding ? { 'content-encoding': step.encoding } : {}),
        })
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
        reply.begin({ ...performance.headers, 'content-type': 'text/html; charset=utf-8' })
        reply.chunk(HTML_PAGE)
        break
      case 'end':
        await endStream(step.how, reply)
        break
      case 'prelude':
      case 'tool-call':
      case 'error-event':
      case 'malformed-frame':
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

export const HTML_PAGE =
  '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n'

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

type FrameStep = Exclude<Step, { step: 'refuse' | 'open' | 'words' | 'wait' | 'html-page' | 'end' }>

function encodeStep(step: FrameStep, encoder: Encoder): string {
  switch (step.step) {
    case 'prelude':
      return encoder.prelude()
    case 'tool-call':
      return encoder.toolCall(step.part)
    case 'error-event':
      return encoder.error(step.error)
    case 'malformed-frame':
      return encoder.malformed()
    case 'terminal':
      return encoder.terminal(step.reason)
    case 'closing-frame':
      return encoder.closingFrame()
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
