import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { HttpReply } from './http-connection.ts'
import { sendPage, sendRedirect, type Performance } from './perform-stream.ts'
import type { Protocol, Said } from './protocols/protocol.ts'
import type { Ending, FinishReason, ProviderError } from './script.ts'

const FOREVER_MS = 2 ** 31 - 1

/** What a script means for an answer in one piece. */
interface Whole {
  said: Said
  opened: boolean
  page: 200 | 502 | undefined
  redirect: boolean
  gzip: boolean
  malformed: boolean
  error: ProviderError | undefined
  terminal: boolean
  waitMs: number
  ending: Ending
}

/**
 * An answer that does not stream. A break in the script breaks the body in its middle: the length
 * is promised and not kept.
 */
export async function performWhole(
  reply: HttpReply,
  { protocol, performance }: { readonly protocol: Protocol; readonly performance: Performance },
): Promise<void> {
  const whole = read(performance)
  await waitFor(whole.waitMs, reply.gone)
  const headers = { ...performance.headers, 'content-type': 'application/json' }
  if (whole.page !== undefined) return sendPage(reply, whole.page, performance.headers)
  if (whole.redirect) return sendRedirect(reply, performance.headers)
  if (!whole.opened) return breakOff(whole.ending, reply)
  if (whole.error) {
    reply.whole(200, headers, JSON.stringify(protocol.errorBody(200, whole.error)))
    return
  }
  const body = Buffer.from(JSON.stringify(performance.encoder.body(whole.said)))
  const half = Math.floor(body.length / 2)
  if (whole.gzip) {
    const packed = gzipSync(body)
    const cut = packed.subarray(0, Math.floor(packed.length / 2))
    reply.whole(200, { ...headers, 'content-encoding': 'gzip' }, cut)
  } else if (whole.malformed) reply.whole(200, headers, body.subarray(0, half))
  else if (whole.terminal) reply.whole(200, headers, body)
  // A clean end of HTTP, and half an answer in it.
  else if (whole.ending === 'clean') reply.whole(200, headers, body.subarray(0, half))
  else {
    reply.part(headers, body, half)
    await breakOff(whole.ending, reply)
  }
}

function read(performance: Performance): Whole {
  let text = ''
  let words = 0
  let toolCall = false
  let reason: FinishReason = 'stop'
  const whole: Whole = {
    said: { text, words, toolCall, reason },
    opened: false,
    page: undefined,
    redirect: false,
    gzip: false,
    malformed: false,
    error: undefined,
    terminal: false,
    waitMs: 0,
    ending: 'clean',
  }
  for (const step of performance.script) {
    if (step.step === 'open') {
      whole.opened = true
      whole.gzip = step.encoding === 'gzip'
    } else if (step.step === 'words' || step.step === 'whole-answer') {
      const isAll = step.step === 'whole-answer' || step.count === 'rest'
      const until = isAll ? performance.pieces.length : words + step.count
      if (step.step === 'whole-answer') whole.opened = whole.terminal = true
      const pieces = performance.pieces.slice(words, until)
      for (let index = 0; index < pieces.length; index += 1) performance.onWord()
      text += pieces.join('')
      words += pieces.length
    } else if (step.step === 'tool-call') toolCall = true
    else if (step.step === 'html-page') whole.page = step.status
    else if (step.step === 'redirect') whole.redirect = true
    else if (step.step === 'malformed-frame' || step.step === 'stray') whole.malformed = true
    else if (step.step === 'error-event') whole.error = step.error
    else if (step.step === 'wait') whole.waitMs += step.ms
    else if (step.step === 'terminal') {
      whole.terminal = true
      reason = step.reason
    } else if (step.step === 'end') whole.ending = step.how
  }
  return { ...whole, said: { text, words, toolCall, reason } }
}

async function breakOff(ending: Ending, reply: HttpReply): Promise<void> {
  if (ending === 'fin' || ending === 'rst') await reply.closeAbruptly(ending)
  // A peer that waits for the rest of a body can only be kept waiting.
  else await waitFor(FOREVER_MS, reply.gone)
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0) return
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    // The peer is gone: whoever waits sees it by the signal.
    if (!signal.aborted) throw error
  }
}
