import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { startSidecar } from '../../collector/main.ts'
import { createTelemetry } from '../../collector/telemetry/create-telemetry.ts'
import {
  chatFrames,
  LAST_CHUNK,
  startFakeUpstream,
  STREAM_HEAD,
  type FakeUpstream,
  type WireExchange,
} from '../support/fake-upstream.ts'
import { createRecordingTelemetry } from '../support/recording-telemetry.ts'
import { loadTestConfig, startRouter } from '../support/start-router.ts'

const WORDS = ['One ', 'two.']
let upstream: FakeUpstream

afterEach(async () => {
  await upstream.stop()
})

function post(url: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'route',
      stream: true,
      messages: [{ role: 'user', content: 'Hello.' }],
    }),
  })
}

const routes = () => [{ name: 'route', model: 'openai/gpt-4o', apiBase: `${upstream.url}/v1` }]

/** A stream whose first word is out and whose end is the test's to give. */
async function startStream(drainMs: number) {
  let exchange: WireExchange | undefined
  upstream = await startFakeUpstream((opened) => {
    exchange = opened
    opened.send(STREAM_HEAD)
    for (const frame of chatFrames(['One '], null)) opened.chunk(frame)
  })
  const router = await startRouter({ routes: routes(), secondwind: { drain_ms: drainMs } })
  const answer = await post(router.url)
  return {
    router,
    answer,
    finish: () => {
      for (const frame of chatFrames(['two.']).slice(1)) exchange?.chunk(frame)
      exchange?.send(LAST_CHUNK)
    },
  }
}

function ignore(): void {
  // The log is not what is looked at here.
}

describe('stop', () => {
  test('lets a running stream finish, and takes no other', async () => {
    const { router, answer, finish } = await startStream(60_000)
    const stopped = router.stop()
    await expect(post(router.url)).rejects.toThrow('fetch failed')
    finish()

    expect(await answer.text()).toBe(chatFrames(WORDS).join(''))
    await stopped
    expect(router.telemetry.stopped()).toBe(true)
    expect(router.telemetry.requests[0]?.summary.outcome).toBe('ok')
  })

  test('ends what is left with an error that every SDK raises, never with a terminal', async () => {
    const { router, answer } = await startStream(20)
    const stopped = router.stop()
    const text = await answer.text()
    await stopped

    expect(text).toContain('"error":')
    expect(text).toContain('shutting down')
    expect(text).not.toContain('[DONE]')
    expect(text).not.toContain('"finish_reason":"stop"')
    expect(router.telemetry.requests[0]?.summary).toMatchObject({
      outcome: 'failed',
      client: { errorAttempt: 0, complete: false },
    })
  })

  test('hurries when it is called again', async () => {
    const { router, answer } = await startStream(60_000)
    void router.stop()
    const stopped = router.stop()

    expect(await answer.text()).toContain('shutting down')
    await stopped
  })
})

test('a port that is taken is told as the system tells it', async () => {
  upstream = await startFakeUpstream()
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const config = loadTestConfig({ routes: routes(), secondwind: { listen: { port } } })

  await expect(startSidecar({ config, telemetry: createRecordingTelemetry() })).rejects.toThrow(
    'EADDRINUSE',
  )
  await new Promise((resolve) => taken.close(resolve))
})

test('serves byte for byte the same when the analyzer is not there (I6)', async () => {
  upstream = await startFakeUpstream((exchange) => {
    exchange.send(STREAM_HEAD)
    for (const frame of chatFrames(WORDS)) exchange.chunk(frame)
    exchange.send(LAST_CHUNK)
  })
  const config = loadTestConfig({ routes: routes() })
  const nowhere = {
    ...config.telemetry,
    tracesUrl: 'http://127.0.0.1:9/v1/traces',
    batchDelayMs: 1,
  }
  const telemetry = createTelemetry({
    config: nowhere,
    secrets: [],
    version: 'test',
    log: { info: ignore, warn: ignore, error: ignore },
  })
  const sidecar = await startSidecar({ config, telemetry })
  const texts = await Promise.all(
    Array.from({ length: 20 }, async () => (await post(sidecar.url)).text()),
  )
  const ready = await fetch(`${sidecar.url}/readyz`)
  await sidecar.stop()

  expect(new Set(texts)).toEqual(new Set([chatFrames(WORDS).join('')]))
  expect(ready.status).toBe(200)
})
