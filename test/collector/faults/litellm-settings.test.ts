import { describe, expect, test } from 'vitest'
import { answerText } from '../../../demo/provider/answer-text.ts'
import { readStream } from '../../matrix/read-stream.ts'
import { WORDS, type TargetWire } from '../../matrix/target-wire.ts'
import { chainStages, type ChainStage, type TargetScript } from './chain-stage.ts'

/** What LiteLLM's settings do to a request that fails or waits. */

const startStage = chainStages()
const ANSWER = answerText(WORDS)

const healthy: TargetScript = (wire) => {
  wire.open()
  wire.prelude()
  wire.finish()
}

const refuse =
  (status: number, error?: object): TargetScript =>
  (wire) =>
    wire.whole(
      status,
      'content-type: application/json\r\n',
      error === undefined ? wire.errorBody(status) : JSON.stringify({ error }),
    )

const POLICY = refuse(400, {
  message: 'Your request was rejected by our safety system.',
  type: 'invalid_request_error',
  code: 'content_policy_violation',
})

const TOO_LONG = refuse(400, {
  message: 'This model has a maximum context length of 8 tokens.',
  type: 'invalid_request_error',
  code: 'context_length_exceeded',
})

const askedOf = (stage: ChainStage, targets: number): readonly number[] =>
  Array.from({ length: targets }, (_, index) => stage.asked(index + 1).length)

async function textOf(answer: Response): Promise<string> {
  return readStream('chat', await answer.text()).text
}

describe('fallbacks', () => {
  test('`content_policy_fallbacks` alone are asked after a policy refused', async () => {
    const stage = await startStage({
      api: 'chat',
      settings: { num_retries: 2, content_policy_fallbacks: [{ primary: ['third'] }] },
      scripts: [POLICY, healthy, healthy],
    })

    expect(await textOf(await stage.post())).toBe(ANSWER)
    expect(askedOf(stage, 3)).toEqual([1, 0, 1])
  })

  test('a policy’s reason reaches the client, whatever becomes of its fallbacks', async () => {
    const stage = await startStage({
      api: 'chat',
      settings: { num_retries: 2, content_policy_fallbacks: [{ primary: ['second', 'third'] }] },
      scripts: [POLICY, refuse(401), refuse(503)],
    })
    const pending = stage.post()
    // The third is asked again, as any target that is overloaded.
    for (const maxMs of [500, 1000]) {
      // oxlint-disable-next-line no-await-in-loop -- one wait after another
      stage.clock.advance(await stage.clock.soonTimer(maxMs))
    }
    const answer = await pending

    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      error: {
        message: 'Your request was rejected by our safety system.',
        code: 'content_policy_violation',
      },
    })
    expect(askedOf(stage, 3)).toEqual([1, 1, 3])
  })

  test('`context_window_fallbacks` alone are asked after a request did not fit', async () => {
    const stage = await startStage({
      api: 'chat',
      settings: { num_retries: 0, context_window_fallbacks: [{ primary: ['third', 'fourth'] }] },
      scripts: [TOO_LONG, healthy, refuse(503), healthy],
    })

    expect(await textOf(await stage.post())).toBe(ANSWER)
    // The third breaks for a reason of its own: the second is as small as it was.
    expect(askedOf(stage, 4)).toEqual([1, 0, 1, 1])
  })

  test('a chain is given up after five attempts', async () => {
    const stage = await startStage({
      api: 'chat',
      settings: { num_retries: 2, retry_policy: { InternalServerErrorRetries: 0 } },
      scripts: Array.from({ length: 6 }, () => refuse(500)),
    })
    const answer = await stage.post()
    const { summary } = await stage.router.telemetry.waitForRequest()

    expect(answer.status).toBe(500)
    expect(askedOf(stage, 6)).toEqual([1, 1, 1, 1, 1, 0])
    expect(summary).toMatchObject({ attempts: 5, notTried: 'no_budget' })
  })

  test('retries leave an attempt to everybody who is left', async () => {
    const stage = await startStage({
      api: 'chat',
      settings: { num_retries: 9 },
      scripts: [refuse(500), refuse(500), healthy],
    })
    const pending = stage.post()
    // Two of the five are kept for the others, then one: three for the first, one for the second.
    for (const maxMs of [500, 1000]) {
      // oxlint-disable-next-line no-await-in-loop -- one wait after another
      stage.clock.advance(await stage.clock.soonTimer(maxMs))
    }

    expect(await textOf(await pending)).toBe(ANSWER)
    expect(askedOf(stage, 3)).toEqual([3, 1, 1])
  })

  test('`max_fallbacks` bounds the routes that are tried', async () => {
    const stage = await startStage({
      api: 'chat',
      settings: { num_retries: 0, max_fallbacks: 1 },
      scripts: [refuse(500), refuse(500), healthy],
    })

    expect((await stage.post()).status).toBe(500)
    expect(askedOf(stage, 3)).toEqual([1, 1, 0])
  })

  test.each([
    { policy: { RateLimitErrorRetries: 0 }, status: 429, asked: 1 },
    { policy: { ServiceUnavailableErrorRetries: 1 }, status: 503, asked: 2 },
    { policy: { DefaultRetries: 0 }, status: 500, asked: 1 },
  ])('`retry_policy` $policy asks $asked times after a $status', async (row) => {
    const stage = await startStage({
      api: 'chat',
      settings: { num_retries: 2, retry_policy: row.policy },
      scripts: [refuse(row.status), healthy],
    })
    const pending = stage.post()
    if (row.asked > 1) stage.clock.advance(await stage.clock.soonTimer(500))

    expect(await textOf(await pending)).toBe(ANSWER)
    expect(askedOf(stage, 2)).toEqual([row.asked, 1])
  })
})

/** Holds the wire of the first target, for the test to go on with. */
function held(script: TargetScript): {
  readonly script: TargetScript
  readonly wire: () => TargetWire
} {
  let held: TargetWire | undefined
  return {
    script: async (wire, request) => {
      held = wire
      await script(wire, request)
    },
    wire() {
      if (held === undefined) throw new Error('the target was not asked')
      return held
    },
  }
}

describe('timers', () => {
  test.each([
    { name: 'a model that thinks', params: { model: 'openai/o3' }, extra: {} },
    { name: 'a request for thinking', params: {}, extra: { reasoning_effort: 'high' } },
  ])('$name may be silent for 300 s before its answer', async ({ params, extra }) => {
    const primary = held(() => {})
    const stage = await startStage({
      api: 'chat',
      settings: {},
      scripts: [primary.script, healthy],
      params,
    })
    const pending = stage.post(extra)
    await stage.performed(1)
    stage.clock.advance(299_999)
    await healthy(primary.wire(), 1)

    expect(await textOf(await pending)).toBe(ANSWER)
    expect(askedOf(stage, 2)).toEqual([1, 0])
  })

  test('a Responses stream may open and then think for 300 s', async () => {
    const primary = held(async (wire) => {
      wire.open()
      wire.prelude()
      await wire.settled()
    })
    const stage = await startStage({
      api: 'responses',
      settings: {},
      scripts: [primary.script, healthy],
    })
    const pending = stage.post({ reasoning: { effort: 'high' } })
    await stage.performed(1)
    stage.clock.advance(299_000)
    primary.wire().finish()

    expect(readStream('responses', await (await pending).text()).text).toBe(ANSWER)
    expect(askedOf(stage, 2)).toEqual([1, 0])
  })

  test('a tool call may pause for as long as content may', async () => {
    const primary = held(async (wire) => {
      wire.open()
      wire.prelude()
      wire.body(wire.encoder.toolCall('whole'))
      await wire.settled()
    })
    const stage = await startStage({
      api: 'messages',
      settings: { timeout: 30 },
      scripts: [primary.script, healthy],
    })
    const pending = stage.post()
    await stage.performed(1)
    stage.clock.advance(179_999)
    const wire = primary.wire()
    wire.terminal('tool-calls')
    wire.body(wire.encoder.closingFrame())
    wire.end()
    const shown = readStream('messages', await (await pending).text())

    expect(shown).toMatchObject({ errors: [], flaws: [], terminals: ['tool_use'] })
  })

  test('a route has timers of its own', async () => {
    const primary = held(() => {})
    const stage = await startStage({
      api: 'chat',
      settings: {},
      scripts: [primary.script, healthy],
      secondwind: { routes: { primary: { timers: { first_event_ms: 1500 } } } },
    })
    const pending = stage.post()
    await stage.performed(1)
    stage.clock.advance(1500)

    expect(await textOf(await pending)).toBe(ANSWER)
  })

  test('a stream that outlives half an hour is ended, and nobody is asked to go on', async () => {
    const primary = held(async (wire) => {
      wire.open()
      wire.prelude()
      wire.words(4)
      await wire.settled()
    })
    const stage = await startStage({
      api: 'chat',
      settings: {},
      scripts: [primary.script, healthy],
    })
    const pending = stage.post()
    await stage.performed(1)
    const wire = primary.wire()
    for (let minute = 0; minute < 30; minute += 1) {
      stage.clock.advance(60_000 - 1)
      if (minute < 5) wire.words(4)
      else wire.body(wire.encoder.words(' more'))
      // oxlint-disable-next-line no-await-in-loop -- time stands still until it has arrived
      await wire.settled()
    }
    stage.clock.advance(60_000)
    const shown = readStream('chat', await (await pending).text())

    expect(shown.errors).toEqual(['not complete within 1800000 ms'])
    expect(shown.terminals).toEqual([])
    expect(stage.asked(2)).toHaveLength(0)
  })
})
