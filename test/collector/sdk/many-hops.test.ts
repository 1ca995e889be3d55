import { afterEach, describe, expect, test } from 'vitest'
import type { FakeUpstream, Script } from '../../support/fake-upstream.ts'
import { STREAM_HEAD, startFakeUpstream } from '../../support/fake-upstream.ts'
import { READERS } from '../../support/sdk-clients.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'
import { storyteller } from '../../support/storyteller.ts'

/**
 * The fallback itself may break. Whoever comes next goes on from all that the client holds, in
 * whatever protocol it speaks, and every word reaches the client once (I3).
 */

const STORY = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

const TARGETS = ['groq', 'anthropic', 'openai/responses'] as const

/** Chat, for whoever asks; Messages; Responses. */
type Target = (typeof TARGETS)[number]

/** What a storyteller calls itself in each protocol. */
const SERVED: Readonly<Record<Target, string>> = {
  groq: 'served',
  anthropic: 'claude-served',
  'openai/responses': 'responses-served',
}

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) {
    // oxlint-disable-next-line no-await-in-loop -- routers before the upstreams that they hold
    await stop()
  }
})

/** A chain of targets, asked in this order for the route `hop-0`. */
async function chainOf(
  hops: readonly (readonly [target: Target, script: Script])[],
  secondwind: object = {},
): Promise<TestRouter> {
  const upstreams: FakeUpstream[] = await Promise.all(
    hops.map(([, script]) => startFakeUpstream(script)),
  )
  stops.push(...upstreams.map((upstream) => () => upstream.stop()))
  const names = hops.map((_, index) => `hop-${index}`)
  const router = await startRouter({
    routes: hops.map(([target], index) => {
      const url = upstreams[index]?.url ?? ''
      return {
        name: names[index] ?? '',
        model: `${target}/model-${index}`,
        apiBase: target === 'anthropic' ? url : `${url}/v1`,
      }
    }),
    fallbacks: { 'hop-0': names.slice(1) },
    secondwind,
  })
  stops.push(() => router.stop())
  return router
}

const breaking = (words: number): Script => storyteller(STORY, { breaksAfter: words })
const whole = storyteller(STORY)

/** Every order of two different protocols and back, one round through all three. */
const CHAINS: readonly (readonly Target[])[] = [
  ...TARGETS.flatMap((first) => TARGETS.map((second) => [first, second, first])),
  ['groq', 'anthropic', 'openai/responses', 'groq'],
]

describe.each(READERS)('$name', ({ read }) => {
  test.each(CHAINS.map((targets) => [targets.join(' → '), targets] as const))(
    'gets each word once from %s, of which only the last does not break',
    async (_, targets) => {
      const last = targets.length - 1
      // Behind a seam the anchor's eight words are told first.
      const router = await chainOf(
        targets.map((target, index) => [target, index === last ? whole : breaking(20)]),
      )
      const result = await read({ url: router.url, route: 'hop-0' })
      const { summary, fallbacks } = await router.telemetry.waitForRequest()

      expect(result).toEqual({ kind: 'complete', text: STORY })
      expect(summary).toMatchObject({
        outcome: 'rescued',
        attempts: targets.length,
        // The envelope is the first target's, whoever ends the answer.
        client: { complete: true, envelopes: 1, model: SERVED[targets[0] ?? 'groq'] },
      })
      expect(fallbacks.map(({ seam }) => seam?.verified)).toEqual(targets.slice(1).map(() => true))
    },
  )
})

/** What may become of the hop between two that behave. */
const SILENT: Script = (exchange) => exchange.send(STREAM_HEAD)
const PINGING: Script = async (exchange) => {
  exchange.send(STREAM_HEAD)
  const ping = setInterval(() => exchange.chunk(': ping\n\n'), 50)
  await exchange.closed
  clearInterval(ping)
}
const MISHAPS: readonly (readonly [title: string, script: Script, reason: string])[] = [
  [
    'starts over in other words',
    storyteller(STORY, { wayward: (story) => `${story.slice(0, 50)} and then it all changed.` }),
    'bad-response',
  ],
  ['says nothing', storyteller(STORY, { wayward: () => '' }), 'bad-response'],
  ['breaks within the anchor', breaking(3), 'stream-cut'],
  ['breaks before it says anything', breaking(0), 'stream-cut'],
  ['closes without a word', (exchange) => exchange.fin(), 'connection'],
  ['sends headers and nothing else', SILENT, 'timeout-first-event'],
  ['only sends signs of life', PINGING, 'timeout-first-content'],
]

/** Silence takes its time: one way to read each protocol hears it out. */
const RAW_CLIENTS = READERS.filter(({ name }) => name.includes('raw'))

describe.each(RAW_CLIENTS)('$name, where the second target', ({ read }) => {
  test.each(MISHAPS)('%s: the third goes on', async (_, script, reason) => {
    const router = await chainOf(
      [
        ['groq', breaking(30)],
        ['anthropic', script],
        ['groq', whole],
      ],
      { timers: { first_event_ms: 600, first_content_ms: 900 } },
    )
    const result = await read({ url: router.url, route: 'hop-0' })
    const { attempts, summary } = await router.telemetry.waitForRequest()

    expect(result).toEqual({ kind: 'complete', text: STORY })
    expect(attempts[1]?.summary).toMatchObject({ delivered: { chunks: 0 }, failure: { reason } })
    expect(summary.rootCause).toMatchObject({ attempt: 1, failure: { reason: 'stream-cut' } })
  })
})

test.each(READERS)('$name raises the first failure where every hop breaks', async ({ read }) => {
  const router = await chainOf([
    ['anthropic', breaking(20)],
    ['groq', breaking(20)],
    ['openai/responses', breaking(20)],
  ])
  const result = await read({ url: router.url, route: 'hop-0' })
  const { summary } = await router.telemetry.waitForRequest()

  expect(result.kind).toBe('raised')
  expect(STORY.startsWith(result.text)).toBe(true)
  expect(summary).toMatchObject({
    outcome: 'failed',
    attempts: 3,
    client: { complete: false, errorAttempt: 1 },
    rootCause: { attempt: 1 },
  })
})
