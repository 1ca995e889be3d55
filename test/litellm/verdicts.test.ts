import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startAnalyzer, type Analyzer } from '../../analyzer/main.ts'
import type { WireRequest, WireRequestList } from '../../analyzer/api/wire.ts'
import type { Api } from '../../collector/vocabulary.ts'
import { startProvider, type Provider } from '../../demo/provider/start-provider.ts'
import { SIXTY_WORDS } from '../support/demo-words.ts'
import { ON_LOOPBACK } from '../support/running-analyzer.ts'
import { READERS, type Read } from '../support/sdk-clients.ts'
import { MASTER_KEY, startLiteLlm, type LiteLlm } from './start-litellm.ts'

/**
 * The whole way, live: a real LiteLLM in front of a provider that breaks on purpose, its spans into
 * a running analyzer, and the verdicts asked of the API. What happened is told by what the provider
 * was asked and by what the client got, never by the spans.
 */

/** What the first target does; its parameter, where it has one, is how many words come before. */
const BEHAVIOURS = [
  'healthy',
  'status-503',
  'reset-before-headers',
  'error-event-0',
  'error-event-40',
  'cut-rst-40',
  'cut-clean-40',
  'stall-40',
  'status-400',
  'empty-success',
] as const

const APIS = ['chat', 'responses', 'messages'] as const satisfies readonly Api[]

interface Case {
  /** Its route, too. */
  readonly name: string
  readonly api: Api
  readonly behaviour: string
  readonly hasFallback: boolean
}

const CASES: readonly Case[] = APIS.flatMap((api) =>
  BEHAVIOURS.flatMap((behaviour) =>
    [true, false].map((hasFallback) => ({
      name: `${api}-${behaviour}-${hasFallback ? 'backed' : 'alone'}`,
      api,
      behaviour,
      hasFallback,
    })),
  ),
)

/** What really happened. */
interface Truth {
  readonly read: Read
  readonly fallbackAsked: boolean
}

const MODES = [
  { mode: 'v1', environment: {} },
  { mode: 'v2', environment: { LITELLM_OTEL_V2: 'true' } },
] as const

const SETTLE_MS = 3000
/** For spans that never come: LiteLLM does not close every call. */
const WAIT_MS = 30_000

describe.each(MODES)('LiteLLM $mode, live', ({ mode, environment }) => {
  let provider: Provider
  let analyzer: Analyzer
  let liteLlm: LiteLlm
  let folder: string
  const truths = new Map<string, Truth>()
  let told: ReadonlyMap<string, readonly WireRequest[]>

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'secondwind-live-'))
    provider = await startProvider()
    const config = configOf(provider.url)
    const routerConfigFile = join(folder, 'config.yaml')
    writeFileSync(routerConfigFile, JSON.stringify(config))
    analyzer = await startAnalyzer({
      ...ON_LOOPBACK,
      dataDir: join(folder, 'data'),
      routerConfigFile,
      settleMs: SETTLE_MS,
      log: () => undefined,
      onFatal: (reason) => {
        throw new Error(reason)
      },
    })
    liteLlm = await startLiteLlm({
      config,
      environment: {
        ...environment,
        OTEL_EXPORTER: 'otlp_http',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_ENDPOINT: analyzer.otlpHttpUrl,
        OTEL_EXPORTER_OTLP_ENDPOINT: analyzer.otlpHttpUrl,
        OTEL_BSP_SCHEDULE_DELAY: '200',
      },
    })
    for (const one of CASES) truths.set(one.name, await send(one, { provider, liteLlm }))
    told = await verdictsOn(analyzer)
    process.stderr.write(summaryOf(mode, truths, told))
  }, 600_000)

  afterAll(async () => {
    await liteLlm?.stop()
    await analyzer?.stop()
    await provider?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  test.each(CASES)('nothing untrue is said of $name', (one) => {
    const truth = truths.get(one.name)
    if (truth === undefined) throw new Error('it was not sent')
    const requests = told.get(one.name) ?? []
    expect(requests.length).toBeLessThanOrEqual(1)
    for (const request of requests) {
      expect(outcomesOf(one, truth)).toContain(request.outcome)
      expect(request.findings.filter((finding) => isUntrue(finding.rule, one, truth))).toEqual([])
    }
  })

  test('what its spans do tell is told: most requests have a verdict', () => {
    const known = CASES.filter(({ name }) =>
      (told.get(name) ?? []).some(({ outcome }) => outcome !== 'unknown'),
    )
    expect(known.length).toBeGreaterThan(CASES.length / 2)
    const sure = ['chat-healthy-backed', 'chat-status-503-backed', 'chat-status-503-alone']
    const outcomes = sure.map((name) => (told.get(name) ?? []).map(({ outcome }) => outcome))
    expect(outcomes).toEqual([['ok'], ['rescued'], ['failed']])
  })
})

function configOf(providerUrl: string): object {
  const api_key = 'sk-test-upstream'
  const models = CASES.flatMap(({ name, api, behaviour, hasFallback }) => {
    const kind = api === 'messages' ? 'anthropic' : 'openai'
    const api_base = kind === 'openai' ? `${providerUrl}/v1` : providerUrl
    const model = (label: string, does: string): object => ({
      model_name: label,
      litellm_params: {
        model: `${kind}/${label}@${does}+pace-0`,
        api_base,
        api_key,
        timeout: 4,
        stream_timeout: 2,
        max_retries: 0,
      },
    })
    return [model(name, behaviour), ...(hasFallback ? [model(`${name}-next`, 'healthy')] : [])]
  })
  return {
    model_list: models,
    router_settings: {
      num_retries: 0,
      // Each case has a deployment of its own; a cooled-down one would be another story.
      disable_cooldowns: true,
      fallbacks: CASES.filter(({ hasFallback }) => hasFallback).map(({ name }) => ({
        [name]: [`${name}-next`],
      })),
    },
    litellm_settings: { callbacks: ['otel'], num_retries: 0, telemetry: false },
    general_settings: { master_key: MASTER_KEY },
  }
}

async function send(
  { name, api }: Case,
  { provider, liteLlm }: { readonly provider: Provider; readonly liteLlm: LiteLlm },
): Promise<Truth> {
  const reader = READERS.find((one) => one.api === api && one.name.includes('raw'))
  if (reader === undefined) throw new Error(`nobody reads ${api}`)
  const read = await reader.read({ url: liteLlm.url, route: name, apiKey: MASTER_KEY })
  const fallbackAsked = provider.requests.some(({ model }) => model.startsWith(`${name}-next@`))
  return { read, fallbackAsked }
}

/** By route; waits until every request has one, or nothing more comes. */
async function verdictsOn(
  analyzer: Analyzer,
): Promise<ReadonlyMap<string, readonly WireRequest[]>> {
  const untilMs = Date.now() + WAIT_MS
  for (;;) {
    const url = `${analyzer.pageUrl}/api/v1/requests?limit=200`
    const list = (await (await fetch(url)).json()) as WireRequestList
    const byRoute = new Map<string, WireRequest[]>()
    for (const request of list.requests) {
      const route = request.route ?? ''
      byRoute.set(route, [...(byRoute.get(route) ?? []), request])
    }
    if (Date.now() > untilMs || CASES.every(({ name }) => byRoute.has(name))) return byRoute
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

function isWhole({ read }: Truth): boolean {
  return read.kind === 'complete' && read.text === SIXTY_WORDS
}

/** What may be said of it; `unknown` always may. */
function outcomesOf(one: Case, truth: Truth): readonly string[] {
  if (isWhole(truth)) return [truth.fallbackAsked ? 'rescued' : 'ok', 'unknown']
  // A whole answer of nothing.
  if (one.behaviour === 'empty-success' && truth.read.kind === 'complete') return ['ok', 'unknown']
  // It ended well for the client, whatever stands in it twice.
  if (truth.fallbackAsked && truth.read.kind === 'complete') return ['rescued', 'unknown']
  // Passed off as whole, or as no error: its spans look like those of a healthy request.
  const looksHealthy = truth.read.kind !== 'raised' || one.api === 'messages'
  return ['failed', 'unknown', ...(looksHealthy ? ['ok'] : [])]
}

const BYPASSED = ['fallback-bypassed', 'aresponses-fallback-bypassed']

function isUntrue(rule: string, { hasFallback }: Case, truth: Truth): boolean {
  if (BYPASSED.includes(rule)) return !hasFallback || truth.fallbackAsked
  if (rule === 'no-fallback-configured') return hasFallback
  if (rule === 'fallback-exhausted') return isWhole(truth) || !truth.fallbackAsked
  return isWhole(truth) && !truth.fallbackAsked && rule !== 'slow-first-chunk'
}

function summaryOf(
  mode: string,
  truths: ReadonlyMap<string, Truth>,
  told: ReadonlyMap<string, readonly WireRequest[]>,
): string {
  const lines = CASES.map(({ name }) => {
    const truth = truths.get(name)
    const got = `${truth?.read.kind ?? '?'}${truth?.fallbackAsked === true ? ', fallback asked' : ''}`
    const said = (told.get(name) ?? []).map(
      ({ outcome, findings }) => `${outcome} ${findings.map(({ rule }) => rule).join(' ')}`,
    )
    return `${mode} ${name.padEnd(36)} ${got.padEnd(26)} ${said.join(' | ') || '(no spans)'}\n`
  })
  return lines.join('')
}
