import { expect, test } from 'vitest'
import { createBreakers } from '../../../collector/routing/breakers.ts'
import { ask, wholeAnswer } from '../../support/ask.ts'
import { jsonResponse, startFakeUpstream } from '../../support/fake-upstream.ts'
import { loadTestConfig, startRouter } from '../../support/start-router.ts'

const FAILURE = { reason: 'server-error', phase: 'before_headers', message: 'down' } as const

test('a deployment’s own cooldown_time holds for it alone, and 0 switches its breaker off', () => {
  const breakers = createBreakers(
    loadTestConfig({
      routes: [
        { name: 'own', model: 'openai/a', apiBase: 'http://h', params: { cooldown_time: 60 } },
        { name: 'off', model: 'openai/a', apiBase: 'http://h', params: { cooldown_time: 0 } },
        { name: 'all', model: 'openai/a', apiBase: 'http://h' },
      ],
      router: { allowed_fails: 0, cooldown_time: 5 },
    }),
  )
  for (const id of ['own/1', 'off/1', 'all/1']) {
    breakers.of(id).start(0)
    breakers.of(id).failed(FAILURE, 0)
  }
  expect(breakers.of('off/1').permits(1)).toBe('yes')
  expect(breakers.of('own/1').permits(5_001)).toBe('breaker_open')
  expect(breakers.of('all/1').permits(5_001)).toBe('yes')
  expect(breakers.of('own/1').permits(60_001)).toBe('yes')
})

test('a deployment’s own num_retries holds for it, in place of the router’s', async () => {
  const upstream = await startFakeUpstream(
    (exchange) => exchange.send(jsonResponse(500, { error: { message: 'down' } })),
    (exchange) => exchange.send(jsonResponse(200, wholeAnswer('chat'))),
  )
  const router = await startRouter({
    routes: [
      { name: 'route', model: 'openai/a', apiBase: upstream.url, params: { num_retries: 1 } },
    ],
    router: { num_retries: 0 },
    secondwind: { retry: { backoff_base_ms: 1 } },
  })
  const { status } = await ask(router, 'chat')
  await router.stop()
  await upstream.stop()
  expect(status).toBe(200)
  expect(upstream.requests).toHaveLength(2)
})
