import { afterEach } from 'vitest'
import type { Api } from '../../../collector/vocabulary.ts'
import { createReceipts } from '../../matrix/receipts.ts'
import { TargetWire } from '../../matrix/target-wire.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { startFakeUpstream, type WireRequest } from '../../support/fake-upstream.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'

/** What a target does with its `request`-th request, counted from 1. */
export type TargetScript = (wire: TargetWire, request: number) => void | Promise<void>

export interface StageOptions {
  /** The client's protocol. */
  readonly api: Api
  /** One per target: `primary` first, then its fallbacks in order. */
  readonly scripts: readonly TargetScript[]
  /** LiteLLM's `router_settings`. */
  readonly settings?: object
  /** Protocols of the targets, where they are not the client's. */
  readonly targetApis?: readonly Api[]
  /** `litellm_params` of the first target. */
  readonly params?: object
  /** `model_info` of the other targets. */
  readonly fallbackInfo?: object
  readonly secondwind?: object
}

/** A router over scripted targets, in a time that stands still until the test moves it. */
export interface ChainStage {
  readonly router: TestRouter
  readonly clock: PacedClock
  /** What the target was asked, counted from 1. */
  readonly asked: (target: number) => readonly WireRequest[]
  /** Resolves once the script of the target's `request`-th request has run. */
  readonly performed: (target: number, request?: number) => Promise<void>
  readonly post: (extra?: object, signal?: AbortSignal) => Promise<Response>
}

export interface PacedClock extends FakeClock {
  /** Resolves with the delay of a pending timer of at most so long, once there is one. */
  readonly soonTimer: (delayMaxMs: number) => Promise<number>
}

const ROUTES = ['primary', 'second', 'third', 'fourth', 'fifth', 'sixth']

const MODELS: Readonly<Record<Api, string>> = {
  chat: 'openai/gpt-4o',
  messages: 'anthropic/claude-sonnet-4-6',
  responses: 'openai/responses/gpt-4o',
}

const PATHS: Readonly<Record<Api, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
}

export function bodyOf(api: Api): object {
  const question = [{ role: 'user', content: 'Count to twenty-four.' }]
  if (api === 'responses') return { model: 'primary', stream: true, input: question }
  const body = { model: 'primary', stream: true, messages: question }
  return api === 'messages' ? { ...body, max_tokens: 500 } : body
}

/** Stages that are taken down after each test. Call it once per test file. */
export function chainStages(): (options: StageOptions) => Promise<ChainStage> {
  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) {
      // oxlint-disable-next-line no-await-in-loop -- routers before the upstreams that they hold
      await stop()
    }
  })
  return async (options) => {
    const receipts = createReceipts()
    const clock = pace(createFakeClock())
    const runs = new Runs()
    const upstream = await startFakeUpstream(async (exchange) => {
      const target = Number(exchange.request.path.split('/')[1])
      const request = runs.begin(target, exchange.request)
      const wire = new TargetWire({
        exchange,
        api: options.targetApis?.[target - 1] ?? options.api,
        target,
        style: 'from-anchor',
        receipts,
        clock,
        attemptsEnded: () => 0,
      })
      await options.scripts[target - 1]?.(wire, request)
      runs.end(target, request)
    })
    stops.push(
      () => receipts.close(),
      () => upstream.stop(),
    )
    const router = await startRouter(setupOf(options, upstream.url, clock))
    stops.push(() => router.stop())
    return {
      router,
      clock,
      asked: (target) => runs.asked(target),
      performed: (target, request = 1) => runs.waitFor(target, request),
      post: (extra = {}, signal) => post(router, options.api, { extra, signal }),
    }
  }
}

function setupOf(options: StageOptions, url: string, clock: PacedClock) {
  const names = ROUTES.slice(0, options.scripts.length)
  return {
    routes: names.map((name, index) => {
      const api = options.targetApis?.[index] ?? options.api
      // A provider's prefix is not the same for all: Anthropic's is the origin alone.
      const apiBase = `${url}/${index + 1}${api === 'messages' ? '' : '/v1'}`
      const chatOnly = api === 'chat' && options.api === 'responses'
      return {
        name,
        model: MODELS[api],
        apiBase,
        params: {
          ...(chatOnly && { use_chat_completions_api: true }),
          ...(index === 0 && options.params),
        },
        ...(index > 0 && options.fallbackInfo !== undefined && { info: options.fallbackInfo }),
      }
    }),
    ...(names.length > 1 && { fallbacks: { primary: names.slice(1) } }),
    ...(options.settings !== undefined && { router: options.settings }),
    ...(options.secondwind !== undefined && { secondwind: options.secondwind }),
    clock,
  }
}

function post(
  router: TestRouter,
  api: Api,
  options: { readonly extra: object; readonly signal: AbortSignal | undefined },
): Promise<Response> {
  return fetch(`${router.url}${PATHS[api]}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...bodyOf(api), ...options.extra }),
    ...(options.signal !== undefined && { signal: options.signal }),
  })
}

/** The scripts that were begun and that have ended, by target. */
class Runs {
  readonly #requests = new Map<number, WireRequest[]>()
  readonly #ended = new Set<string>()
  readonly #waiting = new Set<() => void>()

  begin(target: number, request: WireRequest): number {
    const requests = this.#requests.get(target) ?? []
    this.#requests.set(target, requests)
    return requests.push(request)
  }

  end(target: number, request: number): void {
    this.#ended.add(`${target}/${request}`)
    for (const wake of this.#waiting) wake()
  }

  asked(target: number): readonly WireRequest[] {
    return this.#requests.get(target) ?? []
  }

  async waitFor(target: number, request: number): Promise<void> {
    while (!this.#ended.has(`${target}/${request}`)) {
      // oxlint-disable-next-line no-await-in-loop -- one wait per script that ends
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }
}

function pace(clock: FakeClock): PacedClock {
  const pending = new Map<symbol, number>()
  const waiting = new Set<() => void>()
  return {
    ...clock,
    setTimer(delayMs, callback) {
      const id = Symbol('timer')
      pending.set(id, delayMs)
      for (const wake of waiting) wake()
      const cancel = clock.setTimer(delayMs, () => {
        pending.delete(id)
        callback()
      })
      return () => {
        pending.delete(id)
        cancel()
      }
    },
    async soonTimer(delayMaxMs) {
      for (;;) {
        const soon = [...pending.values()].find((delayMs) => delayMs <= delayMaxMs)
        if (soon !== undefined) return soon
        // oxlint-disable-next-line no-await-in-loop -- one wait per timer that is set
        await new Promise<void>((resolve) => waiting.add(resolve))
      }
    },
  }
}
