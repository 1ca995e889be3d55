import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { loadConfig } from '../../collector/config/load-config.ts'
import { Secret } from '../../collector/config/secret.ts'
import { type Sidecar, startSidecar } from '../../collector/main.ts'
import { createTelemetry } from '../../collector/telemetry/create-telemetry.ts'
import * as vocabulary from '../../collector/vocabulary.ts'
import { demoConfig } from '../../demo/config.ts'
import { type Provider, startProvider } from '../../demo/provider/start-provider.ts'
import { SCENARIOS, type Scenario } from '../../demo/scenarios.ts'
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts'
import { readOtlp } from '../support/read-otlp.ts'
import { type WireSpan, readWireSpans } from '../support/otlp-wire.ts'
import { type LogLine, recordLog } from '../support/record-log.ts'

/**
 * The contract between the two halves, over real bytes: a real router is driven through every fault
 * of the demo's provider, exports over HTTP, and what arrives is decoded by the analyzer's own
 * decoder. A key or a value outside the vocabulary would otherwise fail silently: a rule that never
 * fires.
 */

const PROMPT_CANARY = 'canary-heliotrope-7319'
const CLIENT_KEY = 'client-canary-key-5521'
const PROVIDER_KEY = 'sk-demo-made-up'

let provider: Provider
let receiver: OtlpReceiver
let sidecar: Sidecar
let spans: readonly Span[]
let counts: ReadonlyMap<string, number>
let rejected = 0
let sentBytes: string
let wireSpans: readonly WireSpan[]
let logLines: readonly LogLine[]

beforeAll(async () => {
  provider = await startProvider()
  receiver = await startOtlpReceiver()
  const text = `${demoConfig({ providerUrl: provider.url, sidecarPort: 0 })}
general_settings: { master_key: ${CLIENT_KEY} }
`
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }
  const loaded = loadConfig(text, { environment })
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems))
  const log = recordLog()
  const telemetry = createTelemetry({
    config: loaded.config.telemetry,
    secrets: [new Secret(CLIENT_KEY), new Secret(PROVIDER_KEY)],
    version: '0.0.0',
    log,
  })
  sidecar = await startSidecar({ config: loaded.config, telemetry })
  const asked = SCENARIOS.flatMap((scenario) => [
    ask(scenario, scenario.api),
    ask(scenario, 'responses'),
  ])
  await Promise.all([...asked, askUnknownModel(), askWithWrongKey()])
  await sidecar.stop()
  counts = telemetry.counts()
  sentBytes = receiver.text()
  wireSpans = receiver.bodies.flatMap(readWireSpans)
  logLines = log.lines
  spans = receiver.bodies.flatMap((body) => {
    const decoded = new OtlpDecoder({ salt: new Uint8Array(16) }).decode(body, 'protobuf')
    if (decoded.kind === 'malformed') throw new Error(decoded.message)
    rejected += decoded.rejected
    return readOtlp(body)
  })
}, 60_000)

afterAll(async () => {
  await receiver.stop()
  await provider.stop()
})

const PATHS: Readonly<Record<vocabulary.Api, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
}

async function ask(scenario: Scenario, api: vocabulary.Api): Promise<void> {
  const gone = new AbortController()
  const response = await fetch(sidecar.url + PATHS[api], {
    method: 'POST',
    signal: gone.signal,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${CLIENT_KEY}` },
    body: JSON.stringify({
      model: scenario.name,
      stream: scenario.stream,
      ...(api === 'responses'
        ? { input: `Say it: ${PROMPT_CANARY}` }
        : { max_tokens: 500, messages: [{ role: 'user', content: `Say it: ${PROMPT_CANARY}` }] }),
    }),
  })
  if (scenario.clientLeaves === true) {
    await response.body?.getReader().read()
    gone.abort()
    return
  }
  // An in-band failure ends the body early: whatever comes is what the client got.
  await response.text().catch(() => '')
}

async function askUnknownModel(): Promise<void> {
  await fetch(`${sidecar.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': CLIENT_KEY },
    body: JSON.stringify({ model: 'nobody', messages: [{ role: 'user', content: PROMPT_CANARY }] }),
  })
}

async function askWithWrongKey(): Promise<void> {
  await fetch(`${sidecar.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': `${CLIENT_KEY}-wrong` },
    body: JSON.stringify({ model: 'healthy', messages: [] }),
  })
}

type SpanName = keyof typeof vocabulary.KEYS_BY_SPAN

function nameOf(span: Span): SpanName {
  if (span.kind === 'server') return 'request'
  if (span.kind === 'client') return 'attempt'
  if (span.name === vocabulary.SPAN_FIRST_CHUNK) return 'first_chunk'
  if (span.name === vocabulary.SPAN_STREAM) return 'stream'
  if (span.name.startsWith(`${vocabulary.SPAN_FALLBACK_PREFIX} `)) return 'fallback'
  throw new Error(`no kind of span is named "${span.name}"`)
}

const SKIPPED = new RegExp(`^.+=(?:${vocabulary.SKIP_REASONS.join('|')})$`)

/** Every key whose values are a closed list. */
const CLOSED: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  [vocabulary.ATTR_API, vocabulary.APIS],
  [vocabulary.ATTR_OUTCOME, vocabulary.OUTCOMES],
  [vocabulary.ATTR_FALLBACKS_NOT_TRIED, vocabulary.NOT_TRIED_REASONS],
  [vocabulary.ATTR_ROOT_CAUSE_REASON, vocabulary.FAILURE_REASONS],
  [vocabulary.ATTR_ROOT_CAUSE_PHASE, vocabulary.PHASES],
  [vocabulary.ATTR_USAGE_SOURCE, vocabulary.USAGE_SOURCES],
  [vocabulary.ATTR_ATTEMPT_KIND, vocabulary.ATTEMPT_KINDS],
  [vocabulary.ATTR_FAILURE_REASON, vocabulary.FAILURE_REASONS],
  [vocabulary.ATTR_FAILURE_PHASE, vocabulary.PHASES],
  [vocabulary.ATTR_DELIVERED_KINDS, vocabulary.CONTENT_KINDS],
  [vocabulary.ATTR_BREAKER_STATE, vocabulary.BREAKER_STATES],
  [vocabulary.ATTR_CONTENT_KIND, vocabulary.CONTENT_KINDS],
  [vocabulary.ATTR_FALLBACK_REASON, vocabulary.FAILURE_REASONS],
  [vocabulary.ATTR_FALLBACK_STRATEGY, vocabulary.STRATEGIES],
  [vocabulary.ATTR_FALLBACK_WHY, vocabulary.STRATEGY_CAUSES],
  [vocabulary.ATTR_FALLBACK_CAPABILITY_PREFILL, vocabulary.CAPABILITIES],
  [vocabulary.ATTR_FALLBACK_CAPABILITY_SOURCE, vocabulary.CAPABILITY_SOURCES],
])

/** README's tables, in the order of the page: key and type, per span. */
function readmeTables(): readonly ReadonlyMap<string, string>[] {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const section = readme.slice(readme.indexOf('## Vocabulary'))
  return section
    .split('| key | type | meaning |')
    .slice(1)
    .map((table) => new Map([...table.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)].map(toEntry)))
}

function toEntry([, key = '', type = '']: RegExpExecArray): [string, string] {
  return [key, type.trim()]
}

describe('the vocabulary', () => {
  test('loses nothing on the way: every span that ended was sent, and was read', () => {
    expect(counts.get('sent')).toBe(counts.get('ended'))
    expect(counts.get('recording_errors')).toBe(0)
    expect([spans.length, rejected]).toEqual([counts.get('sent'), 0])
  })

  test('covers every key of every span that a real router exports', () => {
    expect(spans.length).toBeGreaterThan(SCENARIOS.length * 2)
    for (const span of spans) {
      const allowed: readonly string[] = vocabulary.KEYS_BY_SPAN[nameOf(span)]
      const outside = [...span.attributes.keys()].filter((key) => !allowed.includes(key))
      expect({ span: span.name, outside }).toEqual({ span: span.name, outside: [] })
      expect(span.scope.name).toBe(vocabulary.SCOPE_NAME)
    }
  })

  test('says each thing once: no span carries a key twice', () => {
    const twice = wireSpans.flatMap(({ name, attributes }) => {
      const keys = attributes.map(([key]) => key)
      return keys.filter((key, index) => keys.indexOf(key) < index).map((key) => `${name}: ${key}`)
    })
    expect(twice).toEqual([])
  })

  test('covers every value of every closed list', () => {
    for (const span of spans) {
      for (const [key, value] of span.attributes) {
        const list = CLOSED.get(key)
        if (list === undefined) continue
        for (const element of Array.isArray(value) ? value : [value]) {
          expect(list).toContain(element)
        }
      }
      const skipped = span.attributes.get(vocabulary.ATTR_TARGETS_SKIPPED)
      for (const entry of Array.isArray(skipped) ? skipped : []) expect(entry).toMatch(SKIPPED)
    }
  })

  test('is exercised: every kind of span, outcome and strategy of the demo occurs', () => {
    const seen = (key: string) => new Set(spans.map((span) => span.attributes.get(key)))
    expect(new Set(spans.map(nameOf))).toEqual(new Set(Object.keys(vocabulary.KEYS_BY_SPAN)))
    for (const api of vocabulary.APIS) expect(seen(vocabulary.ATTR_API)).toContain(api)
    for (const outcome of ['ok', 'rescued', 'failed', 'cancelled', 'rejected']) {
      expect(seen(vocabulary.ATTR_OUTCOME)).toContain(outcome)
    }
    for (const strategy of ['restart', 'prefill', 'user_turn', 'stop']) {
      expect(seen(vocabulary.ATTR_FALLBACK_STRATEGY)).toContain(strategy)
    }
  })

  test('is what README’s tables list, key by key, with the types that really come', () => {
    const names = Object.keys(vocabulary.KEYS_BY_SPAN) as SpanName[]
    const tables = new Map(readmeTables().map((table, index) => [names[index], table]))
    expect(tables.size).toBe(names.length)
    const listed = names.map((name) => [...(tables.get(name)?.keys() ?? [])].toSorted())
    expect(listed).toEqual(names.map((name) => [...vocabulary.KEYS_BY_SPAN[name]].toSorted()))
    const types = new Map([...tables.values()].flatMap((table) => [...(table ?? [])]))
    const misfits = wireSpans.flatMap(({ name, attributes }) =>
      attributes
        .filter(([key, type]) => types.get(key) !== type)
        .map(([key, type]) => `${name}: ${key} is ${type}`),
    )
    expect(wireSpans).toHaveLength(spans.length)
    expect(misfits).toEqual([])
  })
})

describe('a request’s spans', () => {
  test('hang together: one SERVER root, attempts and decisions under it', () => {
    const byId = new Map(spans.map((span) => [span.spanId, span]))
    const parentKind = (span: Span) => byId.get(span.parentSpanId)?.kind
    const expected = { request: undefined, attempt: 'server', fallback: 'server' } as const
    const strays = spans.filter((span) => {
      const name = nameOf(span)
      const wanted = name === 'first_chunk' || name === 'stream' ? 'client' : expected[name]
      return parentKind(span) !== wanted
    })
    expect(strays).toEqual([])
    const outOfTime = spans.filter((span) => {
      const parent = byId.get(span.parentSpanId) ?? span
      return span.startTimeNs < parent.startTimeNs || span.endTimeNs > parent.endTimeNs
    })
    expect(outOfTime).toEqual([])
  })

  test('are as many as the request says: its attempts', () => {
    for (const root of spans.filter((span) => span.kind === 'server')) {
      const attempts = spans.filter(
        (span) => span.parentSpanId === root.spanId && span.kind === 'client',
      )
      expect(attempts).toHaveLength(Number(root.attributes.get(vocabulary.ATTR_ATTEMPTS) ?? 0))
    }
  })
})

describe('what is exported and logged', () => {
  test('holds no byte of a prompt', () => {
    expect(provider.requests.length).toBeGreaterThan(SCENARIOS.length)
    expect(sentBytes).not.toContain(PROMPT_CANARY)
    expect(JSON.stringify(logLines)).not.toContain(PROMPT_CANARY)
  })

  test('holds no byte of an answer', () => {
    // Every answer of the demo's provider is numbered words.
    expect(sentBytes).not.toMatch(/word-\d\d/)
  })

  test('holds no key, neither the client’s nor a provider’s', () => {
    for (const key of [CLIENT_KEY, PROVIDER_KEY]) {
      expect(sentBytes).not.toContain(key)
      expect(JSON.stringify(logLines)).not.toContain(key)
    }
  })
})
