import { describe, expect, test } from 'vitest'
import { answerText } from '../../../demo/provider/answer-text.ts'
import type { Api } from '../../../collector/vocabulary.ts'
import { readStream } from '../../matrix/read-stream.ts'
import { WORDS, WORDS_BEFORE_BREAK, type TargetWire } from '../../matrix/target-wire.ts'
import { PREFILL_REFUSED } from '../../../demo/provider/behaviours.ts'
import { chainStages, type TargetScript } from './chain-stage.ts'

/**
 * What five measured releases of LiteLLM get wrong around a stream that breaks, scenario by
 * scenario under the names that they were measured by: the same fault, the same configuration, and
 * the right answer. A title says what LiteLLM does, in which releases, and where it was reported.
 */

const startStage = chainStages()

const ANSWER = answerText(WORDS)
const PART = answerText(WORDS_BEFORE_BREAK)
const SETTINGS = { num_retries: 0, stream_timeout: 2 }

const JSON_TYPE = 'content-type: application/json\r\n'

const healthy: TargetScript = (wire) => {
  wire.open()
  wire.prelude()
  wire.finish()
}

const then =
  (words: number, strike: (wire: TargetWire) => void | Promise<void>): TargetScript =>
  async (wire) => {
    wire.open()
    wire.prelude()
    wire.words(words)
    await strike(wire)
  }

const mid = (strike: (wire: TargetWire) => void | Promise<void>): TargetScript =>
  then(WORDS_BEFORE_BREAK, strike)

const breakOff =
  (how: 'rst' | 'fin') =>
  async (wire: TargetWire): Promise<void> => {
    await wire.settled()
    wire.exchange[how]()
  }

const rst = breakOff('rst')
const fin = breakOff('fin')
const endCleanly = (wire: TargetWire): void => wire.end()
const inBand =
  (type: string, message = 'Try again later.') =>
  (wire: TargetWire): void =>
    wire.errorFrame(wire.encoder.error({ type, code: type, message }))

const toolCall =
  (part: 'half' | 'whole', strike: (wire: TargetWire) => void | Promise<void>): TargetScript =>
  async (wire) => {
    wire.open()
    wire.prelude()
    wire.body(wire.encoder.toolCall(part))
    await strike(wire)
  }

const status =
  (code: number): TargetScript =>
  (wire) =>
    wire.whole(code, JSON_TYPE, wire.errorBody(code))

/** Refuses a conversation that ends with the assistant's turn, and answers any other. */
const refusesPrefill: TargetScript = (wire, request) => {
  const { messages } = JSON.parse(wire.exchange.request.body) as {
    readonly messages?: readonly { readonly role: string }[]
  }
  if (messages?.at(-1)?.role !== 'assistant') return healthy(wire, request)
  const body = JSON.stringify({ type: 'error', error: { ...PREFILL_REFUSED, param: null } })
  return wire.whole(400, JSON_TYPE, body)
}

/** A measured scenario: who asks, and what the targets speak where it is not the same. */
interface Cell {
  readonly api: Api
  readonly name: string
  readonly targets?: readonly Api[]
}

const on = (api: Api, name: string): Cell => ({ api, name })

/** `anth-…` and `resp-bridged-…`: a client whose targets speak Messages. */
const bridged = (api: Api, name: string): Cell => ({
  api,
  name,
  targets: ['messages', 'messages', 'messages'],
})

/** A cell that LiteLLM gets wrong although another target could have answered. */
interface Rescue {
  readonly cells: readonly Cell[]
  /** What LiteLLM does, in which releases. */
  readonly wrong: string
  readonly primary: TargetScript
  readonly second?: TargetScript
  readonly third?: TargetScript
  /** `model_info` of the first fallback. */
  readonly info?: object
  /** How often each target is asked. */
  readonly asked?: readonly number[]
}

const RESCUES: readonly Rescue[] = [
  {
    cells: [
      on('chat', 'chat-cut-rst-mid-fb-accepts'),
      on('messages', 'msg-mid-cut-rst'),
      on('responses', 'resp-mid-cut-rst'),
      bridged('chat', 'anth-cut-rst-mid-fb-accepts'),
      bridged('chat', 'anth-cut-mid-fb-accepts-httpx'),
      on('responses', 'resp-native-mid-rst'),
      bridged('responses', 'resp-bridged-mid-cut'),
      bridged('responses', 'resp-bridged-mid-rst'),
      bridged('responses', 'resp-bridged-mid-rst-httpx'),
    ],
    wrong:
      'a reset is told as the end of the answer (to 1.93), or shown though a fallback stands by (from 1.97)',
    primary: mid(rst),
  },
  {
    cells: [on('chat', 'chat-cut-fin-mid-fb-accepts')],
    wrong: 'a close is told as the end of the answer (to 1.93)',
    primary: mid(fin),
  },
  {
    cells: [
      on('chat', 'chat-silent-truncation'),
      on('messages', 'msg-silent-truncation'),
      on('responses', 'resp-silent-truncation'),
    ],
    wrong: 'a stream without its terminal is told as complete (#33404, #42085)',
    primary: mid(endCleanly),
  },
  {
    cells: [
      bridged('chat', 'anth-silent-truncation'),
      { api: 'messages', name: 'msg-bridged-openai-mid-cut', targets: ['chat', 'chat'] },
    ],
    wrong: 'the same over a bridge (to 1.97)',
    primary: mid(endCleanly),
  },
  {
    cells: [
      on('chat', 'chat-cut-rst-mid-fb-rejects-prefill'),
      on('chat', 'chat-openai-stall-fb-rejects'),
    ],
    wrong: 'the fallback is asked by a prefill that it refuses (#27967)',
    primary: mid(rst),
    second: refusesPrefill,
  },
  {
    cells: [
      bridged('chat', 'anth-cut-rst-mid-fb-rejects-prefill'),
      bridged('responses', 'resp-bridged-mid-error-fb-rejects'),
      bridged('chat', 'anth-mid-overloaded-fb-rejects-prefill'),
      bridged('responses', 'resp-bridged-mid-overloaded-fb-rejects'),
      bridged('responses', 'resp-bridged-mid-overloaded-fb-rejects-unknown-name'),
      bridged('chat', 'anth-continuation-optin-undeclared'),
    ],
    wrong: 'Claude 4.6 is asked by a prefill (#27967)',
    primary: mid(rst),
    second: refusesPrefill,
  },
  {
    cells: [
      on('chat', 'chat-hdr-rst-fb-accepts'),
      on('messages', 'msg-pre-cut-rst'),
      on('responses', 'resp-pre-cut-rst'),
      bridged('chat', 'anth-first-rst'),
      on('responses', 'resp-native-first-rst'),
      bridged('responses', 'resp-bridged-first-rst'),
      bridged('responses', 'resp-bridged-first-rst-httpx'),
    ],
    wrong: 'a reset behind the headers becomes an empty answer (to 1.93)',
    primary: async (wire) => {
      wire.open()
      await rst(wire)
    },
  },
  {
    cells: [on('chat', 'chat-role-rst-fb-accepts')],
    wrong: 'a reset behind the role becomes an empty answer (to 1.93)',
    primary: then(0, rst),
  },
  {
    cells: [
      on('chat', 'chat-mid-429-in-band'),
      on('messages', 'anth-mid-ratelimit'),
      on('responses', 'resp-mid-429'),
    ],
    wrong: 'a rate limit in the midst of an answer ends it (from 1.97, #34627)',
    primary: mid(inBand('rate_limit_error')),
  },
  {
    cells: [
      on('chat', 'chat-mid-500-in-band'),
      on('messages', 'msg-mid-overloaded'),
      on('responses', 'resp-mid-error'),
      on('chat', 'chat-mid-500-retry1'),
      on('chat', 'chat-mid-500-usage'),
      on('chat', 'chat-mid-500-fb-prefill-capable'),
      on('chat', 'chat-mid-500-fb-rejects-prefill'),
      bridged('chat', 'anth-mid-overloaded'),
      bridged('chat', 'anth-overloaded-mid-fb-accepts'),
      on('responses', 'resp-native-mid-error'),
      bridged('responses', 'resp-bridged-mid-overloaded'),
    ],
    wrong:
      'an error event in the midst of an answer ends it, or breaks the SDK by a second envelope',
    primary: mid(inBand('overloaded_error')),
  },
  {
    cells: [
      bridged('chat', 'anth-mid-overloaded-fb-rejects-but-declared'),
      on('chat', 'chat-openai-mid-500-fb-rejects'),
    ],
    wrong: 'a fallback that is declared to take a prefill and refuses it is not asked otherwise',
    primary: mid(inBand('overloaded_error')),
    second: refusesPrefill,
    info: { supports_assistant_prefill: true },
    asked: [1, 2],
  },
  {
    cells: [bridged('chat', 'anth-mid-overloaded-fb-prefill-capable')],
    wrong: 'a fallback that takes a prefill is not asked (from 1.97)',
    primary: mid(inBand('overloaded_error')),
    info: { supports_assistant_prefill: true },
  },
  {
    cells: [on('responses', 'resp-native-mid-failed')],
    wrong: '`response.failed` ends the answer (to 1.90), or a second envelope breaks the SDK',
    primary: mid((wire) => {
      const error = { code: 'server_error', message: 'The server had an error.' }
      const response = { id: 'resp_1', object: 'response', status: 'failed', error, output: [] }
      const event = { type: 'response.failed', sequence_number: 99, response }
      wire.errorFrame(`event: response.failed\ndata: ${JSON.stringify(event)}\n\n`)
    }),
  },
  {
    cells: [on('chat', 'chat-mid-400-in-band')],
    wrong: 'an error event that names a 400 ends the answer (from 1.97)',
    primary: mid(inBand('invalid_request_error')),
  },
  {
    cells: [
      on('chat', 'chat-first-429-in-band'),
      on('messages', 'msg-first-overloaded'),
      on('responses', 'resp-first-error'),
      on('chat', 'chat-include-fallback-errors-mid'),
      on('responses', 'resp-native-first-error'),
      bridged('responses', 'resp-bridged-first-overloaded'),
    ],
    wrong: 'an error event before the answer is passed on (to 1.97, #38153)',
    primary: then(0, inBand('overloaded_error')),
  },
  {
    cells: [on('messages', 'msg-very-first-overloaded'), on('chat', 'chat-first-500-in-band')],
    wrong: 'an error event before the prelude is passed on (to 1.97, #25492)',
    primary: (wire) => {
      wire.open()
      wire.errorFrame(wire.encoder.error(wire.error))
    },
  },
  {
    cells: [on('chat', 'chat-usage-mid-cut')],
    wrong: 'a cut behind a usage chunk is told as the end of the answer (to 1.93)',
    primary: mid(async (wire) => {
      wire.body(
        'data: {"id":"target1","object":"chat.completion.chunk","created":1,"model":"x","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":12,"total_tokens":19}}\n\n',
      )
      await rst(wire)
    }),
  },
  {
    cells: [on('chat', 'chat-500-two-hops'), on('responses', 'resp-native-500-before-headers')],
    wrong: 'the second fallback is not reached once the stream has begun (#42283)',
    primary: status(500),
    second: status(503),
    third: healthy,
    asked: [1, 1, 1],
  },
  {
    cells: [
      on('chat', 'chat-mid-500-two-hops'),
      on('messages', 'chat-mid-500-two-hops'),
      on('responses', 'resp-mid-failed'),
    ],
    wrong: 'a fallback that refuses to go on ends the chain',
    primary: mid(inBand('server_error')),
    second: status(503),
    third: healthy,
    asked: [1, 1, 1],
  },
  {
    cells: [on('chat', 'chat-pre-rescued-then-fb-cut')],
    wrong: 'a fallback that breaks too ends the chain (every release)',
    primary: then(0, rst),
    second: mid(rst),
    third: healthy,
    asked: [1, 1, 1],
  },
  {
    cells: [
      on('chat', 'chat-both-fail-fb-cut'),
      on('messages', 'chat-mid-500-fb-mid-500'),
      on('responses', 'chat-mid-500-fb-mid-500'),
    ],
    wrong: 'an answer that broke twice is given up (every release)',
    primary: mid(rst),
    second: then(4, inBand('server_error')),
    third: healthy,
    asked: [1, 1, 1],
  },
]

const rescued = RESCUES.flatMap((row) => row.cells.map((cell) => ({ ...row, ...cell })))

describe('LiteLLM loses what can be rescued', () => {
  test.each(rescued)('$api $name: $wrong', async ({ api, targets, asked = [1, 1], ...row }) => {
    const scripts = [row.primary, row.second ?? healthy, row.third].filter(
      (script) => script !== undefined,
    )
    const stage = await startStage({
      api,
      settings: SETTINGS,
      scripts,
      ...(targets !== undefined && { targetApis: targets.slice(0, scripts.length) }),
      ...(row.info !== undefined && { fallbackInfo: row.info }),
    })
    const answer = await stage.post()
    const shown = readStream(api, await answer.text())
    const { summary } = await stage.router.telemetry.waitForRequest()

    expect(answer.status).toBe(200)
    expect(shown).toMatchObject({ text: ANSWER, errors: [], flaws: [], closings: 1 })
    expect(shown.envelopes).toHaveLength(1)
    expect(shown.terminals).toHaveLength(1)
    expect(summary.outcome).toBe('rescued')
    expect(scripts.map((_, index) => stage.asked(index + 1).length)).toEqual(asked)
    expect(stage.asked(2)[0]?.body).not.toContain('disable_fallbacks')
  })

  test.each(['chat', 'messages', 'responses'] as const)(
    '%s: a persona is not overridden by an English system prompt of ours (#18229)',
    async (api) => {
      const stage = await startStage({ api, settings: SETTINGS, scripts: [mid(rst), healthy] })
      await (await stage.post()).text()
      const body = stage.asked(2)[0]?.body ?? ''

      expect(body).not.toContain('"system"')
      expect(body).not.toContain('"developer"')
      expect(body).not.toContain('"prefix"')
    },
  )

  test.each(['chat', 'messages', 'responses'] as const)(
    '%s: the `model` that a client reads does not change half-way (every release since 1.95)',
    async (api) => {
      const stage = await startStage({ api, settings: SETTINGS, scripts: [mid(rst), healthy] })
      const text = await (await stage.post()).text()
      const models = new Set([...text.matchAll(/"model":"([^"]*)"/g)].map(([, model]) => model))

      expect([...models]).toEqual(['served-by-1'])
    },
  )
})

interface Wait {
  readonly cells: readonly Cell[]
  readonly wrong: string
  readonly primary: TargetScript
  /** Sent every second that passes. */
  readonly pulse?: string
  readonly limitMs: number
}

const settled = (wire: TargetWire): Promise<void> => wire.settled()

const WAITS: readonly Wait[] = [
  {
    cells: [
      on('chat', 'chat-stall-mid'),
      on('messages', 'anth-stall-mid-fb-accepts'),
      on('responses', 'resp-stall-mid'),
      on('responses', 'resp-native-mid-stall'),
      bridged('responses', 'resp-bridged-mid-stall'),
      bridged('responses', 'resp-bridged-mid-stall-timeout-param'),
    ],
    wrong: 'silence ends the answer with a 408 (1.109), or hangs for ever (1.90 to 1.97)',
    primary: mid(settled),
    limitMs: 2000,
  },
  {
    cells: [
      on('chat', 'chat-stall-before-content'),
      on('messages', 'anth-first-stall'),
      on('responses', 'resp-native-headers-stall'),
      on('chat', 'chat-openai-first-stall'),
      bridged('chat', 'anth-headers-stall'),
      bridged('responses', 'resp-bridged-no-headers-timeout'),
    ],
    wrong: 'silence before the answer is shown as a 408 and never rescued (1.109)',
    primary: then(0, settled),
    limitMs: 2000,
  },
  {
    cells: [
      on('chat', 'chat-stall-keepalive-pings'),
      on('messages', 'chat-stall-keepalive-pings'),
      on('responses', 'chat-stall-keepalive-pings'),
    ],
    wrong: 'comments keep a dead answer alive for ever (every release)',
    primary: mid(settled),
    pulse: ': keep-alive\n\n',
    limitMs: 180_000,
  },
]

const waits = WAITS.flatMap((row) => row.cells.map((cell) => ({ ...row, ...cell })))

describe('LiteLLM waits for what will not come', () => {
  test.each(waits)('$api $name: $wrong', async ({ api, targets, primary, pulse, limitMs }) => {
    let wire: TargetWire | undefined
    const stage = await startStage({
      api,
      settings: SETTINGS,
      scripts: [
        async (one, request) => {
          wire = one
          await primary(one, request)
        },
        healthy,
      ],
      ...(targets !== undefined && { targetApis: targets.slice(0, 2) }),
    })
    const pending = stage.post()
    await stage.performed(1)
    const beats = pulse === undefined ? 0 : limitMs / 1000 - 1
    for (let beat = 0; beat < beats; beat += 1) {
      stage.clock.advance(1000)
      wire?.body(pulse ?? '')
      // oxlint-disable-next-line no-await-in-loop -- time stands still until it has arrived
      await wire?.settled()
    }
    stage.clock.advance(limitMs)
    const shown = readStream(api, await (await pending).text())

    expect(shown).toMatchObject({ text: ANSWER, errors: [], flaws: [], closings: 1 })
    const { summary } = await stage.router.telemetry.waitForRequest()
    expect(summary).toMatchObject({
      outcome: 'rescued',
      rootCause: { failure: { reason: 'timeout-idle' } },
    })
  })
})

/** A cell that cannot be rescued: what LiteLLM shows instead of the failure. */
interface Honest {
  readonly cells: readonly Cell[]
  readonly wrong: string
  readonly scripts: readonly TargetScript[]
  readonly extra?: object
  readonly text?: string
  readonly toolCalls?: number
  /** Of the failure that the client is shown. */
  readonly message: RegExp
}

const HONEST: readonly Honest[] = [
  {
    cells: [
      on('chat', 'chat-toolcall-cut'),
      on('messages', 'msg-tool-cut'),
      on('responses', 'resp-toolcall-done-cut'),
      bridged('chat', 'anth-toolcall-cut'),
    ],
    wrong: 'half a tool call is told as a whole one (to 1.93)',
    scripts: [toolCall('half', rst), healthy],
    toolCalls: 1,
    message: /connection broke/,
  },
  {
    cells: [
      on('chat', 'chat-toolcall-mid-500'),
      bridged('chat', 'anth-toolcall-overloaded'),
      on('responses', 'resp-toolcall-done-error'),
    ],
    wrong: 'a tool call that was begun is produced a second time (to 1.95, #31067)',
    scripts: [toolCall('half', inBand('server_error')), healthy],
    toolCalls: 1,
    message: /Try again later/,
  },
  {
    cells: [
      on('chat', 'chat-toolcall-done-500'),
      on('messages', 'chat-toolcall-done-500'),
      on('responses', 'resp-toolcall-done-failed'),
    ],
    wrong: 'a tool call that was delivered whole is delivered again (every release on Responses)',
    scripts: [toolCall('whole', inBand('server_error')), healthy],
    toolCalls: 1,
    message: /Try again later/,
  },
  {
    cells: [on('chat', 'chat-toolcall-done-cut'), on('responses', 'resp-toolcall-done-cut')],
    wrong: 'a whole tool call and a cut are told as a complete answer (to 1.93)',
    scripts: [toolCall('whole', rst), healthy],
    toolCalls: 1,
    message: /connection broke/,
  },
  {
    cells: [
      on('chat', 'chat-nofallback-mid-cut'),
      on('messages', 'msg-mid-cut-rst'),
      on('responses', 'resp-mid-cut-rst'),
    ],
    wrong:
      'a cut without a fallback is told as complete (to 1.93), or its error is followed by [DONE]',
    scripts: [mid(rst)],
    text: PART,
    message: /connection broke/,
  },
  {
    cells: [
      on('chat', 'chat-nofallback-mid-429'),
      on('messages', 'anth-mid-ratelimit'),
      on('responses', 'resp-mid-429'),
      on('chat', 'chat-nofallback-mid-429-openai'),
    ],
    wrong: 'a rate limit is shown as an internal error (every release), or hangs (#26015)',
    scripts: [mid(inBand('rate_limit_error', 'Rate limit reached.'))],
    text: PART,
    message: /Rate limit reached/,
  },
  {
    cells: [
      on('chat', 'chat-nofallback-mid-500'),
      on('responses', 'resp-nofallback-mid-error'),
      bridged('chat', 'anth-nofallback-mid'),
    ],
    wrong: 'an error without a fallback is followed by [DONE], or is in a wrapper (#31298)',
    scripts: [mid(inBand('server_error'))],
    text: PART,
    message: /Try again later/,
  },
  {
    cells: [
      on('chat', 'chat-mid-500-fb-500'),
      on('messages', 'msg-both-fail-pre'),
      on('responses', 'resp-mid-error-fb-rejects-prefill'),
      on('chat', 'chat-mid-500-fb-429'),
      on('chat', 'chat-both-fail-fb500'),
      bridged('chat', 'anth-both-fail-mid'),
    ],
    wrong:
      "the fallback's error is shown for the one that happened (#38610), in a wrapper (#31298)",
    scripts: [mid(inBand('server_error', 'The first one broke.')), status(503)],
    text: PART,
    message: /The first one broke/,
  },
  {
    cells: [
      on('chat', 'chat-mid-500-disable-fallbacks'),
      on('messages', 'anth-mid-disable-fallbacks'),
      on('responses', 'chat-mid-500-disable-fallbacks'),
      on('chat', 'chat-disable-fallbacks-mid-cut'),
    ],
    wrong: 'an answer is continued although the client forbade fallbacks (to 1.95, #19077)',
    scripts: [mid(inBand('server_error')), healthy],
    extra: { disable_fallbacks: true },
    text: PART,
    message: /Try again later/,
  },
]

const honest = HONEST.flatMap((row) => row.cells.map((cell) => ({ ...row, ...cell })))

describe('LiteLLM shows another end than the one that came', () => {
  test.each(honest)('$api $name: $wrong', async ({ api, scripts, extra, targets, ...row }) => {
    const stage = await startStage({
      api,
      settings: SETTINGS,
      scripts,
      ...(targets !== undefined && { targetApis: targets.slice(0, scripts.length) }),
    })
    const answer = await stage.post(extra)
    const text = await answer.text()
    const shown = readStream(api, text)

    expect(shown).toMatchObject({ text: row.text ?? '', terminals: [], closings: 0, flaws: [] })
    expect(shown.errors).toEqual([expect.stringMatching(row.message)])
    expect(shown.toolCalls).toHaveLength(row.toolCalls ?? 0)
    expect(text).not.toContain('[DONE]')
    expect(text).not.toContain('Traceback')
    expect(text).not.toContain('MidStreamFallbackError')
    const { summary } = await stage.router.telemetry.waitForRequest()
    expect(summary).toMatchObject({ outcome: 'failed', client: { errorAttempt: 1 } })
  })

  test('chat chat-reasoning-cut: thoughts without an answer are told as an answer (to 1.93)', async () => {
    const thinking = mid(async (wire) => {
      await rst(wire)
    })
    const stage = await startStage({
      api: 'chat',
      settings: SETTINGS,
      scripts: [
        async (wire) => {
          wire.open()
          wire.prelude()
          wire.body(
            'data: {"id":"target1","object":"chat.completion.chunk","created":1,"model":"x","choices":[{"index":0,"delta":{"reasoning_content":"Let me think."},"finish_reason":null}]}\n\n',
          )
          await rst(wire)
        },
        thinking,
      ],
    })
    const text = await (await stage.post()).text()

    expect(readStream('chat', text)).toMatchObject({ terminals: [], closings: 0 })
    expect(text).toContain('connection broke')
    expect(stage.asked(2)).toHaveLength(0)
  })

  const PRE = then(0, inBand('server_error', 'Target 1 of the chain is broken.'))

  test.each([
    { name: 'chat-both-fail-before-headers', scripts: [status(503), status(500)], code: 503 },
    { name: 'chat-both-fail-before-headers-small', scripts: [status(503), status(429)], code: 503 },
    { name: 'chat-both-fail-pre', scripts: [PRE, PRE], code: 502 },
    { name: 'chat-first-500-fb-500', scripts: [PRE, status(500)], code: 502 },
    { name: 'anth-both-fail-first', scripts: [PRE, status(529)], code: 502, anthropic: true },
    { name: 'chat-nonstream-both-fail', scripts: [status(500), status(503)], code: 500 },
    {
      name: 'anth-nonstream-both-fail',
      scripts: [status(529), status(500)],
      code: 529,
      anthropic: true,
    },
  ])(
    "chat $name: the operator's routes are in the error (to 1.97), or it is a 500 (every release)",
    async ({ name, scripts, code, anthropic = false }) => {
      const stage = await startStage({
        api: 'chat',
        settings: SETTINGS,
        scripts,
        ...(anthropic && { targetApis: ['messages', 'messages'] as const }),
      })
      const answer = await stage.post(name.includes('nonstream') ? { stream: false } : {})
      const { error } = (await answer.json()) as { readonly error: { readonly message: string } }

      expect(answer.status).toBe(code)
      expect(error.message).toBe('Target 1 of the chain is broken.')
      expect(stage.asked(2)).toHaveLength(1)
    },
  )

  test.each([
    { name: 'chat-disable-fallbacks-pre', script: then(0, rst), code: 502 },
    { name: 'chat-first-500-disable-fallbacks', script: PRE, code: 502 },
    { name: 'anth-first-disable-fallbacks', script: PRE, code: 502, anthropic: true },
  ])(
    'chat $name: the fallback is asked although the client forbade it (to 1.97, #19077)',
    async ({ script, code, anthropic = false }) => {
      const stage = await startStage({
        api: 'chat',
        settings: SETTINGS,
        scripts: [script, healthy],
        ...(anthropic && { targetApis: ['messages', 'messages'] as const }),
      })
      const answer = await stage.post({ disable_fallbacks: true })

      expect(answer.status).toBe(code)
      expect(stage.asked(2)).toHaveLength(0)
    },
  )

  test.each(['chat', 'messages', 'responses'] as const)(
    '%s chat-nofallback-first-429-openai: a rate limit before the answer keeps its status (500 in every release)',
    async (api) => {
      const stage = await startStage({
        api,
        settings: SETTINGS,
        scripts: [then(0, inBand('rate_limit_error', 'Rate limit reached.'))],
      })
      const answer = await stage.post()

      expect(answer.status).toBe(429)
      expect(await answer.text()).toContain('Rate limit reached.')
    },
  )

  test.each(['chat', 'messages', 'responses'] as const)(
    '%s chat-empty-success: an empty answer is passed on as what it is, and is not asked for again',
    async (api) => {
      const empty = then(0, (wire) => {
        wire.terminal()
        wire.body(wire.encoder.closingFrame())
        wire.end()
      })
      const stage = await startStage({ api, settings: SETTINGS, scripts: [empty, healthy] })
      const shown = readStream(api, await (await stage.post()).text())

      expect(shown).toMatchObject({ text: '', errors: [], closings: 1 })
      expect(stage.asked(2)).toHaveLength(0)
    },
  )
})

describe('LiteLLM spends what nobody asked for', () => {
  test('chat chat-429-before-headers-retry1: one retry is four calls (to 1.90)', async () => {
    const stage = await startStage({
      api: 'chat',
      settings: { num_retries: 1 },
      scripts: [status(429)],
    })
    const pending = stage.post()
    stage.clock.advance(await stage.clock.soonTimer(500))

    expect((await pending).status).toBe(429)
    expect(stage.asked(1)).toHaveLength(2)
  })

  test.each(['chat', 'messages', 'responses'] as const)(
    '%s chat-client-disconnect: the target is read on after its client left (#17364)',
    async (api) => {
      const leaving = new AbortController()
      let closed: Promise<void> | undefined
      const stage = await startStage({
        api,
        settings: SETTINGS,
        scripts: [
          (wire, request) => {
            closed = wire.exchange.closed
            return mid(settled)(wire, request)
          },
          healthy,
        ],
      })
      const answer = await stage.post({}, leaving.signal)
      await answer.body?.getReader().read()
      leaving.abort()
      await closed
      const { summary } = await stage.router.telemetry.waitForRequest()

      expect(summary.outcome).toBe('cancelled')
      expect(stage.asked(2)).toHaveLength(0)
    },
  )
})
