import { describe, expect, test } from 'vitest'
import { createFakeClock } from '../../support/fake-clock.ts'
import { jsonResponse } from '../../support/fake-upstream.ts'
import { postChat, scriptedChain, status, whole } from '../../support/scripted-chain.ts'

const { upstreamOf, routerOver } = scriptedChain()

describe("a client's own fallbacks", () => {
  test('stand in for the configured ones', async () => {
    const upstreams = [
      await upstreamOf(status(503)),
      await upstreamOf(whole),
      await upstreamOf(whole),
    ]
    const router = await routerOver(upstreams, { fallbacks: { primary: ['second'] } })
    const answer = await postChat(router, { fallbacks: ['third'] })
    await answer.text()
    const { summary } = await router.telemetry.waitForRequest()

    expect(answer.headers.get('x-secondwind-deployment')).toBe('third/1')
    expect(upstreams[1]?.requests).toHaveLength(0)
    expect(upstreams[2]?.requests[0]?.body).not.toContain('fallbacks')
    expect(summary).toMatchObject({ outcome: 'rescued', fallbacksConfigured: ['third'] })
  })

  test('may be none', async () => {
    const upstreams = [await upstreamOf(status(503)), await upstreamOf(whole)]
    const router = await routerOver(upstreams)
    const answer = await postChat(router, { fallbacks: [] })
    const { summary } = await router.telemetry.waitForRequest()

    expect(answer.status).toBe(503)
    expect(summary).toMatchObject({ outcome: 'failed', notTried: 'none_configured' })
    expect(upstreams[1]?.requests).toHaveLength(0)
  })

  test('serve a request that does not fit by their own list', async () => {
    const tooLong = jsonResponse(400, {
      error: { message: 'over the limit', type: null, code: 'context_length_exceeded' },
    })
    const upstreams = [
      await upstreamOf((exchange) => exchange.send(tooLong)),
      await upstreamOf(whole),
      await upstreamOf(whole),
    ]
    const router = await routerOver(upstreams, { fallbacks: { primary: ['second'] } })
    const answer = await postChat(router, { context_window_fallbacks: [{ primary: ['third'] }] })
    await answer.text()

    expect(answer.headers.get('x-secondwind-deployment')).toBe('third/1')
    expect(upstreams[1]?.requests).toHaveLength(0)
  })

  test('that do not exist are refused before anything is asked', async () => {
    const upstream = await upstreamOf(whole)
    const router = await routerOver([upstream])
    const answer = await postChat(router, { fallbacks: ['nowhere'] })

    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      error: {
        param: 'fallbacks',
        message: expect.stringMatching(/`fallbacks`: no route is named "nowhere".*primary/),
      },
    })
    expect(upstream.requests).toHaveLength(0)
  })
})

test("a client's `num_retries` stands in for the configured number", async () => {
  const upstream = await upstreamOf(status(429, { 'retry-after-ms': 1 }), whole)
  const router = await routerOver([upstream], { router: { num_retries: 2 } })

  expect((await postChat(router, { num_retries: 0 })).status).toBe(429)
  expect(upstream.requests).toHaveLength(1)
})

describe('a client that cannot add fields to its body', () => {
  test('says in a header how often the target is asked, and the header wins', async () => {
    const upstream = await upstreamOf(status(429, { 'retry-after-ms': 1 }), whole)
    const router = await routerOver([upstream], { router: { num_retries: 2 } })
    const headers = { 'x-litellm-num-retries': '0' }

    expect((await postChat(router, { num_retries: 2 }, { headers })).status).toBe(429)
    expect(upstream.requests).toHaveLength(1)
    expect(upstream.requests[0]?.head).not.toContain('litellm')
  })

  test('says in a header how long it waits', async () => {
    const clock = createFakeClock()
    const silent = await upstreamOf(() => {})
    const router = await routerOver([silent, await upstreamOf(whole)], { clock })
    const pending = postChat(router, {}, { headers: { 'x-litellm-timeout': '1.5' } })
    await silent.waitForRequests(1)
    clock.advance(500)

    expect((await pending).headers.get('x-secondwind-deployment')).toBe('second/1')
  })

  test.each(['soon', '-1', '0', '', '1e9', 'NaN', '1, 2'])(
    'is told what is wrong with a time-out of %j',
    async (value) => {
      const upstream = await upstreamOf(whole)
      const router = await routerOver([upstream])
      const headers = { 'x-litellm-timeout': value }
      const answer = await postChat(router, {}, { headers })

      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({
        error: {
          param: 'x-litellm-timeout',
          message: '`x-litellm-timeout` must be a number of seconds over 0.',
        },
      })
      expect(upstream.requests).toHaveLength(0)
    },
  )
})

test("a client's `timeout` bounds its own wait, and leaves time for the rescue", async () => {
  const clock = createFakeClock()
  const silent = await upstreamOf(() => {})
  const upstreams = [silent, await upstreamOf(whole)]
  const router = await routerOver(upstreams, { clock })
  const pending = postChat(router, { timeout: 6 })
  await silent.waitForRequests(1)
  clock.advance(2000)
  const answer = await pending
  await answer.text()
  const { summary } = await router.telemetry.waitForRequest()

  expect(answer.headers.get('x-secondwind-deployment')).toBe('second/1')
  expect(summary.rootCause?.failure).toMatchObject({
    reason: 'timeout-first-event',
    message: 'not one event within 2000 ms',
  })
})
