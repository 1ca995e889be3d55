import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import { startAnalyzer } from '../../analyzer/main.ts'
import type {
  WireHealth,
  WireIncident,
  WireIncidentList,
  WireOverview,
  WireProblem,
  WireRequestList,
  WireRules,
  WireTrace,
} from '../../analyzer/api/wire.ts'
import { buildSpan, protobufRequest } from '../support/otlp.ts'
import { parsePrometheus } from '../support/parse-prometheus.ts'
import { runAnalyzer } from '../support/running-analyzer.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

const RECORDINGS = fileURLToPath(new URL('../../demo/recordings/', import.meta.url))
const ROUTER_CONFIG = join(RECORDINGS, 'router-config.yaml')

function recordings(): readonly Buffer[] {
  return readdirSync(RECORDINGS)
    .filter((name) => name.endsWith('.otlp.json.gz'))
    .map((name) => readFileSync(join(RECORDINGS, name)))
}

/** What really happened, and what may be concluded from it. */
interface Recording {
  readonly route: string
  readonly expected: {
    readonly outcome: readonly string[]
    readonly must: readonly string[]
    readonly may: readonly string[]
  }
}

const JSON_GZIP = { 'content-type': 'application/json', 'content-encoding': 'gzip' }

test('recordings of real LiteLLM become requests, incidents and traces that the API serves', async () => {
  const { api, send, pageUrl } = await runAnalyzer({ routerConfigFile: ROUTER_CONFIG })
  for (const body of recordings()) expect((await send(body, JSON_GZIP)).status).toBe(200)
  await waitUntil(async () => {
    const { requestsPending, spansStored } = await api<WireHealth>('health')
    return spansStored > 0 && requestsPending === 0
  }, 'everything judged')

  // All together, from one source, they say what each says alone.
  const manifest = JSON.parse(
    readFileSync(join(RECORDINGS, 'manifest.json'), 'utf8'),
  ) as readonly Recording[]
  const all = await api<WireRequestList>('requests?limit=200')
  const byRoute = new Map(all.requests.map((request) => [request.route, request]))
  expect(all.requests).toHaveLength(manifest.length)
  for (const { route, expected } of manifest) {
    const rules = byRoute.get(route)?.findings.map((finding) => finding.rule) ?? []
    expect(expected.outcome).toContain(byRoute.get(route)?.outcome)
    expect(rules).toEqual(expect.arrayContaining([...expected.must]))
    expect([...expected.must, ...expected.may]).toEqual(expect.arrayContaining(rules))
  }

  const overview = await api<WireOverview>('overview?window=30d')
  expect(overview.schemaVersion).toBe(1)
  expect(overview.buckets).toHaveLength(60)
  expect(overview.openIncidents.length).toBeGreaterThan(0)
  expect(overview.eligibleFailures).toBeGreaterThanOrEqual(overview.unrescued)

  const { incidents } = await api<WireIncidentList>('incidents')
  const [first] = incidents
  const incident = await api<WireIncident>(`incidents/${first?.id ?? ''}`)
  expect(incident.example.findings.map((finding) => finding.rule)).toContain(incident.rule)
  expect(incident.occurrences).toHaveLength(incident.count)
  expect(incident.remedy.stopItNow.text).not.toContain('{route}')

  const { requests, next } = await api<WireRequestList>('requests?limit=5&outcome=failed')
  expect(requests).toHaveLength(5)
  const more = await api<WireRequestList>(`requests?limit=5&outcome=failed&before=${next ?? ''}`)
  const seen = new Set(requests.map((request) => request.traceId))
  expect(more.requests.filter((request) => seen.has(request.traceId))).toEqual([])

  const trace = await api<WireTrace>(`traces/${incident.example.traceId}`)
  expect(trace.spans.map((span) => span.spanId)).toContain(incident.example.requestSpanId)
  expect(trace.requests).toContainEqual(incident.example)
  expect((await api<WireRules>('rules')).rules.length).toBeGreaterThan(5)

  for (const [path, status] of [
    ['incidents/inc-0000000000000000', 404],
    ['incidents/nonsense', 400],
    [`traces/${'f'.repeat(32)}`, 404],
    ['traces/xyz', 400],
    ['overview?window=1y', 400],
    ['requests?limit=0', 400],
    ['requests?outcome=great', 400],
    ['nothing', 404],
  ] as const) {
    const response = await fetch(`${pageUrl}/api/v1/${path}`)
    expect([path, response.status]).toEqual([path, status])
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    const problem = (await response.json()) as WireProblem
    expect(problem).toMatchObject({ status, title: expect.any(String) as unknown })
  }
})

/** What a fresh analyzer makes of what comes in rounds, each judged before the next. */
async function verdictsOf(...rounds: readonly (readonly Buffer[])[]): Promise<readonly unknown[]> {
  const dataDir = temporaryFolder()
  // One salt, so that hashes can be compared.
  writeFileSync(join(dataDir, 'salt'), Buffer.alloc(32, 7))
  const analyzer = await runAnalyzer({ routerConfigFile: ROUTER_CONFIG, dataDir })
  const { api, send } = analyzer
  for (const bodies of rounds) {
    for (const body of bodies) expect((await send(body, JSON_GZIP)).status).toBe(200)
    await waitUntil(async () => {
      const { requestsPending, spansStored } = await api<WireHealth>('health')
      return spansStored > 0 && requestsPending === 0
    }, 'everything judged')
  }
  const { requests } = await api<WireRequestList>('requests?limit=200')
  const { incidents } = await api<WireIncidentList>('incidents?window=30d')
  await analyzer.stop()
  return [
    requests.toSorted((left, right) => left.requestSpanId.localeCompare(right.requestSpanId)),
    incidents
      .map((incident) => ({ ...incident, sparkline: [] }))
      .toSorted((left, right) => left.id.localeCompare(right.id)),
  ]
}

test('the same spans in another order, twice, and late, give the same requests and incidents', async () => {
  const bodies = recordings()
  const pieces = bodies.flatMap((body) => splitSpans(body))
  const plain = await verdictsOf(bodies)
  expect(plain[0]).toHaveLength(36)
  expect(await verdictsOf([...pieces.toReversed(), ...bodies])).toEqual(plain)
  // The first spans are judged alone, and what was said of them is withdrawn.
  const [early, late] = [pieces.slice(0, 15), bodies]
  expect(await verdictsOf(early, late)).toEqual(plain)
}, 60_000)

interface JsonTraces {
  readonly resourceSpans: readonly {
    readonly resource: unknown
    readonly scopeSpans: readonly { readonly scope: unknown; readonly spans: readonly unknown[] }[]
  }[]
}

/** Every span in a request of its own, as a sender with a batch of one would export it. */
function splitSpans(body: Buffer): readonly Buffer[] {
  const { resourceSpans } = JSON.parse(gunzipSync(body).toString()) as JsonTraces
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => {
        const request = { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span] }] }] }
        return gzipSync(JSON.stringify(request))
      }),
    ),
  )
}

test('what LiteLLM says of prompts is in no byte of the data folder, nor in the log', async () => {
  const canary = 'The crimson heron hides seven umbrellas'
  const analyzer = await runAnalyzer()
  const messages = `[{'role': 'user', 'content': '${canary}'}]`
  const span = buildSpan({
    name: 'litellm_request',
    kind: 'internal',
    scope: { name: 'litellm', version: '' },
    status: { code: 'error', message: `bad request: {'input': '${canary}'}` },
    attributes: {
      'gen_ai.input.messages': JSON.stringify([{ role: 'user', content: canary }]),
      'gen_ai.output.messages': canary,
      'llm.openai.messages': messages,
      'llm.openai.choices': messages,
      'gen_ai.prompt.0.content': canary,
      'metadata.requester_metadata': `{'prompt': '${canary}'}`,
      'input.value': canary,
      'error.message': `{'content': '${canary}'}`,
    },
    events: [
      {
        name: 'gen_ai.content.prompt',
        timeNs: 1n,
        attributes: new Map([['gen_ai.prompt', canary]]),
      },
    ],
  })
  expect((await analyzer.send(protobufRequest([span]))).status).toBe(200)
  await analyzer.send(protobufRequest([span]).subarray(0, 90))
  const trace = await waitUntil(async () => {
    const { requestsPending } = await analyzer.api<WireHealth>('health')
    return requestsPending === 0 && (await analyzer.api<WireTrace>(`traces/${span.traceId}`))
  })
  expect(JSON.stringify(trace)).toContain('secondwindShape')
  const everything = (): string =>
    readdirSync(analyzer.dataDir, { recursive: true, encoding: 'utf8' })
      .map((name) => join(analyzer.dataDir, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path).toString('latin1'))
      .join('')
  expect(everything()).toContain('secondwindShape')
  expect(everything()).not.toContain('umbrellas')
  await analyzer.stop()
  expect(everything()).not.toContain('umbrellas')
  expect(analyzer.logged.join()).not.toContain('umbrellas')
  expect(JSON.stringify(trace)).not.toContain('umbrellas')
})

test('a judge that cannot go on is told by readiness, health and log, and goes on by itself', async () => {
  const { api, send, pageUrl, dataDir, logged } = await runAnalyzer()
  const blocker = new Database(join(dataDir, 'verdicts.db'))
  onTestFinished(() => void blocker.close())
  blocker.exec('BEGIN IMMEDIATE')
  const litellm = { name: 'litellm', version: '1.109.1' }
  expect((await send(protobufRequest([buildSpan({ scope: litellm })]))).status).toBe(200)
  const readiness = async (): Promise<number> => (await fetch(`${pageUrl}/readyz`)).status
  await waitUntil(async () => (await readiness()) === 503, 'not ready')
  expect((await api<WireHealth>('health')).judgingPausedSince).not.toBeNull()
  blocker.exec('ROLLBACK')
  await waitUntil(async () => (await readiness()) === 200, 'ready again')
  const healthy = await api<WireHealth>('health')
  expect(healthy).toMatchObject({ judgingPausedSince: null, requestsPending: 0 })
  expect(logged.filter((line) => line.startsWith('judging'))).toEqual([
    'judging pauses: database is locked',
    'judging goes on',
  ])
})

test('health tells a sender of which every span is rejected as that, with the reasons', async () => {
  const { api, send } = await runAnalyzer()
  const [bad, good] = [[buildSpan({ traceId: '0'.repeat(32) })], [buildSpan()]]
  expect((await send(protobufRequest(bad))).status).toBe(200)
  const rejected = { 'trace-id-invalid': 1 }
  expect((await api<WireHealth>('health')).sources).toEqual([
    {
      name: 'default',
      spans: 0,
      rejected,
      lastSpanAt: null,
      state: 'rejected',
      clockAheadMs: null,
      cannotShow: [],
    },
  ])
  await send(protobufRequest(good))
  expect((await api<WireHealth>('health')).sources).toMatchObject([
    { name: 'default', spans: 1, rejected, state: 'sending' },
  ])
})

test('health tells a folder where nothing came from one where nothing is understood', async () => {
  const { api, send, otlpHttpUrl } = await runAnalyzer()
  expect(await api<WireHealth>('health')).toEqual({
    spansStored: 0,
    spansRejected: 0,
    requestsPending: 0,
    judgingPausedSince: null,
    lastSpanAt: null,
    spansUnrecognised: 0,
    spansWithoutRequest: 0,
    otlpHttpUrl,
    intake: {
      state: 'ok',
      since: null,
      why: null,
      queueBytes: 0,
      queueBytesMax: 128 * 1024 * 1024,
      requestsShed: 0,
      spansShed: 0,
      spansDuplicate: 0,
      rejected: {},
    },
    keeping: { troubledSince: null, why: null, damaged: [], setAsideBytes: 0 },
    acts: { troubledSince: null, why: null, losses: [] },
    lag: { spans: 0, oldestReceivedAt: null, overdueSince: null, derivingAnew: false },
    disk: {
      bytes: expect.any(Number) as unknown,
      bytesMax: 2048 * 1024 * 1024,
      freeBytes: expect.any(Number) as unknown,
      low: expect.any(Boolean) as unknown,
    },
    sources: [],
    refused: [],
  })
  await send(protobufRequest([buildSpan({ scope: { name: 'foreign', version: '' } })]))
  const health = await waitUntil(async () => {
    const current = await api<WireHealth>('health')
    return current.spansUnrecognised === 1 && current
  })
  expect(health).toMatchObject({
    spansStored: 1,
    lastSpanAt: expect.stringMatching(/^\d{4}-/u) as unknown,
    sources: [{ name: 'default', spans: 1 }],
  })
})

test('a scrape tells what came, what it became and who was refused', async () => {
  const { api, send, pageUrl } = await runAnalyzer({
    routerConfigFile: ROUTER_CONFIG,
    version: '1.2.3',
  })
  for (const body of recordings()) await send(body, JSON_GZIP)
  await send(Buffer.from('no protobuf'))
  await waitUntil(async () => {
    const { requestsPending, spansStored } = await api<WireHealth>('health')
    return spansStored > 0 && requestsPending === 0
  }, 'everything judged')
  const { spansStored } = await api<WireHealth>('health')
  const scraped = await waitUntil(async () => {
    const response = await fetch(`${pageUrl}/metrics`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const text = await response.text()
    return !text.includes('secondwind_commit_duration_seconds_count 0') && text
  }, 'the commits counted')
  const families = parsePrometheus(scraped)
  const sumOf = (name: string, labels: Readonly<Record<string, string>> = {}): number =>
    (families.get(name)?.samples ?? [])
      .filter((sample) =>
        Object.entries(labels).every(([key, want]) => sample.labels[key] === want),
      )
      .reduce((sum, { value }) => sum + value, 0)
  expect(sumOf('secondwind_requests_total')).toBe(36)
  expect(sumOf('secondwind_requests_total', { outcome: 'failed' })).toBeGreaterThan(0)
  expect(sumOf('secondwind_first_target_failures_total')).toBeGreaterThan(0)
  expect(sumOf('secondwind_findings_total', { rule: 'prefill-rejected' })).toBeGreaterThan(0)
  expect(sumOf('secondwind_spans_total', { result: 'stored' })).toBe(spansStored)
  expect(sumOf('secondwind_store_segments', { kind: 'open' })).toBe(1)
  expect(sumOf('secondwind_exports_refused_total', { reason: 'malformed' })).toBe(1)
  expect(sumOf('secondwind_judging_up')).toBe(1)
  expect(sumOf('secondwind_build_info', { version: '1.2.3' })).toBe(1)
  expect(sumOf('secondwind_store_bytes')).toBeGreaterThan(0)
})

test('a source is told by its resource or by its token', async () => {
  const folder = temporaryFolder()
  const configFile = join(folder, 'config.yaml')
  writeFileSync(join(folder, 'token'), 'secret-token\n')
  writeFileSync(
    configFile,
    `analyzer:
  sources:
    - {name: litellm, match: {service.name: litellm}, router_config: ${ROUTER_CONFIG}}
    - {name: other-team, token_file: token}
    - {name: silent, match: {service.name: nobody}}
`,
  )
  const { api, send } = await runAnalyzer({ configFile })
  const spans = [1, 2, 3].map((number) => buildSpan({ spanId: `000000000000000${number}` }))
  const [a, b, c] = spans
  await send(protobufRequest(a === undefined ? [] : [a]))
  await send(protobufRequest(b === undefined ? [] : [{ ...b, resource: new Map() }]))
  const authorization = 'Bearer secret-token'
  await send(protobufRequest(c === undefined ? [] : [c]), { authorization })
  const wrong = await send(protobufRequest(spans), { authorization: 'Bearer wrong' })
  expect(wrong.status).toBe(401)
  const { sources, refused } = await api<WireHealth>('health')
  expect(sources.map(({ name, state, spans: count }) => [name, state, count])).toEqual([
    ['litellm', 'sending', 1],
    ['other-team', 'sending', 1],
    ['silent', 'never', 0],
    ['default', 'sending', 1],
  ])
  expect(refused).toMatchObject([{ reason: 'wrong-token', remoteAddress: '127.0.0.1', count: 1 }])
})

test('with a token nothing is read or taken without it', async () => {
  const authTokenFile = join(temporaryFolder(), 'token')
  writeFileSync(authTokenFile, 'the-token')
  const { pageUrl, send } = await runAnalyzer({ authTokenFile })
  const read = async (authorization?: string): Promise<number> => {
    const headers = authorization === undefined ? {} : { authorization }
    return (await fetch(`${pageUrl}/api/v1/health`, { headers })).status
  }
  expect(await read()).toBe(401)
  expect(await read('Bearer nope')).toBe(401)
  expect(await read('Bearer the-token')).toBe(200)
  expect(await read(`Basic ${Buffer.from('me:the-token').toString('base64')}`)).toBe(200)
  expect((await fetch(`${pageUrl}/readyz`)).status).toBe(200)
  expect((await fetch(`${pageUrl}/metrics`)).status).toBe(401)
  expect((await send(protobufRequest([buildSpan()]))).status).toBe(401)
  const authorization = 'Bearer the-token'
  expect((await send(protobufRequest([buildSpan()]), { authorization })).status).toBe(200)
})

test('every answer carries the headers that keep a page from running what it shows', async () => {
  const { pageUrl } = await runAnalyzer()
  for (const path of ['/', '/api/v1/health', '/api/v1/nothing', '/livez']) {
    const { headers } = await fetch(`${pageUrl}${path}`)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  }
  expect((await fetch(`${pageUrl}/api/v1/health`, { method: 'POST' })).status).toBe(405)
})

test('the live feed speaks when a verdict has changed', async () => {
  const { pageUrl, send } = await runAnalyzer()
  const feed = await fetch(`${pageUrl}/api/v1/live`)
  expect(feed.headers.get('content-type')).toBe('text/event-stream')
  const reader = feed.body?.pipeThrough(new TextDecoderStream()).getReader()
  await send(protobufRequest([buildSpan({ scope: { name: 'litellm', version: '' } })]))
  let heard = ''
  while (!heard.includes('event: change')) heard += (await reader?.read())?.value ?? ''
  await reader?.cancel()
  expect(heard).toContain('data: {"schemaVersion":1}')
})

test.each([
  ['a port that is taken', 'ANALYZER_PORT_IN_USE', '--otlp-http-port'],
  ['a port for gRPC that is taken', 'ANALYZER_PORT_IN_USE', '--otlp-grpc-port'],
  ['a bind that others can reach, without a token', 'ANALYZER_TOKEN_REQUIRED', '--auth-token-file'],
  ['a configuration that is not there', 'ANALYZER_CONFIG_UNREADABLE', 'path'],
  ['a data folder in use', 'ANALYZER_DATA_IN_USE', '--data-dir'],
])('%s is refused with a hint', async (_, code, hint) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  onTestFinished(() => {
    taken.close()
  })
  const address = taken.address()
  const { dataDir } = await runAnalyzer()
  const options = {
    host: '127.0.0.1',
    port: 0,
    otlpHttpPort: 0,
    otlpGrpcPort: 0,
    dataDir: temporaryFolder(),
    allowedHosts: [],
    log: () => undefined,
  }
  const takenPort = typeof address === 'object' && address !== null ? address.port : 0
  const wrong: Readonly<Record<string, object>> = {
    ANALYZER_PORT_IN_USE: {
      [hint === '--otlp-grpc-port' ? 'otlpGrpcPort' : 'otlpHttpPort']: takenPort,
    },
    ANALYZER_TOKEN_REQUIRED: { host: '0.0.0.0' },
    ANALYZER_CONFIG_UNREADABLE: { configFile: '/nowhere/config.yaml' },
    ANALYZER_DATA_IN_USE: { dataDir },
  }
  const started = startAnalyzer({ ...options, ...wrong[code] })
  await expect(started).rejects.toMatchObject({
    code,
    hint: expect.stringContaining(hint) as unknown,
  })
})
