import type {
  WireBucket,
  WireEpisode,
  WireEpisodeList,
  WireFinding,
  WireHealth,
  WireIncident,
  WireIncidentList,
  WireIncidentRow,
  WireOverview,
  WireRequest,
  WireRequestList,
  WireRules,
  WireSpan,
  WireTrace,
} from '../../analyzer/api/wire.ts'

/** What the analyzer would answer, typed as the wire and told around a fixed moment. */
export const NOW_MS = Date.parse('2026-03-04T05:06:07.000Z')

const MINUTE_MS = 60_000

export const TRACE_ID = '8274d92881ef8352dce78d63ca092f86'

export function at(agoMs: number): string {
  return new Date(NOW_MS - agoMs).toISOString()
}

export const PREFILL_REFUSED =
  'This model does not support assistant message prefill. The conversation must end with a user message.'

const findings: readonly WireFinding[] = [
  {
    rule: 'prefill-rejected',
    primary: true,
    severity: 'high',
    confidence: 'certain',
    title: 'Fallback refused the assistant prefill',
    summary:
      'The stream of claude-sonnet-4-6 broke after 40 tokens; the fallback to claude-opus-4-7 ended with an assistant turn and was refused with 400, which the client was shown.',
    evidence: [
      { spanId: 'b1a2c3d4e5f60718', key: 'secondwind.failure.reason', value: 'prefill-rejected' },
      { spanId: 'b1a2c3d4e5f60718', key: 'secondwind.payload.last_role', value: 'assistant' },
      { spanId: 'a1a2c3d4e5f60718', key: 'error.type', value: 'overloaded_error' },
    ],
  },
  {
    rule: 'error-masked',
    primary: false,
    severity: 'high',
    confidence: 'certain',
    title: 'The client was shown another error',
    summary: 'The root cause was overloaded_error of attempt 1; the client was shown attempt 2.',
    evidence: [{ spanId: '00a2c3d4e5f60718', key: 'secondwind.client.error_attempt', value: '2' }],
  },
]

export const request: WireRequest = {
  source: 'litellm',
  traceId: TRACE_ID,
  traceIds: [TRACE_ID, '940f35db51b34ec711e3e6cc8ff78cea'],
  requestSpanId: '00a2c3d4e5f60718',
  dialect: 'litellm-v1',
  api: 'chat',
  stream: true,
  route: 'claude-primary',
  caller: { team: 'search', keyAlias: 'search-prod' },
  outcome: 'failed',
  attempts: [
    {
      number: 1,
      kind: 'initial',
      deployment: 'claude-primary-id',
      provider: 'anthropic',
      model: 'claude-sonnet-4-6',
      route: 'claude-primary',
      status: 'failed',
      phase: 'mid_stream',
      reason: 'error-event',
      errorType: 'overloaded_error',
      statusCode: 529,
      message: 'Overloaded',
      spanId: 'a1a2c3d4e5f60718',
      durationMs: 2140,
    },
    {
      number: 2,
      kind: 'fallback',
      deployment: 'claude-fallback-id',
      provider: 'anthropic',
      model: 'claude-opus-4-7',
      route: 'claude-fallback',
      status: 'failed',
      phase: 'before_headers',
      reason: 'prefill-rejected',
      errorType: 'invalid_request_error',
      statusCode: 400,
      message: PREFILL_REFUSED,
      spanId: 'b1a2c3d4e5f60718',
      durationMs: 184,
    },
  ],
  clientSaw: {
    statusCode: 200,
    errorType: 'invalid_request_error',
    message: `litellm.BadRequestError: AnthropicException - {"type":"error","error":{"type":"invalid_request_error","message":"${PREFILL_REFUSED}"}}`,
    complete: false,
  },
  findings,
  startTime: at(14_000),
  durationMs: 2410,
}

const rescued: WireRequest = {
  ...request,
  traceId: '11111111111111111111111111111111',
  traceIds: ['11111111111111111111111111111111'],
  requestSpanId: '1111111111111111',
  outcome: 'rescued',
  route: 'gpt-primary',
  attempts: [
    {
      number: 1,
      kind: 'initial',
      provider: 'openai',
      model: 'gpt-5.1',
      route: 'gpt-primary',
      status: 'failed',
      phase: 'before_content',
      reason: 'timeout-first-content',
      spanId: '1111111111111112',
      durationMs: 60_003,
    },
    {
      number: 2,
      kind: 'fallback',
      provider: 'anthropic',
      model: 'claude-sonnet-4-6',
      route: 'claude-primary',
      status: 'ok',
      phase: 'unknown',
      spanId: '1111111111111113',
      durationMs: 3120,
    },
  ],
  clientSaw: { statusCode: 200, complete: true },
  findings: [],
  startTime: at(95_000),
  durationMs: 63_210,
}

const healthy: WireRequest = {
  ...rescued,
  traceId: '22222222222222222222222222222222',
  traceIds: ['22222222222222222222222222222222'],
  requestSpanId: '2222222222222222',
  outcome: 'ok',
  attempts: [
    {
      number: 1,
      kind: 'initial',
      provider: 'openai',
      model: 'gpt-5.1',
      status: 'ok',
      phase: 'unknown',
      durationMs: 812,
    },
  ],
  startTime: at(130_000),
  durationMs: 820,
}

const cancelled: WireRequest = {
  ...healthy,
  traceId: '33333333333333333333333333333333',
  traceIds: ['33333333333333333333333333333333'],
  requestSpanId: '3333333333333333',
  outcome: 'cancelled',
  clientSaw: { complete: null },
  startTime: at(200_000),
}

export const incidentRow: WireIncidentRow = {
  id: 'inc-7f3a90c2d1e4',
  rule: 'prefill-rejected',
  title: 'Fallback refused the assistant prefill',
  severity: 'high',
  confidence: 'certain',
  state: 'open',
  stateSince: at(26 * MINUTE_MS),
  stateBy: null,
  mutedUntil: null,
  source: 'litellm',
  route: 'claude-primary',
  edge: { from: 'claude-primary', to: 'claude-fallback' },
  provider: 'anthropic',
  cause: 'anthropic overloaded_error mid-stream, then 400 prefill refused',
  summary: findings[0]?.summary ?? '',
  count: 14,
  counted: 'requests',
  firstSeen: at(26 * MINUTE_MS),
  lastSeen: at(14_000),
  stillHappening: true,
  sparkline: [0, 0, 0, 1, 0, 2, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0, 3, 0, 1, 0, 2, 0, 0, 1],
  episode: null,
}

const incidentRows: readonly WireIncidentRow[] = [
  incidentRow,
  {
    ...incidentRow,
    id: 'inc-11c0ffee0001',
    rule: 'stream-truncated',
    title: 'Cut stream passed off as complete',
    confidence: 'likely',
    route: 'gpt-primary',
    edge: { from: 'gpt-primary', to: null },
    provider: 'openai',
    cause: 'connection reset mid-stream; the client was told finish_reason stop',
    count: 3,
    firstSeen: at(3 * 60 * MINUTE_MS),
    lastSeen: at(41 * MINUTE_MS),
    stillHappening: false,
    sparkline: [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
  },
  {
    ...incidentRow,
    id: 'inc-22c0ffee0002',
    rule: 'no-fallback-configured',
    title: 'Nothing to fall back to',
    severity: 'medium',
    state: 'regressed',
    stateSince: at(40 * MINUTE_MS),
    route: 'mistral-small',
    edge: { from: 'mistral-small', to: null },
    provider: 'mistral',
    cause: 'rate-limited before headers',
    count: 128,
    firstSeen: at(2 * 24 * 60 * MINUTE_MS),
    lastSeen: at(3000),
    stillHappening: true,
    sparkline: [4, 5, 9, 2, 4, 6, 7, 5, 9, 4, 3, 6, 2, 1, 7, 8, 9, 4, 5, 6, 3, 2, 8, 9],
  },
  {
    ...incidentRow,
    id: 'inc-33c0ffee0003',
    rule: 'fallback-bypassed',
    title: 'Fallback skipped',
    state: 'acknowledged',
    stateSince: at(8 * MINUTE_MS),
    stateBy: 'ana',
    route: 'a-route-with-a-rather-long-name-eu-west-1',
    edge: { from: 'a-route-with-a-rather-long-name-eu-west-1', to: 'another-long-name-us-east-2' },
    cause: 'timeout-idle mid-stream; the fallback is configured and was never asked',
    count: 2,
    lastSeen: at(9 * MINUTE_MS),
    stillHappening: false,
    sparkline: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0],
  },
]

export const episode: WireEpisode = {
  id: 'epi-00c0ffee00c0ffee',
  source: 'litellm',
  providers: ['anthropic'],
  deployments: ['claude-primary-id'],
  rootCauses: ['overloaded'],
  severity: 'high',
  start: at(26 * MINUTE_MS),
  end: at(0),
  stillHappening: true,
  count: 14,
  incidents: ['inc-7f3a90c2d1e4', 'inc-44c0ffee0004'],
  markers: [
    {
      source: 'litellm',
      kind: 'release',
      at: at(30 * MINUTE_MS),
      from: '1.97.0',
      to: '1.109.1',
    },
  ],
}

export const episodeList: WireEpisodeList = {
  schemaVersion: 1,
  now: at(0),
  windowMs: 24 * 60 * MINUTE_MS,
  episodes: [episode],
}

/** What no single request shows: minutes of a route. */
export const windowIncidentRow: WireIncidentRow = {
  ...incidentRow,
  id: 'inc-44c0ffee0004',
  rule: 'fallback-sustained',
  title: 'Primary dead for minutes, everything rescued',
  severity: 'medium',
  confidence: 'likely',
  cause: 'claude-primary-id',
  summary:
    'claude-primary-id failed every request of claude-primary in the last 7 minutes (mostly: overloaded); all 31 were rescued, and nobody noticed.',
  count: 7,
  counted: 'minutes',
}

/** One outage: two incidents that the analyzer tells to belong together. */
export const outageList: readonly WireIncidentRow[] = [
  { ...incidentRow, episode: episode.id },
  ...incidentRows.slice(1),
  { ...windowIncidentRow, episode: episode.id },
]

export const incidentList: WireIncidentList = {
  schemaVersion: 1,
  now: at(0),
  incidents: incidentRows,
  states: { open: 2, acknowledged: 1, resolved: 0, regressed: 1, muted: 0 },
  cut: false,
  deriving: false,
  former: [],
  formerMore: 0,
}

export const noIncidents: WireIncidentList = {
  ...incidentList,
  incidents: [],
  states: { open: 0, acknowledged: 0, resolved: 0, regressed: 0, muted: 0 },
}

export const incident: WireIncident = {
  ...incidentRow,
  schemaVersion: 1,
  now: at(0),
  markers: [
    {
      source: 'litellm',
      kind: 'release',
      at: at(30 * MINUTE_MS),
      from: '1.97.0',
      to: '1.109.1',
    },
  ],
  fingerprint: {
    version: 1,
    ingredients: {
      class: 'prefill-rejected',
      source: 'litellm',
      edge: 'claude-primary → claude-fallback',
      provider: 'anthropic',
      cause: 'overloaded_error mid_stream',
    },
  },
  remedy: {
    stopItNow: {
      text: 'Take the fallback out, so that the client gets the real error at once, then restart the proxy.',
      snippet: { language: 'yaml', code: 'router_settings:\n  fallbacks: []' },
    },
    fixIt: {
      text: 'Let the sidecar continue with a user turn: `anthropic/claude-opus-4-7` does not take a prefill.',
      snippet: { language: 'yaml', code: 'secondwind:\n  continuation:\n    strategy: user_turn' },
    },
    verify: {
      text: 'No new occurrence within ten minutes:',
      snippet: {
        language: 'sh',
        code: 'secondwind classify --fail-on prefill-rejected traces.pb',
      },
    },
  },
  releases: [
    {
      gateway: 'litellm',
      from: '1.74.15',
      to: '1.96',
      text: 'Continues every broken chat stream by a prefill.',
    },
  ],
  gateways: [{ gateway: 'litellm', release: '1.95.1' }],
  docs: 'docs/rules/prefill-rejected.md',
  example: request,
  occurrences: Array.from({ length: 14 }, (_, index) => ({
    traceId: index === 0 ? TRACE_ID : index.toString(16).padStart(32, '5'),
    requestSpanId: index === 0 ? request.requestSpanId : index.toString(16).padStart(16, '5'),
    at: at(14_000 + index * 95_000),
    outcome: 'failed' as const,
    route: 'claude-primary',
  })),
  callers: [
    { name: 'search / search-prod', count: 9 },
    { name: 'support / bot', count: 4 },
    { name: 'ml-platform', count: 1 },
  ],
  history: [
    {
      at: at(26 * MINUTE_MS),
      kind: 'opened',
      by: null,
      state: 'open',
      note: null,
      until: null,
      why: 'its first request that is known',
    },
    {
      at: at(12 * MINUTE_MS),
      kind: 'noted',
      by: 'ana',
      state: 'open',
      note: 'Asked the platform team to take the fallback out.',
      until: null,
      why: null,
    },
  ],
  folded: null,
}

/** An incident that no single request shows, into which others are folded. */
export const windowIncident: WireIncident = {
  ...incident,
  ...windowIncidentRow,
  occurrences: incident.occurrences.slice(0, 7),
  callers: [],
  markers: [],
  gateways: [],
  releases: [],
  folded: {
    requests: 40,
    most: [
      {
        edge: { from: 'claude-primary', to: 'claude-fallback' },
        provider: 'anthropic',
        cause: 'overloaded_error mid_stream',
        count: 31,
      },
      { edge: { from: null, to: null }, provider: null, cause: 'timeout', count: 6 },
    ],
    further: 3,
  },
}

export const health: WireHealth = {
  spansStored: 10_412,
  spansRejected: 0,
  requestsPending: 3,
  judgingPausedSince: null,
  lastSpanAt: at(3000),
  spansUnrecognised: 12,
  spansWithoutRequest: 40,
  otlpHttpUrl: 'http://127.0.0.1:4318',
  intake: {
    state: 'ok',
    since: null,
    why: null,
    queueBytes: 0,
    queueBytesMax: 134_217_728,
    requestsShed: 0,
    spansShed: 0,
    spansDuplicate: 4,
    rejected: {},
  },
  lag: { spans: 12, oldestReceivedAt: at(9000), overdueSince: null, derivingAnew: false },
  disk: { bytes: 41_943_040, bytesMax: 2_147_483_648, freeBytes: 64_424_509_440, low: false },
  keeping: { troubledSince: null, why: null, damaged: [], setAsideBytes: 0 },
  acts: { troubledSince: null, why: null, losses: [] },
  sources: [
    {
      name: 'litellm',
      spans: 8120,
      rejected: {},
      lastSpanAt: at(3000),
      state: 'sending',
      clockAheadMs: null,
      cannotShow: [
        'A stream of /v1/messages that ends early without an error looks like a whole answer.',
      ],
    },
    {
      name: 'default',
      spans: 2292,
      rejected: {},
      lastSpanAt: at(9000),
      state: 'sending',
      clockAheadMs: null,
      cannotShow: [],
    },
  ],
  refused: [],
}

/** All that can be wrong at once: the longest that the page has to say. */
export const healthInTrouble: WireHealth = {
  ...health,
  spansRejected: 17,
  judgingPausedSince: at(95_000),
  intake: {
    ...health.intake,
    state: 'failing',
    since: at(100_000),
    why: 'database or disk is full',
    queueBytes: 121_634_816,
    requestsShed: 310,
    spansShed: 15_500,
    rejected: { 'time-invalid': 12, 'span-id-invalid': 5 },
  },
  lag: {
    spans: 48_211,
    oldestReceivedAt: at(140_000),
    overdueSince: at(120_000),
    derivingAnew: false,
  },
  disk: { bytes: 2_040_109_466, bytesMax: 2_147_483_648, freeBytes: 402_653_184, low: true },
  sources: [
    ...health.sources,
    {
      name: 'litellm-eu',
      spans: 0,
      rejected: {},
      lastSpanAt: null,
      state: 'never',
      clockAheadMs: null,
      cannotShow: [],
    },
    {
      name: 'litellm-us',
      spans: 311,
      rejected: {},
      lastSpanAt: at(7_200_000),
      state: 'quiet',
      clockAheadMs: null,
      cannotShow: [],
    },
  ],
  refused: [
    {
      reason: 'no-token',
      remoteAddress: '10.20.0.7',
      count: 1204,
      firstAt: at(3_600_000),
      lastAt: at(2000),
    },
    {
      reason: 'not-otlp',
      remoteAddress: 'fd00:20::9',
      count: 3,
      firstAt: at(600_000),
      lastAt: at(500_000),
    },
  ],
}

/** No span has ever come. */
export const healthBeforeFirstSpan: WireHealth = {
  ...health,
  spansStored: 0,
  spansUnrecognised: 0,
  spansWithoutRequest: 0,
  requestsPending: 0,
  lastSpanAt: null,
  sources: [],
}

/** Spans of an application that is not a router. */
export const healthUnrecognised: WireHealth = {
  ...health,
  spansStored: 480,
  spansUnrecognised: 480,
  spansWithoutRequest: 0,
  requestsPending: 0,
}

const BUCKETS = 60

function bucketAt(index: number): WireBucket {
  const wave = Math.round(9 + 5 * Math.sin(index / 4) + 3 * Math.sin(index / 1.7))
  return {
    start: at((BUCKETS - index) * MINUTE_MS),
    ok: wave,
    rescued: index % 7 === 3 ? 2 : 0,
    failed: index > 33 && index % 3 === 0 ? 1 + (index % 4) : 0,
    cancelled: index % 11 === 5 ? 1 : 0,
    other: index === 20 ? 1 : 0,
  }
}

export const overview: WireOverview = {
  schemaVersion: 1,
  now: at(0),
  markers: [
    ...episode.markers,
    { source: 'litellm', kind: 'router-config', at: at(52 * MINUTE_MS), from: null, to: '9f3c01' },
  ],
  windowMs: 60 * MINUTE_MS,
  requests: 612,
  outcomes: { ok: 551, rescued: 17, failed: 21, cancelled: 5, rejected: 12, unknown: 6 },
  eligibleFailures: 31,
  unrescued: 14,
  byRule: [
    {
      rule: 'prefill-rejected',
      title: 'Fallback refused the assistant prefill',
      severity: 'high',
      count: 14,
    },
    {
      rule: 'error-masked',
      title: 'The client was shown another error',
      severity: 'high',
      count: 14,
    },
    {
      rule: 'stream-truncated',
      title: 'Cut stream passed off as complete',
      severity: 'high',
      count: 3,
    },
    {
      rule: 'no-fallback-configured',
      title: 'Nothing to fall back to',
      severity: 'medium',
      count: 4,
    },
    { rule: 'failure-unclassified', title: 'Failed, no class fits', severity: 'medium', count: 0 },
  ],
  openIncidents: incidentRows,
  buckets: Array.from({ length: BUCKETS }, (_, index) => bucketAt(index)),
  health,
}

export const overviewBeforeFirstSpan: WireOverview = {
  ...overview,
  requests: 0,
  outcomes: { ok: 0, rescued: 0, failed: 0, cancelled: 0, rejected: 0, unknown: 0 },
  eligibleFailures: 0,
  unrescued: 0,
  byRule: [],
  openIncidents: [],
  buckets: [],
  health: healthBeforeFirstSpan,
}

export const overviewQuiet: WireOverview = {
  ...overview,
  outcomes: { ...overviewBeforeFirstSpan.outcomes, ok: 612 },
  eligibleFailures: 0,
  unrescued: 0,
  byRule: [],
  openIncidents: [],
  buckets: overview.buckets.map((bucket) => ({ ...bucket, rescued: 0, failed: 0, cancelled: 0 })),
}

export const requestList: WireRequestList = {
  schemaVersion: 1,
  requests: [request, rescued, healthy, cancelled],
  next: 'older',
  searchedBackTo: null,
}

export const rules: WireRules = {
  schemaVersion: 1,
  rules: [
    {
      id: 'prefill-rejected',
      title: 'Fallback refused the assistant prefill',
      severity: 'high',
      description:
        'The fallback request ended with an assistant turn and the target refused it with 400.',
      docs: 'https://example.test/docs/rules/prefill-rejected.md',
      kind: 'request',
      opensWhenRescued: false,
      needs: ['outcome', 'attempt-failure'],
    },
    {
      id: 'no-fallback-configured',
      title: 'Nothing to fall back to',
      severity: 'medium',
      description: 'A failure that another target could have saved, on a route that has none.',
      docs: 'docs/rules/no-fallback-configured.md',
      kind: 'request',
      opensWhenRescued: false,
      needs: ['outcome', 'attempt-failure', 'fallbacks-configured'],
    },
  ],
}

const START_NS = BigInt(NOW_MS - 14_000) * 1_000_000n

interface SpanSketch {
  readonly id: string
  readonly parent: string
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
  readonly error?: string
  readonly attributes?: Readonly<Record<string, string>>
}

/** A span in one line; times are milliseconds since the trace's start. */
export function sketchSpan(sketch: SpanSketch): WireSpan {
  const { id, parent, name, fromMs, toMs, error, attributes = {} } = sketch
  const endTimeUnixNano = String(START_NS + BigInt(Math.round(toMs * 1e6)))
  const exception = (message: string): WireSpan['events'][0] => ({
    name: 'exception',
    timeUnixNano: endTimeUnixNano,
    attributes: [{ key: 'exception.message', value: message }],
  })
  return {
    traceId: TRACE_ID,
    spanId: id,
    parentSpanId: parent,
    name,
    kind: parent === '' ? 'SERVER' : 'CLIENT',
    startTimeUnixNano: String(START_NS + BigInt(Math.round(fromMs * 1e6))),
    endTimeUnixNano,
    status: { code: error === undefined ? 'unset' : 'error', message: error ?? '' },
    scope: { name: 'litellm', version: '1.109.1' },
    service: 'litellm',
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
    events: error === undefined ? [] : [exception(error)],
  }
}

export const trace: WireTrace = {
  schemaVersion: 1,
  traceId: TRACE_ID,
  startTimeUnixNano: String(START_NS),
  durationNano: String(2_410_000_000n),
  cut: false,
  spans: [
    sketchSpan({
      id: '00a2c3d4e5f60718',
      parent: '',
      name: 'POST /v1/chat/completions',
      fromMs: 0,
      toMs: 2410,
      error: PREFILL_REFUSED,
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': '200',
        'secondwind.route': 'claude-primary',
        'secondwind.client.error_attempt': '2',
        'secondwind.outcome': 'failed',
      },
    }),
    sketchSpan({
      id: 'a1a2c3d4e5f60718',
      parent: '00a2c3d4e5f60718',
      name: 'chat claude-sonnet-4-6',
      fromMs: 12,
      toMs: 2152,
      error: 'Overloaded',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'anthropic',
        'gen_ai.request.model': 'claude-sonnet-4-6',
        'error.type': 'overloaded_error',
        'secondwind.delivered.chunks': '40',
      },
    }),
    sketchSpan({
      id: 'a2a2c3d4e5f60718',
      parent: 'a1a2c3d4e5f60718',
      name: 'first_chunk',
      fromMs: 14,
      toMs: 604,
    }),
    sketchSpan({
      id: 'a3a2c3d4e5f60718',
      parent: 'a1a2c3d4e5f60718',
      name: 'stream',
      fromMs: 604,
      toMs: 2150,
      error: 'error-event',
    }),
    sketchSpan({
      id: 'c1a2c3d4e5f60718',
      parent: '00a2c3d4e5f60718',
      name: 'fallback claude-primary claude-fallback',
      fromMs: 2153,
      toMs: 2160,
    }),
    sketchSpan({
      id: 'b1a2c3d4e5f60718',
      parent: '00a2c3d4e5f60718',
      name: 'chat claude-opus-4-7',
      fromMs: 2164,
      toMs: 2348,
      error: PREFILL_REFUSED,
      attributes: { 'error.type': 'invalid_request_error', 'http.response.status_code': '400' },
    }),
    sketchSpan({
      id: 'd1a2c3d4e5f60718',
      parent: 'ffffffffffffffff',
      name: 'postgres',
      fromMs: 2362,
      toMs: 2362.4,
    }),
  ],
  requests: [request],
}

/** As many spans as a page must bear, in a tree of uneven depth; the last of each 900 is broken. */
export function bigTrace(count: number): WireTrace {
  const spans = Array.from({ length: count }, (_, index) => {
    const fromMs = index * 2
    return sketchSpan({
      id: spanIdOf(index),
      parent: index === 0 ? '' : spanIdOf(index % 7 === 0 ? 0 : Math.floor(index / 2)),
      name: `step ${index}`,
      fromMs,
      toMs: index === 0 ? count * 2 + 50 : fromMs + 40,
      ...(index % 900 === 899 ? { error: `broken at ${index}` } : {}),
    })
  })
  return { ...trace, spans, requests: [] }
}

function spanIdOf(index: number): string {
  return (index + 1).toString(16).padStart(16, '0')
}
