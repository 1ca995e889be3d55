import { describe, expect, test } from 'vitest'
import type { RecordedRequest } from '../../support/recording-telemetry.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { chainStages, type ChainStage, type TargetScript } from './chain-stage.ts'

/** Who is passed over, for how long, and how that is recorded. */

const startStage = chainStages()
const NO_RETRIES = { num_retries: 0 }

const healthy: TargetScript = (wire) => {
  wire.open()
  wire.prelude()
  wire.finish()
}

const refuse =
  (status: number, headers = ''): TargetScript =>
  (wire) =>
    wire.whole(status, `content-type: application/json\r\n${headers}`, wire.errorBody(status))

const RATE_LIMITED = refuse(429, 'retry-after: 60\r\n')

/** The n-th request is answered by the n-th script, all later ones by the last. */
const inTurn =
  (...scripts: readonly TargetScript[]): TargetScript =>
  (wire, request) =>
    scripts[Math.min(request, scripts.length) - 1]?.(wire, request)

async function ask(stage: ChainStage, extra: object = {}): Promise<RecordedRequest> {
  const ended = stage.router.telemetry.requests.length
  await (await stage.post(extra)).text()
  return stage.router.telemetry.waitForRequest(ended + 1)
}

const deploymentsOf = ({ attempts }: RecordedRequest): readonly string[] =>
  attempts.map(({ start }) => start.deployment)

describe('a target that said when to come back', () => {
  test('is passed over until then, and asked again after', async () => {
    const stage = await startStage({
      api: 'chat',
      settings: NO_RETRIES,
      scripts: [inTurn(RATE_LIMITED, healthy), healthy],
    })
    await ask(stage)
    stage.clock.advance(59_999)
    const early = await ask(stage)
    stage.clock.advance(1)
    const late = await ask(stage)

    expect(deploymentsOf(early)).toEqual(['second/1'])
    expect(early.summary.targetsSkipped).toEqual([
      { deployment: 'primary/1', reason: 'cooling_down' },
    ])
    expect(early.summary.outcome).toBe('rescued')
    expect(deploymentsOf(late)).toEqual(['primary/1'])
    expect(late.summary).toMatchObject({ outcome: 'ok', targetsSkipped: [] })
  })

  test('is asked all the same where nobody else is there', async () => {
    const stage = await startStage({
      api: 'chat',
      settings: NO_RETRIES,
      scripts: [inTurn(RATE_LIMITED, healthy)],
    })
    await ask(stage)

    expect((await ask(stage)).summary.outcome).toBe('ok')
  })

  test('is not asked for a rescue, and that is recorded', async () => {
    const stage = await startStage({
      api: 'chat',
      settings: NO_RETRIES,
      scripts: [refuse(503), inTurn(RATE_LIMITED, healthy)],
    })
    await ask(stage)
    const again = await ask(stage)

    expect(deploymentsOf(again)).toEqual(['primary/1'])
    expect(again.summary).toMatchObject({
      outcome: 'failed',
      notTried: 'targets_unavailable',
      targetsSkipped: [{ deployment: 'second/1', reason: 'cooling_down' }],
    })
  })
})

/** Five failures in a row are the default. */
async function failing(then: TargetScript, settings: object): Promise<ChainStage> {
  const bad = Array.from({ length: 5 }, () => refuse(503))
  const stage = await startStage({
    api: 'chat',
    settings,
    scripts: [inTurn(...bad, then), healthy],
  })
  for (let count = 0; count < 5; count += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after another is the point
    await ask(stage, { num_retries: 0 })
  }
  return stage
}

describe('a target that fails again and again', () => {
  test('is passed over, and asked once more after 10 s', async () => {
    const stage = await failing(healthy, NO_RETRIES)
    const open = await ask(stage)
    stage.clock.advance(10_000)
    const probe = await ask(stage)
    const after = await ask(stage)

    expect(deploymentsOf(open)).toEqual(['second/1'])
    expect(open.summary.targetsSkipped).toEqual([
      { deployment: 'primary/1', reason: 'breaker_open' },
    ])
    expect(deploymentsOf(probe)).toEqual(['primary/1'])
    expect(deploymentsOf(after)).toEqual(['primary/1'])
    expect(after.attempts[0]?.start.breakerState).toBe('closed')
  })

  test("costs a probe's client no backoff, and is asked again 15 s later", async () => {
    const stage = await failing(refuse(503), { num_retries: 2 })
    stage.clock.advance(10_000)
    const probe = await ask(stage)
    stage.clock.advance(14_999)
    const early = await ask(stage)
    stage.clock.advance(1)
    const late = await ask(stage)

    expect(deploymentsOf(probe)).toEqual(['primary/1', 'second/1'])
    expect(deploymentsOf(early)).toEqual(['second/1'])
    expect(deploymentsOf(late)).toEqual(['primary/1', 'second/1'])
  })

  test('is asked all the same where nobody else is there', async () => {
    const bad = Array.from({ length: 8 }, () => refuse(503))
    const stage = await startStage({
      api: 'chat',
      settings: NO_RETRIES,
      scripts: [inTurn(...bad, healthy)],
    })
    for (let count = 0; count < 8; count += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      await ask(stage)
    }

    expect((await ask(stage)).summary.outcome).toBe('ok')
  })

  test.each([
    { settings: { allowed_fails: 1 }, failures: 2 },
    { settings: { allowed_fails: 0, cooldown_time: 60 }, failures: 1 },
  ])('is passed over after $failures with $settings', async ({ settings, failures }) => {
    const stage = await startStage({
      api: 'chat',
      settings: { ...NO_RETRIES, ...settings },
      scripts: [refuse(500), healthy],
    })
    for (let count = 0; count < failures; count += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      expect(deploymentsOf(await ask(stage))).toEqual(['primary/1', 'second/1'])
    }

    expect(deploymentsOf(await ask(stage))).toEqual(['second/1'])
    stage.clock.advance('cooldown_time' in settings ? 59_999 : 9_999)
    expect(deploymentsOf(await ask(stage))).toEqual(['second/1'])
    stage.clock.advance(1)
    expect(deploymentsOf(await ask(stage))).toEqual(['primary/1', 'second/1'])
  })
})

describe('a request that lives at one provider', () => {
  const STATEFUL = { previous_response_id: 'resp_earlier' }

  test('goes to no other key, and that is recorded', async () => {
    const stage = await startStage({
      api: 'responses',
      settings: NO_RETRIES,
      scripts: [refuse(503), healthy],
      params: { api_key: 'sk-another-key-5678' },
    })
    const { summary, attempts } = await ask(stage, STATEFUL)

    expect(attempts).toHaveLength(1)
    expect(stage.asked(2)).toHaveLength(0)
    expect(summary).toMatchObject({
      outcome: 'failed',
      notTried: 'not_portable',
      targetsSkipped: [{ deployment: 'second/1', reason: 'not_portable' }],
      client: { statusCode: 503, errorAttempt: 1 },
    })
  })

  test('goes to another target of the same origin and key', async () => {
    const stage = await startStage({
      api: 'responses',
      settings: NO_RETRIES,
      scripts: [refuse(503), healthy],
    })

    expect((await ask(stage, STATEFUL)).summary.outcome).toBe('rescued')
  })
})

test('a request that no other protocol has a word for is not asked there', async () => {
  const stage = await startStage({
    api: 'chat',
    targetApis: ['chat', 'messages'],
    settings: NO_RETRIES,
    scripts: [refuse(503), healthy],
  })
  const { summary } = await ask(stage, { n: 2 })

  expect(summary).toMatchObject({
    outcome: 'failed',
    notTried: 'not_translatable',
    targetsSkipped: [{ deployment: 'second/1', reason: 'not_translatable' }],
  })
})

test('a dead provider is not asked three times as often as a living one', async () => {
  const stage = await startStage({
    api: 'chat',
    settings: { num_retries: 2, disable_cooldowns: true },
    scripts: [refuse(503)],
  })
  const answers = Array.from({ length: 60 }, () => stage.post())
  // All are in their first backoff, or given up, before any time passes.
  await waitUntil(() => stage.asked(1).length >= 60)
  const ended = new Set<Response>()
  const all = answers.map(async (answer) => ended.add(await answer))
  while (ended.size < answers.length) {
    stage.clock.advance(10)
    // oxlint-disable-next-line no-await-in-loop -- the router's own work comes first
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(all)

  // Twenty per cent of the requests or three a second, over ten seconds.
  expect(stage.asked(1).length).toBeLessThanOrEqual(60 + 30)
})
