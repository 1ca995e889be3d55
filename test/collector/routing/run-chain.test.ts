import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { connect } from 'node:net'
import {
  chatFrames,
  jsonResponse,
  LAST_CHUNK,
  response,
  STREAM_HEAD,
  type Script,
  type WireExchange,
} from '../../support/fake-upstream.ts'
import { postChat, scriptedChain, status, whole, WORDS } from '../../support/scripted-chain.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import type { TestRouter } from '../../support/start-router.ts'
import { waitUntil } from '../../support/wait-until.ts'

const { upstreamOf, routerOver } = scriptedChain()

function post(router: TestRouter, extra: object = {}, signal?: AbortSignal): Promise<Response> {
  return postChat(router, extra, signal === undefined ? {} : { signal })
}

const ANSWER = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'served',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Whole.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
}

describe('a stream that nothing happens to', () => {
  test("reaches the client as the upstream's own bytes", async () => {
    const router = await routerOver([await upstreamOf(whole)])
    const text = await (await post(router)).text()
    const request = await router.telemetry.waitForRequest()

    expect(text).toBe(chatFrames(WORDS).join(''))
    expect(request.summary).toMatchObject({
      outcome: 'ok',
      attempts: 1,
      client: { complete: true, terminal: 'stop', closingFrameAdded: false, statusCode: 200 },
    })
    expect(request.summary.client.bytes).toBe(Buffer.byteLength(text))
    expect(request.attempts[0]).toMatchObject({
      firstContent: { kind: 'text', preludeEvents: 1 },
      summary: { result: 'ok', chunks: 4, receivedTerminal: true, finishReason: 'stop' },
    })
  })

  test('is the same however the upstream cuts its bytes into chunks', async () => {
    const body = Buffer.from(chatFrames(['Ünï', 'cödé ', '🎉🎉', ' end.']).join(''))
    let cuts: readonly number[] = []
    const upstream = await upstreamOf((exchange) => {
      exchange.send(STREAM_HEAD)
      const edges = [0, ...cuts, body.length]
      for (let index = 1; index < edges.length; index += 1) {
        const piece = body.subarray(edges[index - 1], edges[index])
        if (piece.length > 0) exchange.chunk(piece)
      }
      exchange.send(LAST_CHUNK)
    })
    const router = await routerOver([upstream])
    const anyCuts = fc.uniqueArray(fc.integer({ min: 1, max: body.length - 1 }), { maxLength: 60 })

    await fc.assert(
      fc.asyncProperty(anyCuts, async (points) => {
        cuts = points.toSorted((a, b) => a - b)
        expect(Buffer.from(await (await post(router)).arrayBuffer()).equals(body)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('gets the closing frame that the upstream left out, and that is recorded', async () => {
    const upstream = await upstreamOf((exchange) => {
      exchange.send(STREAM_HEAD)
      for (const frame of chatFrames(WORDS).slice(0, -1)) exchange.chunk(frame)
      exchange.rst()
    })
    const router = await routerOver([upstream])
    const text = await (await post(router)).text()
    const request = await router.telemetry.waitForRequest()

    expect(text).toBe(chatFrames(WORDS).join(''))
    expect(request.summary).toMatchObject({ outcome: 'ok', client: { closingFrameAdded: true } })
  })
})

describe('a failure before content', () => {
  test('is retried after the time that the provider names, on the same target', async () => {
    const upstream = await upstreamOf(status(429, { 'retry-after-ms': 20 }), whole)
    const router = await routerOver([upstream], { router: { num_retries: 2 } })
    const answer = await post(router)

    expect(await answer.text()).toBe(chatFrames(WORDS).join(''))
    expect(answer.headers.get('x-secondwind-attempts')).toBe('2')
    const { attempts, summary } = await router.telemetry.waitForRequest()
    expect(attempts.map(({ start }) => start.kind)).toEqual(['initial', 'retry'])
    expect(attempts[0]?.summary?.failure).toMatchObject({
      reason: 'rate-limited',
      retryAfterMs: 20,
    })
    expect(summary.outcome).toBe('ok')
  })

  test('is invisible where the next target answers', async () => {
    const upstreams = [await upstreamOf(status(503)), await upstreamOf(whole)]
    const router = await routerOver(upstreams)
    const answer = await post(router)

    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-secondwind-deployment')).toBe('second/1')
    expect(await answer.text()).toBe(chatFrames(WORDS).join(''))
    const { summary, fallbacks } = await router.telemetry.waitForRequest()
    expect(summary).toMatchObject({
      outcome: 'rescued',
      rootCause: { attempt: 1, failure: { reason: 'overloaded', statusCode: 503 } },
    })
    expect(fallbacks).toMatchObject([
      { ended: true, decision: { strategy: 'restart', attemptNumber: 2 } },
    ])
  })

  test('shows the first cause, with every attempt, when all fail', async () => {
    const upstreams = [
      await upstreamOf(status(503)),
      await upstreamOf(status(400)),
      await upstreamOf(status(500)),
    ]
    const router = await routerOver(upstreams)
    const answer = await post(router)

    expect(answer.status).toBe(503)
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(await answer.json()).toMatchObject({
      error: {
        message: 'scripted 503',
        type: 'scripted',
        attempts: [
          { number: 1, deployment: 'primary/1', reason: 'overloaded', status_code: 503 },
          { number: 2, deployment: 'second/1', reason: 'bad-request', status_code: 400 },
        ],
      },
    })
    // The second's 400 is about the request that the client wrote: a third would only repeat it.
    expect(upstreams[2]?.requests).toHaveLength(0)
    const { summary } = await router.telemetry.waitForRequest()
    expect(summary).toMatchObject({
      outcome: 'failed',
      notTried: 'failure_not_eligible',
      client: { statusCode: 503, errorAttempt: 1, complete: false },
    })
  })

  test('goes to no other route where the client forbids fallbacks', async () => {
    const upstreams = [await upstreamOf(status(500)), await upstreamOf(whole)]
    const router = await routerOver(upstreams)

    expect((await post(router, { disable_fallbacks: true })).status).toBe(500)
    expect(upstreams[1]?.requests).toHaveLength(0)
    expect(upstreams[0]?.requests[0]?.body).not.toContain('disable_fallbacks')
    const { summary } = await router.telemetry.waitForRequest()
    expect(summary).toMatchObject({ fallbacksDisabled: true, notTried: 'disabled' })
  })

  test('never repeats our own key to the client', async () => {
    const upstream = await upstreamOf((exchange) =>
      exchange.send(
        jsonResponse(401, {
          error: { message: 'Incorrect API key: sk-provider-key-1234.', type: 'auth', code: null },
        }),
      ),
    )
    const answer = await post(await routerOver([upstream]))

    expect(answer.status).toBe(401)
    expect(await answer.text()).not.toContain('sk-provider-key-1234')
  })

  test('is known by its head, though its body never comes', async () => {
    const clock = createFakeClock()
    const mute = await upstreamOf((exchange) =>
      exchange.send('HTTP/1.1 401 Scripted\r\ncontent-length: 100\r\n\r\n'),
    )
    const router = await routerOver([mute, await upstreamOf(whole)], { clock })
    let shown: number | undefined
    const answered = post(router).then((answer) => {
      shown = answer.status
      return answer.text()
    })
    await waitUntil(() => {
      clock.advance(100)
      return shown !== undefined
    })
    await answered
    const { summary } = await router.telemetry.waitForRequest()

    expect(shown).toBe(200)
    expect(summary.rootCause?.failure).toMatchObject({ reason: 'auth', statusCode: 401 })
  })

  test('follows no redirect, so that no key goes elsewhere', async () => {
    const elsewhere = await upstreamOf(whole)
    const upstream = await upstreamOf((exchange) =>
      exchange.send(response(307, { location: `${elsewhere.url}/v1/chat/completions` }, '')),
    )
    const router = await routerOver([upstream])

    expect((await post(router)).status).toBe(502)
    expect(elsewhere.requests).toHaveLength(0)
    const { summary } = await router.telemetry.waitForRequest()
    expect(summary.rootCause?.failure.reason).toBe('redirect')
  })

  test('opens the breaker, and the next request goes straight to the fallback', async () => {
    const upstreams = [await upstreamOf((exchange) => exchange.rst()), await upstreamOf(whole)]
    const router = await routerOver(upstreams, { router: { num_retries: 0, allowed_fails: 2 } })
    for (let count = 0; count < 4; count += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      await (await post(router)).text()
    }
    const { summary, attempts } = await router.telemetry.waitForRequest(4)

    expect(attempts).toHaveLength(1)
    expect(attempts[0]?.start.kind).toBe('fallback')
    expect(summary.targetsSkipped).toEqual([{ deployment: 'primary/1', reason: 'breaker_open' }])
    expect(summary.outcome).toBe('rescued')
  })
})

describe('the header hold', () => {
  const HOLD = { header_hold_ms: 30, keep_alive_ms: 20 }

  test('ends with 200 and comments, and a fallback stays invisible', async () => {
    let late: WireExchange | undefined
    const upstreams = [
      await upstreamOf((exchange) => {
        late = exchange
        exchange.send(STREAM_HEAD)
      }),
      await upstreamOf(whole),
    ]
    const router = await routerOver(upstreams, { secondwind: HOLD })
    const answer = await post(router)
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    // Two comments: the hold's own, and a keep-alive after it.
    while (text.split('\n\n').length < 3) text += (await reader?.read())?.value ?? ''
    late?.rst()
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      text += read.value
    }

    expect(text.replaceAll(/: secondwind keep-alive\n\n/g, '')).toBe(chatFrames(WORDS).join(''))
    const { summary } = await router.telemetry.waitForRequest()
    expect(summary).toMatchObject({ outcome: 'rescued', headerHoldExpired: true })
  })

  test('leaves comments in every later silence too, between whole frames', async () => {
    let paused: WireExchange | undefined
    const [first = '', ...others] = chatFrames(WORDS)
    const upstream = await upstreamOf((exchange) => {
      paused = exchange
      exchange.send(STREAM_HEAD)
      exchange.chunk(first + others.join('').slice(0, 200))
    })
    const router = await routerOver([upstream], { secondwind: HOLD })
    const answer = await post(router)
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (text.split('keep-alive').length < 3) text += (await reader?.read())?.value ?? ''
    paused?.chunk(others.join('').slice(200))
    paused?.send(LAST_CHUNK)
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      text += read.value
    }

    expect(text.replaceAll(': secondwind keep-alive\n\n', '')).toBe(chatFrames(WORDS).join(''))
    const { summary } = await router.telemetry.waitForRequest()
    expect(summary).toMatchObject({ outcome: 'ok' })
  })

  test('leaves a later failure to be told in-band', async () => {
    let late: WireExchange | undefined
    const upstream = await upstreamOf((exchange) => {
      late = exchange
    })
    const router = await routerOver([upstream], { secondwind: HOLD })
    const answer = await post(router)
    expect(answer.status).toBe(200)
    late?.send(jsonResponse(503, { error: { message: 'too late', type: 'busy' } }))
    const text = await answer.text()

    expect(text).toContain('"message":"too late"')
    expect(text).not.toContain('[DONE]')
    const { summary } = await router.telemetry.waitForRequest()
    expect(summary.client).toMatchObject({ statusCode: 200, errorAttempt: 1, complete: false })
  })
})

describe('a client that leaves', () => {
  interface Phase {
    readonly name: string
    readonly script: Script
    /** Whether the client waits for the response's head before it leaves. */
    readonly afterHead: boolean
  }

  const PHASES: readonly Phase[] = [
    { name: 'before headers', script: () => {}, afterHead: false },
    {
      name: 'after headers, before content',
      script: (exchange) => exchange.send(STREAM_HEAD),
      afterHead: false,
    },
    {
      name: 'in the middle of the stream',
      script: (exchange) => {
        exchange.send(STREAM_HEAD)
        for (const frame of chatFrames(WORDS, null)) exchange.chunk(frame)
      },
      afterHead: true,
    },
  ]

  test.each(PHASES)('$name: closes the upstream, and nobody else is asked', async (phase) => {
    let closed: Promise<void> | undefined
    const upstreams = [
      await upstreamOf((exchange) => {
        closed = exchange.closed
        return phase.script(exchange)
      }),
      await upstreamOf(whole),
    ]
    const router = await routerOver(upstreams)
    const leaving = new AbortController()
    const pending = post(router, {}, leaving.signal)
    pending.catch(() => {
      // Leaving is what the client does here.
    })
    await upstreams[0]?.waitForRequests(1)
    if (phase.afterHead) await pending
    leaving.abort()
    const { summary, attempts } = await router.telemetry.waitForRequest()
    await closed

    expect(summary).toMatchObject({
      outcome: 'cancelled',
      attempts: 1,
      client: { complete: false },
    })
    expect(summary.client.goneMs).toBeGreaterThan(0)
    expect(summary.rootCause).toBeUndefined()
    expect(attempts[0]?.summary?.result).toBe('cancelled')
    expect(upstreams[1]?.requests).toHaveLength(0)
  })

  test('during a backoff: no retry follows', async () => {
    const upstream = await upstreamOf(status(429, { 'retry-after': 4 }), whole)
    const router = await routerOver([upstream], { router: { num_retries: 2 } })
    const leaving = new AbortController()
    const pending = post(router, {}, leaving.signal)
    pending.catch(() => {
      // Leaving is what the client does here.
    })
    await upstream.waitForRequests(1)
    leaving.abort()
    const { summary } = await router.telemetry.waitForRequest()

    expect(summary).toMatchObject({ outcome: 'cancelled', attempts: 1 })
    expect(upstream.requests).toHaveLength(1)
  })
})

describe('an answer in one piece', () => {
  test("is the upstream's own bytes", async () => {
    const router = await routerOver([
      await upstreamOf((exchange) => exchange.send(jsonResponse(200, ANSWER))),
    ])
    const answer = await post(router, { stream: false })

    expect(await answer.text()).toBe(JSON.stringify(ANSWER))
    const { summary } = await router.telemetry.waitForRequest()
    expect(summary).toMatchObject({
      outcome: 'ok',
      usage: { source: 'reported', inputTokens: 3, outputTokens: 2 },
    })
  })

  test.each<{ readonly name: string; readonly script: Script; readonly reason: string }>([
    {
      name: 'cut short of its length',
      script: (exchange) => {
        exchange.send(jsonResponse(200, ANSWER).slice(0, -10))
        exchange.fin()
      },
      reason: 'stream-cut',
    },
    {
      name: 'a page of HTML',
      script: (exchange) =>
        exchange.send(response(200, { 'content-type': 'text/html' }, '<h1>Hello</h1>')),
      reason: 'bad-response',
    },
    {
      name: 'an error inside 200',
      script: (exchange) =>
        exchange.send(jsonResponse(200, { error: { message: 'no', type: 'server_error' } })),
      reason: 'error-event',
    },
    {
      name: 'an error of one choice',
      script: (exchange) =>
        exchange.send(
          jsonResponse(200, {
            ...ANSWER,
            choices: [
              ...ANSWER.choices,
              { ...ANSWER.choices[0], index: 1, finish_reason: 'error' },
            ],
          }),
        ),
      reason: 'error-event',
    },
    {
      name: 'an answer that does not say why it ended',
      script: (exchange) =>
        exchange.send(
          jsonResponse(200, {
            ...ANSWER,
            choices: [{ ...ANSWER.choices[0], finish_reason: null }],
          }),
        ),
      reason: 'missing-terminal',
    },
    {
      name: 'half a document',
      script: (exchange) =>
        exchange.send(response(200, { 'content-type': 'application/json' }, '{"id":')),
      reason: 'bad-response',
    },
    {
      name: 'compressed',
      script: (exchange) =>
        exchange.send(jsonResponse(200, ANSWER, { 'content-encoding': 'gzip' })),
      reason: 'bad-response',
    },
  ])('is asked of the next target when it is $name', async ({ script, reason }) => {
    const next = await upstreamOf((exchange) => exchange.send(jsonResponse(200, ANSWER)))
    const router = await routerOver([await upstreamOf(script), next])
    const answer = await post(router, { stream: false })

    expect(await answer.json()).toEqual(ANSWER)
    const { summary } = await router.telemetry.waitForRequest()
    expect(summary.rootCause?.failure.reason).toBe(reason)
    expect(summary.outcome).toBe('rescued')
  })
})

function problem(type: string): string {
  return `content-type is ${type}, text/event-stream was asked for`
}

describe('a 200 that is no stream', () => {
  const said = { message: 'No such stream.', type: 'not_our_fault' }

  test.each<{
    readonly name: string
    readonly type: string
    readonly body: string
    readonly error: { readonly message: string; readonly type: string }
  }>([
    {
      name: 'a whole answer',
      type: 'application/json',
      body: JSON.stringify({ ...ANSWER, type: 'message', status: 'completed' }),
      error: { message: problem('application/json'), type: 'server_error' },
    },
    {
      name: 'a stream under another name',
      type: 'text/plain',
      body: chatFrames(WORDS).join(''),
      error: { message: problem('text/plain'), type: 'server_error' },
    },
    {
      name: 'an error',
      type: 'application/json',
      body: JSON.stringify({ error: said }),
      error: { message: `${problem('application/json')}: ${said.message}`, type: said.type },
    },
    {
      name: 'a page',
      type: 'text/html',
      body: '<html><body><h1>Maintenance</h1></body></html>',
      error: { message: `${problem('text/html')}: Maintenance`, type: 'server_error' },
    },
  ])('and is $name tells of no other error than it holds', async ({ type, body, error }) => {
    const upstream = await upstreamOf((exchange) =>
      exchange.send(response(200, { 'content-type': type }, body)),
    )
    const answer = await post(await routerOver([upstream]))

    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({ error })
  })
})

/** 400 MB: several times what the buffers of two connections hold on any system. */
const PIECES_MAX = 2000

describe('a client that reads slowly', () => {
  test('pauses its upstream, and gets every byte', async () => {
    // How much the kernel's buffers swallow is its own affair: the upstream sends until it may not.
    const piece = chatFrames(['x'.repeat(200_000)])[1] ?? ''
    const [role = '', finish = '', done = ''] = chatFrames([])
    let sent = 0
    let left = PIECES_MAX
    const upstream = await upstreamOf(async (exchange) => {
      exchange.send(STREAM_HEAD)
      exchange.chunk(role)
      while (left > 0) {
        exchange.chunk(piece)
        sent += 1
        left -= 1
        // oxlint-disable-next-line no-await-in-loop -- as fast as the socket takes it
        await exchange.drained()
      }
      exchange.chunk(finish + done)
      exchange.send(LAST_CHUNK)
    })
    const router = await routerOver([upstream])
    const socket = connect(router.port, '127.0.0.1')
    const body = JSON.stringify({
      model: 'primary',
      stream: true,
      messages: [{ role: 'user', content: 'Hello.' }],
    })
    socket.pause()
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await upstream.stalled()
    left = 0
    let received = 0
    socket.on('data', (data) => {
      received += data.length
    })
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.resume()
    await closed

    expect(sent).toBeLessThan(PIECES_MAX)
    expect(received).toBeGreaterThan(sent * piece.length)
  })
})
