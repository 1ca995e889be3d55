import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProvider } from '../../../demo/provider/start-provider.ts'
import { SIXTY_WORDS } from '../../support/demo-words.ts'
import { READERS } from '../../support/sdk-clients.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'

/**
 * Where this project starts from: the primary's stream is cut at token 40 of 60, and the fallback
 * is a Claude 4.6, which refuses a trailing assistant turn with a 400 of its own.
 */

const CUT = 'claude-sonnet-4-6@cut-rst-40'
const REFUSES = 'claude-sonnet-4-6@refuses-prefill'

let provider: Awaited<ReturnType<typeof startProvider>>
let router: TestRouter
let ended = 0

beforeAll(async () => {
  provider = await startProvider()
  const apiBase = provider.url
  router = await startRouter({
    routes: [
      { name: 'primary', model: `anthropic/${CUT}`, apiBase },
      { name: 'forced', model: `anthropic/${CUT}`, apiBase },
      { name: 'fallback', model: `anthropic/${REFUSES}`, apiBase },
      // One of its own: a refusal is learned, and would change what is known of the other.
      { name: 'forced-fallback', model: `anthropic/${REFUSES}`, apiBase },
    ],
    fallbacks: { primary: ['fallback'], forced: ['forced-fallback'] },
    secondwind: {
      routes: { forced: { continuation: { strategy: 'prefill' } } },
      breaker: { failures_to_open: 1000 },
    },
  })
})

afterAll(async () => {
  await router.stop()
  await provider.stop()
})

describe.each(READERS)('$name', ({ read }) => {
  test('receives all sixty words once from a primary cut at word 40', async () => {
    const result = await read({ url: router.url, route: 'primary' })
    const request = await router.telemetry.waitForRequest((ended += 1))

    expect(result).toEqual({ kind: 'complete', text: SIXTY_WORDS })
    expect(request.summary.outcome).toBe('rescued')
    expect(request.summary.client).toMatchObject({ statusCode: 200, complete: true, envelopes: 1 })
    expect(request.attempts.map(({ start }) => start.kind)).toEqual(['initial', 'fallback'])
    expect(request.fallbacks.map(({ decision }) => decision)).toMatchObject([
      {
        reason: 'stream-cut',
        strategy: 'user_turn',
        why: 'capability',
        forced: false,
        capability: { prefill: 'no', source: 'table' },
        payload: { lastRole: 'user', prefill: false, messagesAdded: 2 },
      },
    ])
    expect(request.fallbacks[0]?.seam).toMatchObject({ verified: true })
  })

  test('is shown the root cause, not the 400, where prefill is forced', async () => {
    const result = await read({ url: router.url, route: 'forced' })
    const request = await router.telemetry.waitForRequest((ended += 1))

    expect(result).toMatchObject({
      kind: 'raised',
      error: { message: expect.stringContaining('the connection broke') },
    })
    expect(request.summary).toMatchObject({
      outcome: 'failed',
      rootCause: { attempt: 1, failure: { reason: 'stream-cut', phase: 'mid_stream' } },
      client: { errorAttempt: 1, complete: false },
    })
    expect(request.attempts[1]?.summary?.failure).toMatchObject({
      reason: 'prefill-rejected',
      statusCode: 400,
    })
    expect(request.fallbacks[0]?.decision).toMatchObject({ strategy: 'prefill', forced: true })
  })
})
