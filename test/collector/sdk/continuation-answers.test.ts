import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProvider } from '../../../demo/provider/start-provider.ts'
import { SIXTY_WORDS } from '../../support/demo-words.ts'
import { READERS } from '../../support/sdk-clients.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'

/**
 * A target that is asked to go on may answer in four ways; each must end whole, or honestly (I3).
 */
const WHOLE = [
  { style: 'from-anchor', seam: { verified: true, aligned: false } },
  { style: 'without-anchor', seam: { verified: false, aligned: false } },
  { style: 'starts-over', seam: { aligned: true } },
] as const
const DIVERGING = 'starts-over-in-other-words'

let provider: Awaited<ReturnType<typeof startProvider>>
let router: TestRouter
let ended = 0

beforeAll(async () => {
  provider = await startProvider()
  const styles = [...WHOLE.map(({ style }) => style), DIVERGING]
  router = await startRouter({
    routes: styles.flatMap((style) => [
      { name: style, model: 'anthropic/claude-sonnet-4-6@cut-rst-40', apiBase: provider.url },
      {
        name: `next-${style}`,
        model: `anthropic/claude-sonnet-4-6@refuses-prefill+${style}`,
        apiBase: provider.url,
      },
    ]),
    fallbacks: Object.fromEntries(styles.map((style) => [style, [`next-${style}`]])),
    secondwind: { breaker: { failures_to_open: 1000 } },
  })
})

afterAll(async () => {
  await router.stop()
  await provider.stop()
})

describe.each(READERS)('$name', ({ read }) => {
  test.each(WHOLE)('gets the whole text once when the target answers $style', async (answer) => {
    const result = await read({ url: router.url, route: answer.style })
    const request = await router.telemetry.waitForRequest((ended += 1))

    expect(result).toEqual({ kind: 'complete', text: SIXTY_WORDS })
    expect(request.summary.outcome).toBe('rescued')
    expect(request.fallbacks[0]?.seam).toMatchObject(answer.seam)
  })

  test('raises the root cause when the target starts over in other words', async () => {
    const result = await read({ url: router.url, route: DIVERGING })
    const request = await router.telemetry.waitForRequest((ended += 1))

    expect(result).toMatchObject({
      kind: 'raised',
      error: { message: expect.stringContaining('the connection broke') },
    })
    expect(request.summary).toMatchObject({
      outcome: 'failed',
      client: { complete: false, errorAttempt: 1 },
    })
    expect(request.attempts[1]?.summary?.failure?.reason).toBe('bad-response')
  })
})
