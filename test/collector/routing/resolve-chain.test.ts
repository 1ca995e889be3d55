import { describe, expect, test } from 'vitest'
import { resolveChain, targetsAfter } from '../../../collector/routing/resolve-chain.ts'
import type { Failure } from '../../../collector/upstream/failure.ts'
import type { FailureReason } from '../../../collector/vocabulary.ts'
import { loadTestConfig } from '../../support/start-router.ts'

const apiBase = 'http://127.0.0.1:1/v1'

const config = loadTestConfig({
  routes: [
    {
      name: 'main',
      model: 'openai/a',
      apiBase,
      params: { order: 1, weight: 3 },
      info: { id: 'a' },
    },
    {
      name: 'main',
      model: 'openai/b',
      apiBase,
      params: { order: 1, weight: 1 },
      info: { id: 'b' },
    },
    { name: 'main', model: 'openai/c', apiBase, params: { order: 2 }, info: { id: 'c' } },
    { name: 'next', model: 'openai/d', apiBase, info: { id: 'd' } },
    { name: 'long', model: 'openai/e', apiBase, info: { id: 'e' } },
    { name: 'mild', model: 'openai/f', apiBase, info: { id: 'f' } },
    { name: 'bare', model: 'openai/g', apiBase, info: { id: 'g' } },
  ],
  fallbacks: { main: ['next'], bare: ['next'] },
  router: {
    context_window_fallbacks: [{ main: ['long'] }],
    content_policy_fallbacks: [{ main: ['mild'] }],
  },
})

function chainOf(name: string, random = 0.5) {
  const route = config.routes.get(name)
  if (route === undefined) throw new Error(`no route ${name}`)
  return resolveChain(route, config, () => random)
}

const failed = (reason: FailureReason): Failure => ({
  reason,
  phase: 'before_headers',
  message: 'as scripted',
})

const after = (route: string, ...reasons: readonly FailureReason[]): readonly string[] =>
  ids(targetsAfter(chainOf(route), reasons.map(failed)))

const ids = (targets: readonly { readonly id: string }[]): string[] => targets.map(({ id }) => id)

/** How often so many requests ask chance for its opinion. */
function drawsOf(name: string, requests: number): number {
  const route = config.routes.get(name)
  if (route === undefined) throw new Error(`no route ${name}`)
  let draws = 0
  for (let request = 0; request < requests; request += 1) {
    resolveChain(route, config, () => {
      draws += 1
      return 0.5
    })
  }
  return draws
}

describe('resolveChain', () => {
  test('draws anew for every request where weights leave it to chance, and only there', () => {
    // Two of its deployments have a weight.
    expect(drawsOf('main', 3)).toBe(6)
    expect(drawsOf('bare', 3)).toBe(0)
    expect(chainOf('bare')).toBe(chainOf('bare'))
  })

  test('knows the same route under another configuration anew', () => {
    const bare = config.routes.get('bare')
    if (bare === undefined) throw new Error('no route bare')
    const fewer = { ...config, retry: { ...config.retry, fallbacksMax: 0 } }

    expect(ids(chainOf('bare').fallbacks)).toEqual(['d'])
    expect(ids(resolveChain(bare, fewer, () => 0.5).fallbacks)).toEqual([])
  })

  test("asks the route's own deployments by order, then those of its fallbacks", () => {
    const chain = chainOf('main')

    expect(ids(chain.own).at(-1)).toBe('c')
    expect(ids(targetsAfter(chain, [failed('overloaded')])).slice(2)).toEqual(['c', 'd'])
    expect(chain.fallbackRoutes).toEqual(['next', 'long', 'mild'])
  })

  test('draws among equals by their weight', () => {
    let seed = 1
    const route = config.routes.get('main')
    const random = (): number => {
      seed = (seed * 16_807) % 2_147_483_647
      return seed / 2_147_483_647
    }
    const first = Array.from({ length: 4000 }, () =>
      route === undefined ? undefined : resolveChain(route, config, random).own[0]?.id,
    )

    expect(first.filter((id) => id === 'a').length / first.length).toBeCloseTo(0.75, 1)
  })

  test('sends what does not fit, and what a policy refused, only where they are meant to go', () => {
    expect(after('main', 'context-too-long')).toEqual(['e'])
    expect(after('main', 'content-filtered')).toEqual(['f'])
    expect(after('bare', 'context-too-long')).toEqual(['d'])
    expect(after('bare', 'content-filtered')).toEqual([])
    // What is wrong with the request stays wrong, whatever happens to the next target.
    expect(after('main', 'context-too-long', 'overloaded')).toEqual(['e'])
    expect(after('main', 'overloaded', 'content-filtered', 'stream-cut')).toEqual(['f'])
    expect(after('main', 'context-too-long', 'content-filtered')).toEqual(['f'])
  })

  test('takes a request that does not fit for one inside HTTP 200 too', () => {
    const error = { message: 'This exceeds the context window.', code: 'context_length_exceeded' }
    const inBand: Failure = { ...failed('error-event'), phase: 'before_content', error }

    expect(ids(targetsAfter(chainOf('main'), [inBand]))).toEqual(['e'])
    expect(ids(targetsAfter(chainOf('main'), [failed('error-event')]))).toContain('d')
  })

  test('asks no more fallback routes than `max_fallbacks`', () => {
    const limited = loadTestConfig({
      routes: ['main', 'one', 'two', 'three'].map((name) => ({
        name,
        model: 'openai/x',
        apiBase,
        info: { id: name },
      })),
      fallbacks: { main: ['one', 'two', 'three'] },
      router: { max_fallbacks: 2 },
    })
    const route = limited.routes.get('main')

    expect(route && ids(resolveChain(route, limited, () => 0.5).fallbacks)).toEqual(['one', 'two'])
  })
})
