import { describe, expect, test } from 'vitest'
import { Cancellation } from '../../collector/routing/cancellation.ts'
import type { ClientConnection } from '../../collector/routing/client.ts'
import type { Recorder, RequestSummary } from '../../collector/routing/recorder.ts'
import { checkRun } from './check-run.ts'
import { simulate } from './simulate.ts'
import type { Wrapping } from './simulate.ts'

/** Would the simulation see a bug? Each is planted at an edge of the router, and must be seen. */

interface Bug {
  readonly name: string
  readonly wrapping: Wrapping
  readonly seenAs: RegExp
}

class DeafCancellation extends Cancellation {
  override cancel(): void {
    // Nobody is told that the client is gone.
  }
}

const BUGS: readonly Bug[] = [
  {
    name: 'an end made up for a stream that broke',
    wrapping: onStream({ end: (text) => withTerminator(text) }),
    seenAs: /I1: (?:terminal and error|a terminal that no target said)/,
  },
  {
    name: 'a closing frame behind an error',
    wrapping: onStream({
      end: (text) => (text.includes('"error":') ? `${text}data: [DONE]\n\n` : text),
    }),
    seenAs: /I1: a closing frame without a terminal/,
  },
  {
    name: 'an error that is not shown',
    wrapping: onStream({
      end: (text) =>
        framesOf(text)
          .filter((frame) => !isError(frame))
          .join(''),
    }),
    seenAs: /I1: neither terminal nor error/,
  },
  {
    name: 'a piece of text said twice',
    wrapping: onStream({ end: (text) => twice(text, 'word-0') }),
    seenAs: /I3: not the beginning of the answer/,
  },
  {
    name: 'a piece of text left out',
    wrapping: onStream({
      end: (text) =>
        framesOf(text)
          .filter((frame) => !frame.includes('word-1'))
          .join(''),
    }),
    seenAs: /I3: not the beginning of the answer/,
  },
  {
    name: 'a second envelope',
    wrapping: onStream({ end: (text) => twice(text, 'assistant') }),
    seenAs: /I3: 2 envelopes/,
  },
  {
    name: 'a tool call delivered again',
    wrapping: onStream({ end: (text) => twice(text, 'get_weather') }),
    seenAs: /I4: a tool call came twice/,
  },
  {
    name: 'another error in the place of the first',
    wrapping: onStream({ end: (text) => text.replace(/"message":"[^"]*"/, '"message":"400"') }),
    seenAs: /I2: not the root cause/,
  },
  {
    name: 'an attempt that goes on without its client',
    wrapping: { cancellation: () => new DeafCancellation() },
    seenAs: /I5: (?:an attempt after the client left|request \d goes on without its client)/,
  },
  {
    name: 'a slow client that nobody waits for',
    wrapping: {
      connection: (inner) => wrap(inner, { write: (bytes) => inner.write(bytes) || true }),
    },
    seenAs: /I9: written to \d+ times while it did not read/,
  },
  {
    name: 'a response that is never ended',
    wrapping: { connection: (inner) => wrap(inner, { end: () => undefined }) },
    seenAs: /I1: its response is never ended/,
  },
  {
    name: 'a failure told as a success',
    wrapping: { recorder: (inner) => telling(inner, { outcome: 'ok' }) },
    seenAs: /outcome ok, the bytes say failed/,
  },
  {
    name: 'an attempt that nobody is told of',
    wrapping: { recorder: (inner) => telling(inner, { attempts: 1 }) },
    seenAs: /another number of attempts is told/,
  },
]

describe.each(BUGS)('$name', ({ wrapping, seenAs }) => {
  test('is seen within fifty seeds', async () => {
    const seen: string[] = []
    for (let seed = 1; seed <= 50 && !seen.some((breach) => seenAs.test(breach)); seed += 1) {
      // oxlint-disable-next-line no-await-in-loop -- until it is seen
      seen.push(...checkRun(await simulate(seed, wrapping)))
    }

    expect(seen).toContainEqual(expect.stringMatching(seenAs))
  })
})

/** Rewrites a whole stream when it ends; writes are held back until then. */
function onStream(change: { readonly end: (text: string) => string }): Wrapping {
  return {
    connection(inner) {
      let text = ''
      return wrap(inner, {
        write(bytes) {
          text += new TextDecoder().decode(bytes)
          return true
        },
        end(bytes) {
          if (bytes !== undefined) {
            inner.end(bytes)
            return
          }
          inner.write(new TextEncoder().encode(change.end(text)))
          inner.end()
        },
      })
    },
  }
}

function wrap(inner: ClientConnection, instead: Partial<ClientConnection>): ClientConnection {
  return {
    get isGone() {
      return inner.isGone
    },
    get bytesWritten() {
      return inner.bytesWritten
    },
    onGone: (callback) => inner.onGone(callback),
    onDrain: (callback) => inner.onDrain(callback),
    writeHead: (statusCode, headers) => inner.writeHead(statusCode, headers),
    write: (bytes) => inner.write(bytes),
    end: (bytes) => inner.end(bytes),
    ...instead,
  }
}

function telling(inner: Recorder, instead: Partial<RequestSummary>): Recorder {
  return {
    startRequest(start) {
      const request = inner.startRequest(start)
      return { ...request, end: (summary) => request.end({ ...summary, ...instead }) }
    },
  }
}

function framesOf(text: string): readonly string[] {
  return text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => `${frame}\n\n`)
}

function twice(text: string, mark: string): string {
  return framesOf(text)
    .flatMap((frame) => (frame.includes(mark) ? [frame, frame] : [frame]))
    .join('')
}

function isError(frame: string): boolean {
  return frame.includes('"error":')
}

function withTerminator(text: string): string {
  if (/"finish_reason":"|"stop_reason":"/.test(text)) return text
  const id = /"id":"([^"]+)"/.exec(text)?.[1]
  const choices = [{ index: 0, delta: {}, finish_reason: 'stop' }]
  const chunk = { id, object: 'chat.completion.chunk', choices }
  return `${text}data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`
}
