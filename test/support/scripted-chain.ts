import { afterEach } from 'vitest'
import {
  chatFrames,
  jsonResponse,
  LAST_CHUNK,
  startFakeUpstream,
  STREAM_HEAD,
  type FakeUpstream,
  type Script,
} from './fake-upstream.ts'
import { startRouter, type RouterSetup, type TestRouter } from './start-router.ts'

export interface ScriptedChain {
  readonly upstreamOf: (...scripts: readonly Script[]) => Promise<FakeUpstream>
  /** `primary` on the first upstream, falling back to `second` and `third` in order. */
  readonly routerOver: (
    upstreams: readonly FakeUpstream[],
    setup?: Partial<RouterSetup>,
  ) => Promise<TestRouter>
}

/** Real routers over scripted providers, stopped after each test. Call it once per test file. */
export function scriptedChain(): ScriptedChain {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) {
      // oxlint-disable-next-line no-await-in-loop -- routers before the upstreams that they hold
      await stop()
    }
  })
  return {
    async upstreamOf(...scripts) {
      const upstream = await startFakeUpstream(...scripts)
      stops.push(() => upstream.stop())
      return upstream
    },
    async routerOver(upstreams, setup = {}) {
      const names = ['primary', 'second', 'third'].slice(0, upstreams.length)
      const router = await startRouter({
        routes: upstreams.map((upstream, index) => ({
          name: names[index] ?? 'more',
          model: `openai/model-${index + 1}`,
          apiBase: `${upstream.url}/v1`,
        })),
        ...(names.length > 1 && { fallbacks: { primary: names.slice(1) } }),
        ...setup,
      })
      stops.push(() => router.stop())
      return router
    },
  }
}

export interface PostOptions {
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

/** A Chat request for `primary`, streaming unless `extra` says otherwise. */
export function postChat(
  router: Pick<TestRouter, 'url'>,
  extra: object = {},
  { signal, headers }: PostOptions = {},
): Promise<Response> {
  return fetch(`${router.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      model: 'primary',
      stream: true,
      messages: [{ role: 'user', content: 'Hello.' }],
      ...extra,
    }),
    ...(signal !== undefined && { signal }),
  })
}

export const WORDS = ['One ', 'two ', 'three ', 'four.']

/** Answers with a whole Chat stream of `WORDS`. */
export const whole: Script = (exchange) => {
  exchange.send(STREAM_HEAD)
  for (const frame of chatFrames(WORDS)) exchange.chunk(frame)
  exchange.send(LAST_CHUNK)
}

/** Answers with an error status, in OpenAI's shape. */
export const status =
  (code: number, headers: object = {}): Script =>
  (exchange) =>
    exchange.send(
      jsonResponse(
        code,
        { error: { message: `scripted ${code}`, type: 'scripted', code: null } },
        headers,
      ),
    )
