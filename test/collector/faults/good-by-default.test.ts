import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { answerText } from '../../../demo/provider/answer-text.ts'
import type { Api, FailureReason, Phase, Strategy } from '../../../collector/vocabulary.ts'
import { readStream } from '../../matrix/read-stream.ts'
import { WORDS, WORDS_BEFORE_BREAK, type TargetWire } from '../../matrix/target-wire.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { chainStages, type ChainStage, type TargetScript } from './chain-stage.ts'

/**
 * With a LiteLLM file and not one setting of ours every failure is handled as the table of
 * retries, fallbacks and give-ups says: over real sockets, in a time that the test moves (I1, I3).
 */

const startStage = chainStages()

/** What a real file says. */
const LITELLM = { num_retries: 2, timeout: 30 }
/** The same without a time-out, as LiteLLM ships. */
const LITELLM_WITHOUT_TIMEOUT = { num_retries: 2 }

const APIS = ['chat', 'messages', 'responses'] as const satisfies readonly Api[]
const ANSWER = answerText(WORDS)

const refuse =
  (status: number, headers = ''): TargetScript =>
  (wire) =>
    wire.whole(status, `content-type: application/json\r\n${headers}`, wire.errorBody(status))

/** An error body of OpenAI's shape, which Anthropic's has the parts of. */
const refuseWith =
  (status: number, error: object): TargetScript =>
  (wire) =>
    wire.whole(
      status,
      'content-type: application/json\r\n',
      JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', ...error } }),
    )

const healthy: TargetScript = (wire) => {
  wire.open()
  wire.prelude()
  wire.finish()
}

const inOnePiece: TargetScript = (wire) =>
  wire.whole(200, 'content-type: application/json\r\n', wire.wholeAnswer())

const after =
  (words: number, strike: (wire: TargetWire) => void | Promise<void>): TargetScript =>
  async (wire) => {
    wire.open()
    wire.prelude()
    wire.words(words)
    await strike(wire)
  }

const cut = async (wire: TargetWire): Promise<void> => {
  await wire.settled()
  wire.exchange.rst()
}

/** Jittered over the upper half of 500 ms and 1000 ms. */
const BACKOFFS = [
  [250, 500],
  [500, 1000],
] as const

interface Row {
  readonly fault: string
  readonly script: TargetScript
  /** How often the first target is asked. */
  readonly asked: number
  readonly reason: FailureReason
  readonly phase: Phase
  /** The waits between its requests. */
  readonly waits?: readonly (readonly [minMs: number, maxMs: number])[]
  /** How the second target is asked. */
  readonly strategy?: Strategy
}

const once = (reason: FailureReason, phase: Phase = 'before_headers') => ({
  asked: 1,
  reason,
  phase,
})

const BEFORE_HEADERS: readonly Row[] = [
  {
    fault: '429 with Retry-After: 2',
    script: refuse(429, 'retry-after: 2\r\n'),
    asked: 2,
    waits: [[2000, 2000]],
    reason: 'rate-limited',
    phase: 'before_headers',
  },
  {
    fault: '429 with retry-after-ms',
    script: refuse(429, 'retry-after-ms: 1234\r\nretry-after: 2\r\n'),
    asked: 2,
    waits: [[1234, 1234]],
    reason: 'rate-limited',
    phase: 'before_headers',
  },
  {
    // The clock of the tests begins at midnight.
    fault: '429 with a date 3 s away',
    script: refuse(429, 'retry-after: Sat, 21 Nov 2026 00:00:03 GMT\r\n'),
    asked: 2,
    waits: [[3000, 3000]],
    reason: 'rate-limited',
    phase: 'before_headers',
  },
  {
    fault: '429 with Retry-After: 60',
    script: refuse(429, 'retry-after: 60\r\n'),
    ...once('rate-limited'),
  },
  {
    fault: '429 with an absurd Retry-After',
    script: refuse(429, 'retry-after: 99999999999999999999\r\n'),
    ...once('rate-limited'),
  },
  ...[429, 500, 502, 503, 504, 529].map((status) => ({
    fault: `${status} without Retry-After`,
    script: refuse(status),
    asked: 3,
    waits: BACKOFFS,
    reason: reasonOf(status),
    phase: 'before_headers' as const,
  })),
  ...[408, 409].map((status) => ({
    fault: String(status),
    script: refuse(status),
    asked: 2,
    waits: BACKOFFS.slice(0, 1),
    reason: 'server-error' as const,
    phase: 'before_headers' as const,
  })),
  {
    fault: 'a reset before headers',
    script: (wire) => wire.exchange.rst(),
    asked: 3,
    waits: BACKOFFS,
    reason: 'connection',
    phase: 'before_headers',
  },
  {
    fault: 'a close before headers',
    script: (wire) => wire.exchange.fin(),
    asked: 3,
    waits: BACKOFFS,
    reason: 'connection',
    phase: 'before_headers',
  },
  { fault: '402', script: refuse(402), ...once('quota-exhausted') },
  {
    fault: 'a used-up quota',
    script: refuseWith(429, { message: 'You ran out.', code: 'insufficient_quota' }),
    ...once('quota-exhausted'),
  },
  { fault: '401', script: refuse(401), ...once('auth') },
  { fault: '403', script: refuse(403), ...once('auth') },
  { fault: '404', script: refuse(404), ...once('not-found') },
  {
    fault: 'a request that does not fit',
    script: refuseWith(400, { message: 'prompt is too long: 9 tokens > 8 maximum' }),
    ...once('context-too-long'),
  },
  {
    fault: 'a redirect',
    script: (wire) => wire.whole(307, 'location: /elsewhere\r\n', ''),
    ...once('redirect'),
  },
]

const IN_THE_BODY: readonly Row[] = [
  {
    fault: 'a page of HTML with 200',
    script: (wire) => wire.whole(200, 'content-type: text/html\r\n', '<h1>Bad gateway</h1>'),
    ...once('bad-response', 'before_content'),
  },
  {
    fault: 'a 200 without any event',
    script: (wire) => {
      wire.open()
      wire.end()
    },
    ...once('missing-terminal', 'before_content'),
  },
  {
    fault: 'an error event before content',
    script: after(0, (wire) => wire.errorFrame(wire.encoder.error(wire.error))),
    ...once('error-event', 'before_content'),
  },
  {
    fault: 'a malformed frame before content',
    script: after(0, (wire) => wire.body(wire.encoder.malformed())),
    ...once('malformed-frame', 'before_content'),
  },
  {
    fault: 'an end without terminal before content',
    script: after(0, (wire) => wire.end()),
    ...once('missing-terminal', 'before_content'),
  },
  {
    fault: 'a reset before content',
    script: after(0, cut),
    ...once('stream-cut', 'before_content'),
  },
]

const MID_STREAM: readonly Row[] = [
  {
    fault: 'an error event',
    script: after(WORDS_BEFORE_BREAK, (wire) => wire.errorFrame(wire.encoder.error(wire.error))),
    ...once('error-event', 'mid_stream'),
    strategy: 'user_turn',
  },
  {
    fault: 'a malformed frame',
    script: after(WORDS_BEFORE_BREAK, (wire) => wire.body(wire.encoder.malformed())),
    ...once('malformed-frame', 'mid_stream'),
    strategy: 'user_turn',
  },
  {
    fault: 'an end without terminal',
    script: after(WORDS_BEFORE_BREAK, (wire) => wire.end()),
    ...once('missing-terminal', 'mid_stream'),
    strategy: 'user_turn',
  },
  {
    fault: 'a reset',
    script: after(WORDS_BEFORE_BREAK, cut),
    ...once('stream-cut', 'mid_stream'),
    strategy: 'user_turn',
  },
]

function reasonOf(status: number): FailureReason {
  if (status === 429) return 'rate-limited'
  return status === 503 || status === 529 ? 'overloaded' : 'server-error'
}

describe.each(APIS)('%s, with a LiteLLM file alone', (api) => {
  test.each([...BEFORE_HEADERS, ...IN_THE_BODY, ...MID_STREAM])(
    '$fault is rescued',
    async ({ script, asked, reason, phase, waits = [], strategy = 'restart' }) => {
      const stage = await startStage({ api, settings: LITELLM, scripts: [script, healthy] })
      const pending = stage.post()
      for (const [minMs, maxMs] of waits) {
        // oxlint-disable-next-line no-await-in-loop -- one wait after another
        const delayMs = await stage.clock.soonTimer(Math.max(maxMs, 1))
        expect(delayMs).toBeGreaterThanOrEqual(minMs)
        expect(stage.asked(2)).toHaveLength(0)
        stage.clock.advance(delayMs)
      }

      await expectWhole(stage, api, await pending)
      const { summary, fallbacks } = await stage.router.telemetry.waitForRequest()
      expect(stage.asked(1)).toHaveLength(asked)
      expect(stage.asked(2)).toHaveLength(1)
      expect(summary).toMatchObject({
        outcome: 'rescued',
        rootCause: { attempt: 1, failure: { reason, phase } },
      })
      expect(fallbacks.map(({ decision }) => decision.strategy)).toEqual([strategy])
    },
  )

  test.each<{ readonly name: string; readonly apiBase: () => Promise<string> }>([
    { name: 'refused', apiBase: async () => 'http://127.0.0.1:1' },
    { name: 'unresolved', apiBase: async () => 'http://nowhere.invalid' },
    {
      name: 'not TLS',
      apiBase: () => plainServer((socket) => socket.end('HTTP/1.1 400 \r\n\r\n')),
    },
  ])('a connection that is $name is retried, then rescued', async ({ apiBase }) => {
    const stage = await startStage({
      api,
      settings: LITELLM,
      scripts: [healthy, healthy],
      params: { api_base: await apiBase() },
    })
    const pending = stage.post()
    for (const [, maxMs] of BACKOFFS) {
      // oxlint-disable-next-line no-await-in-loop -- one wait after another
      stage.clock.advance(await stage.clock.soonTimer(maxMs))
    }

    await expectWhole(stage, api, await pending)
    const { summary } = await stage.router.telemetry.waitForRequest()
    expect(summary).toMatchObject({
      outcome: 'rescued',
      attempts: 4,
      rootCause: { failure: { reason: 'connection' } },
    })
  })

  test('a connection that does not come up is given up after 5 s, each time', async () => {
    let connections = 0
    const mute = await plainServer(() => {
      connections += 1
    })
    const stage = await startStage({
      api,
      settings: LITELLM,
      scripts: [healthy, healthy],
      params: { api_base: mute },
    })
    const pending = stage.post()
    for (const [index, maxMs] of [500, 1000, undefined].entries()) {
      // oxlint-disable-next-line no-await-in-loop -- one connection after another
      await waitUntil(() => connections > index)
      stage.clock.advance(5000)
      // oxlint-disable-next-line no-await-in-loop -- one wait after another
      if (maxMs !== undefined) stage.clock.advance(await stage.clock.soonTimer(maxMs))
    }

    await expectWhole(stage, api, await pending)
    const { summary } = await stage.router.telemetry.waitForRequest()
    expect(summary).toMatchObject({
      outcome: 'rescued',
      attempts: 4,
      rootCause: { failure: { reason: 'timeout-connect', phase: 'before_headers' } },
    })
  })
})

/** A server that TLS is tried with in vain. */
async function plainServer(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {
      // The router gives up; that is what the test is about.
    })
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `https://127.0.0.1:${address.port}`
}

interface Silence {
  readonly fault: string
  readonly script: TargetScript
  readonly reason: FailureReason
  readonly phase: Phase
  /** When it is given up, counted from the request. */
  readonly limitMs: number
  /** The same where the file gives no time-out. */
  readonly defaultLimitMs: number
  readonly defaultReason?: FailureReason
  /** What the target does in the meantime, ever again. */
  readonly pulse?: { readonly bytes: string; readonly everyMs: number }
}

const quietAfter = (words: number | undefined): TargetScript => {
  if (words === undefined) return () => {}
  return after(words, (wire) => wire.settled())
}

const COMMENT = ': working\n\n'

const SILENCES: readonly Silence[] = [
  {
    fault: 'nothing at all',
    script: quietAfter(undefined),
    reason: 'timeout-first-event',
    phase: 'before_headers',
    limitMs: 10_000,
    defaultLimitMs: 30_000,
  },
  {
    fault: 'a prelude and nothing more',
    script: quietAfter(0),
    reason: 'timeout-idle',
    phase: 'before_content',
    limitMs: 30_000,
    defaultLimitMs: 60_000,
    defaultReason: 'timeout-first-content',
  },
  {
    fault: 'comments and no content',
    script: quietAfter(0),
    reason: 'timeout-first-content',
    phase: 'before_content',
    limitMs: 60_000,
    defaultLimitMs: 60_000,
    pulse: { bytes: COMMENT, everyMs: 10_000 },
  },
  {
    fault: 'silence in the midst of the answer',
    script: quietAfter(WORDS_BEFORE_BREAK),
    reason: 'timeout-idle',
    phase: 'mid_stream',
    limitMs: 30_000,
    defaultLimitMs: 60_000,
  },
  {
    fault: 'comments in the midst of the answer',
    script: quietAfter(WORDS_BEFORE_BREAK),
    reason: 'timeout-idle',
    phase: 'mid_stream',
    limitMs: 180_000,
    defaultLimitMs: 180_000,
    pulse: { bytes: COMMENT, everyMs: 10_000 },
  },
  {
    fault: 'bytes that never make an event',
    script: quietAfter(WORDS_BEFORE_BREAK),
    reason: 'timeout-idle',
    phase: 'mid_stream',
    limitMs: 180_000,
    defaultLimitMs: 180_000,
    pulse: { bytes: 'x', everyMs: 10_000 },
  },
]

describe.each(APIS)('%s, waiting', (api) => {
  test.each(
    SILENCES.flatMap((silence) => [
      { ...silence, settings: LITELLM, given: 'timeout: 30' },
      {
        ...silence,
        settings: LITELLM_WITHOUT_TIMEOUT,
        limitMs: silence.defaultLimitMs,
        reason: silence.defaultReason ?? silence.reason,
        given: 'no timeout',
      },
    ]),
  )('$fault is waited for $limitMs ms with $given, then rescued', async (row) => {
    let primary: TargetWire | undefined
    const stage = await startStage({
      api,
      settings: row.settings,
      scripts: [
        async (wire, request) => {
          primary = wire
          await row.script(wire, request)
        },
        healthy,
      ],
    })
    const pending = stage.post()
    await stage.performed(1)
    const { everyMs, bytes } = row.pulse ?? { everyMs: row.limitMs, bytes: '' }
    for (let passedMs = everyMs; passedMs < row.limitMs; passedMs += everyMs) {
      stage.clock.advance(everyMs)
      primary?.body(bytes)
      // oxlint-disable-next-line no-await-in-loop -- time stands still until it has arrived
      await primary?.settled()
    }
    stage.clock.advance(everyMs - 1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(stage.asked(2)).toHaveLength(0)
    stage.clock.advance(1)

    await expectWhole(stage, api, await pending)
    const { summary } = await stage.router.telemetry.waitForRequest()
    expect(stage.asked(1)).toHaveLength(1)
    expect(summary).toMatchObject({
      outcome: 'rescued',
      rootCause: { failure: { reason: row.reason, phase: row.phase } },
    })
  })
})

const SHOWN: readonly {
  readonly fault: string
  readonly status: number
  readonly error: object
}[] = [
  { fault: '400', status: 400, error: { message: 'temperature is over 2' } },
  { fault: '413', status: 413, error: { message: 'too large' } },
  { fault: '422', status: 422, error: { message: 'no such field' } },
  {
    fault: 'a refusal by the content policy',
    status: 400,
    error: { message: 'rejected by our safety system', code: 'content_policy_violation' },
  },
]

describe.each(APIS)("%s, the client's own fault", (api) => {
  test.each(SHOWN)('$fault is shown as it is, and nobody else is asked', async (row) => {
    const stage = await startStage({
      api,
      settings: LITELLM,
      scripts: [refuseWith(row.status, row.error), healthy],
    })
    const answer = await stage.post()
    const { error } = (await answer.json()) as { error: object }
    const { summary } = await stage.router.telemetry.waitForRequest()

    expect(answer.status).toBe(row.status)
    expect(error).toMatchObject({ message: expect.stringContaining(messageOf(row.error)) })
    expect(stage.asked(1)).toHaveLength(1)
    expect(stage.asked(2)).toHaveLength(0)
    expect(summary).toMatchObject({ outcome: 'failed', notTried: 'failure_not_eligible' })
  })
})

function messageOf(error: object): string {
  return 'message' in error ? String(error.message) : ''
}

describe.each(APIS)('%s, what is not to be rescued', (api) => {
  test('an answer without content is passed on', async () => {
    const empty = after(0, (wire) => {
      wire.terminal()
      wire.body(wire.encoder.closingFrame())
      wire.end()
    })
    const stage = await startStage({ api, settings: LITELLM, scripts: [empty, healthy] })
    const shown = readStream(api, await (await stage.post()).text())
    const { summary } = await stage.router.telemetry.waitForRequest()

    expect(shown).toMatchObject({ text: '', closings: 1, errors: [], flaws: [] })
    expect(summary.outcome).toBe('ok')
    expect(stage.asked(2)).toHaveLength(0)
  })

  test('a tool call that was begun is never produced again', async () => {
    const half = after(0, async (wire) => {
      wire.body(wire.encoder.toolCall('half'))
      await cut(wire)
    })
    const stage = await startStage({ api, settings: LITELLM, scripts: [half, healthy] })
    const shown = readStream(api, await (await stage.post()).text())
    const { summary } = await stage.router.telemetry.waitForRequest()

    expect(shown).toMatchObject({ closings: 0, errors: [expect.any(String)], terminals: [] })
    expect(shown.toolCalls).toHaveLength(1)
    expect(summary).toMatchObject({ outcome: 'failed', notTried: 'stopped_after_content' })
    expect(stage.asked(2)).toHaveLength(0)
  })
})

describe('a request that we translated', () => {
  test("is asked of the next target after a 400, for that may be the translation's fault", async () => {
    const stage = await startStage({
      api: 'messages',
      targetApis: ['chat', 'messages'],
      settings: LITELLM,
      scripts: [refuse(400), healthy],
    })

    await expectWhole(stage, 'messages', await stage.post())
    expect(stage.asked(1)).toHaveLength(1)
  })
})

describe.each(APIS)('%s in one piece', (api) => {
  test.each([
    { fault: '500', script: refuse(500), asked: 3, waits: BACKOFFS },
    { fault: '401', script: refuse(401), asked: 1, waits: [] },
    {
      fault: 'an error inside HTTP 200',
      script: ((wire) =>
        wire.whole(200, 'content-type: application/json\r\n', wire.errorBody(500))) as TargetScript,
      asked: 1,
      waits: [],
    },
  ])('$fault is rescued', async ({ script, asked, waits }) => {
    const stage = await startStage({ api, settings: LITELLM, scripts: [script, inOnePiece] })
    const pending = stage.post({ stream: false })
    for (const [, maxMs] of waits) {
      // oxlint-disable-next-line no-await-in-loop -- one wait after another
      stage.clock.advance(await stage.clock.soonTimer(maxMs))
    }
    const answer = await pending

    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain(ANSWER)
    expect(stage.asked(1)).toHaveLength(asked)
  })

  test.each([
    { settings: LITELLM, limitMs: 30_000 },
    { settings: LITELLM_WITHOUT_TIMEOUT, limitMs: 600_000 },
  ])(
    'silence is waited for $limitMs ms, for who answers in one piece is silent before',
    async ({ settings, limitMs }) => {
      const stage = await startStage({ api, settings, scripts: [() => {}, inOnePiece] })
      const pending = stage.post({ stream: false })
      await stage.performed(1)
      stage.clock.advance(limitMs - 1)
      await new Promise((resolve) => setImmediate(resolve))
      expect(stage.asked(2)).toHaveLength(0)
      stage.clock.advance(1)

      expect(await (await pending).text()).toContain(ANSWER)
      const { summary } = await stage.router.telemetry.waitForRequest()
      expect(summary.rootCause?.failure.reason).toBe('timeout-total')
    },
  )
})

async function expectWhole(stage: ChainStage, api: Api, answer: Response): Promise<void> {
  const shown = readStream(api, await answer.text())
  expect(answer.status).toBe(200)
  expect(shown).toMatchObject({ text: ANSWER, errors: [], flaws: [], closings: 1 })
  expect(shown.envelopes).toHaveLength(1)
  expect(shown.terminals).toHaveLength(1)
  expect(stage.router.telemetry.requests.length).toBeLessThanOrEqual(1)
}
