import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { join } from 'node:path'
import { TraceBuilder, type BuildEnd } from '../../support/trace-builder.ts'
import { toOtlpJson, type CompactSpan, type CompactValue } from '../../support/compact-span.ts'
import { ROOT } from '../places.ts'
import { joinExports, spansOf, type JsonExport, type JsonSpan } from './otlp-json.ts'

/** What is sent: every call draws another trace of the kind, with ids of its own. */

/**
 * The span that decoders are measured with: 24 attributes and about 930 bytes, none of them
 * content. Eight make a trace.
 */
export function plainTrace(): JsonExport {
  const spans = Array.from({ length: 8 }, (_, index): CompactSpan => {
    const root: Partial<CompactSpan> = index === 0 ? {} : { parent: '1' }
    return {
      ...root,
      id: String(index + 1),
      trace: '1',
      name: index === 0 ? 'POST /v1/chat/completions' : 'chat gpt-4.1-mini-2025-04-14',
      kind: index === 0 ? 'server' : 'client',
      ms: [index * 40, index === 0 ? 900 : index * 40 + 500],
      scope: 'litellm@1.109.1',
      resource: { 'service.name': 'litellm', 'service.instance.id': 'gateway-7f9c4d' },
      attributes: plainAttributes(index),
    }
  })
  return renewed(fromCompact(spans))
}

function plainAttributes(index: number): Readonly<Record<string, CompactValue>> {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': pick(MODELS),
    'gen_ai.response.model': 'gpt-4.1-mini-2025-04-14',
    'gen_ai.response.id': `chatcmpl-${hex(12)}`,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.request.stream': true,
    'gen_ai.request.max_tokens': 4096,
    'gen_ai.request.temperature': 0.7,
    'gen_ai.usage.input_tokens': randomInt(20, 9000),
    'gen_ai.usage.output_tokens': randomInt(1, 2000),
    'server.address': 'api.openai.example',
    'server.port': 443,
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'network.protocol.version': '1.1',
    'user_agent.original': 'OpenAI/Python 1.104.2',
    'deployment.environment.name': 'production',
    'team.alias': pick(TEAMS),
    'request.priority': index,
    'request.cached': false,
    'cost.usd': randomInt(1, 90_000) / 1e6,
    'queue.wait_ms': randomInt(0, 400) / 10,
    'cloud.region': 'eu-central-1',
  }
}

/** What a LiteLLM proxy sends by default, prompts, answers and headers included. */
export function litellmTrace(): JsonExport {
  return renewed(pick(HEAVY_RECORDINGS()))
}

/**
 * One of a hundred requests of a day: eight spans each, an application's own around those of the
 * sidecar or of LiteLLM; two fail, one is rescued.
 */
export function typicalTrace(drawn = randomInt(100)): JsonExport {
  if (drawn === 0) return around(sidecarTrace('rescued'))
  if (drawn === 1) return around(sidecarTrace('failed'))
  if (drawn === 2) return renewed(pick(FAILED_RECORDINGS()))
  return around(drawn < 60 ? sidecarTrace('ok') : pick(HEALTHY_RECORDINGS()))
}

/** One that can be cut: the application's spans come first, and wait for no request. */
export function healthyTrace(): JsonExport {
  return typicalTrace(99)
}

type Ending = 'ok' | 'rescued' | 'failed'

function sidecarTrace(ending: Ending): JsonExport {
  const route = pick(ROUTES)
  const builder = new TraceBuilder({ route, fallbacks: ['gpt-fallback'] })
  if (ending === 'ok') builder.attempt({ attributes: attemptAttributes() })
  else {
    const message = 'Overloaded: the model is receiving too many requests'
    const cut = { reason: 'overloaded', phase: 'mid_stream', statusCode: 200, message } as const
    const refused = { reason: 'bad-request', phase: 'before_headers', statusCode: 400 } as const
    builder.attempt({ failed: cut, attributes: attemptAttributes() })
    builder.fallback({
      strategy: 'prefill',
      why: 'capability',
      lastRole: 'assistant',
      prefill: true,
    })
    builder.attempt({
      route: 'gpt-fallback',
      provider: 'openai',
      model: 'gpt-4.1-mini',
      attributes: attemptAttributes(),
      ...(ending === 'failed' ? { failed: { ...refused, message: 'prefill is refused' } } : {}),
    })
  }
  return fromCompact(builder.end(requestEnd()))
}

function requestEnd(): BuildEnd {
  return {
    attributes: {
      'http.request.method': 'POST',
      'url.path': '/v1/chat/completions',
      'http.response.status_code': 200,
      'secondwind.time_to_first_content_ms': randomInt(1000, 90_000) / 100,
      'secondwind.usage.input_tokens': randomInt(20, 9000),
      'secondwind.usage.output_tokens': randomInt(1, 2000),
      'secondwind.usage.source': 'reported',
      'secondwind.client.bytes': randomInt(500, 90_000),
      'secondwind.client.envelopes': 1,
    },
  }
}

function attemptAttributes(): Readonly<Record<string, CompactValue>> {
  return {
    'gen_ai.response.id': `msg_${hex(12)}`,
    'gen_ai.response.model': 'claude-sonnet-4-6',
    'gen_ai.usage.input_tokens': randomInt(20, 9000),
    'gen_ai.usage.output_tokens': randomInt(1, 2000),
    'server.address': 'api.anthropic.example',
    'server.port': 443,
    'secondwind.attempt.key_hash': 'd41d8cd98f00b204',
    'secondwind.upstream.request_id': `req_${hex(12)}`,
    'secondwind.delivered.chunks': randomInt(1, 400),
    'secondwind.delivered.kinds': ['text'],
    'secondwind.breaker.state': 'closed',
  }
}

/** The application's spans of the same trace; the first of the request becomes a child of them. */
function around(request: JsonExport): JsonExport {
  const first = earliest(request)
  const resource = { 'service.name': 'shop-assistant', 'service.version': '4.18.2' }
  const own = ['POST /api/assist', 'load session', 'search documents', 'SELECT documents'].map(
    (name, index): CompactSpan => ({
      id: `e${index}`,
      ...(index === 0 ? {} : { parent: 'e0' }),
      name,
      kind: index === 0 ? 'server' : 'client',
      ms: [index * 12, index * 12 + (index === 0 ? 1200 : 9)],
      scope: '@opentelemetry/instrumentation-http@0.219.0',
      resource,
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': 200,
        'server.address': 'assist.shop.example',
        'session.id': hex(16),
        'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64)',
      },
    }),
  )
  const application = mapSpans(fromCompact(own), (span) => ({
    ...span,
    ...later(span, BigInt(first.startTimeUnixNano) - BEFORE_REQUEST_NS - EPOCH_NS),
    traceId: first.traceId,
  }))
  return renewed(joinExports([application, request]))
}

const BEFORE_REQUEST_NS = 60_000_000n
/** Of what `toOtlpJson` makes. */
const EPOCH_NS = 1_700_000_000_000_000_000n

function earliest(exported: JsonExport): JsonSpan {
  const [first, ...rest] = spansOf(exported)
  if (first === undefined) throw new Error('a trace without spans')
  return rest.reduce(
    (best, span) => (BigInt(span.startTimeUnixNano) < BigInt(best.startTimeUnixNano) ? span : best),
    first,
  )
}

/**
 * As a trace of its own that has just ended. No two share an id, and no id is part of another:
 * places are found by their bytes.
 */
function renewed(exported: JsonExport): JsonExport {
  const byNs = EPOCH_NS - newestNs(exported)
  const known = new Map<string, string>()
  const fresh = (id: string): string => {
    const found = known.get(id) ?? hex(id.length / 2)
    known.set(id, found)
    return found
  }
  return mapSpans(exported, (span) => ({
    ...span,
    traceId: fresh(span.traceId),
    spanId: fresh(span.spanId),
    ...(span.parentSpanId ? { parentSpanId: fresh(span.parentSpanId) } : {}),
    ...later(span, byNs),
  }))
}

function newestNs(exported: JsonExport): bigint {
  const times = spansOf(exported).flatMap((span) => [
    span.endTimeUnixNano,
    ...(span.events ?? []).map((event) => event.timeUnixNano),
  ])
  return times.reduce((newest, time) => (BigInt(time) > newest ? BigInt(time) : newest), 0n)
}

function later(span: JsonSpan, byNs: bigint) {
  const move = (time: string): string => String(BigInt(time) + byNs)
  return {
    startTimeUnixNano: move(span.startTimeUnixNano),
    endTimeUnixNano: move(span.endTimeUnixNano),
    ...(span.events && {
      events: span.events.map((event) => ({ ...event, timeUnixNano: move(event.timeUnixNano) })),
    }),
  }
}

function mapSpans({ resourceSpans }: JsonExport, map: (span: JsonSpan) => JsonSpan): JsonExport {
  return {
    resourceSpans: resourceSpans.map((one) => ({
      ...one,
      scopeSpans: one.scopeSpans.map((scoped) => ({ ...scoped, spans: scoped.spans.map(map) })),
    })),
  }
}

function fromCompact(spans: readonly CompactSpan[]): JsonExport {
  const exported: JsonExport = JSON.parse(Buffer.from(toOtlpJson(spans)).toString())
  return joinExports([exported])
}

const MODELS = ['gpt-4.1-mini', 'gpt-4.1', 'claude-sonnet-4-6', 'claude-haiku-4-5'] as const
const TEAMS = ['support', 'search', 'growth', 'billing', 'research', 'mobile'] as const
export const ROUTES = [
  'chat-primary',
  'claude-primary',
  'search-answers',
  'summaries',
  'mail-drafts',
  'code-review',
  'triage',
  'translate',
] as const

const HEALTHY_RECORDINGS = recordings(['recipe-finder', 'parts-catalog'])
const FAILED_RECORDINGS = recordings([
  'support-chat',
  'ticket-triage',
  'docs-search',
  'mail-writer',
])
const HEAVY_RECORDINGS = recordings([
  'legal-drafts',
  'shift-planner',
  'survey-coder',
  'voice-notes',
])

/** Of real LiteLLM processes; read when they are first asked for. */
function recordings(routes: readonly string[]): () => readonly JsonExport[] {
  let read: readonly JsonExport[] | undefined
  return () => {
    read ??= routes.map((route) => {
      const file = join(ROOT, `demo/recordings/${route}.otlp.json.gz`)
      const exported: JsonExport = JSON.parse(gunzipSync(readFileSync(file)).toString())
      return joinExports([exported])
    })
    return read
  }
}

function pick<T>(from: readonly T[]): T {
  const found = from[randomInt(from.length)]
  if (found === undefined) throw new Error('there is nothing to pick from')
  return found
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
