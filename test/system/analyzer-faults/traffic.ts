import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'

import type { Span } from '../../../analyzer/story/span.ts'
import { createChance, type Chance } from '../../simulation/chance.ts'
import { type CompactSpan, toSpanId } from '../../support/compact-span.ts'
import { buildSpan, jsonRequest, protobufRequest } from '../../support/otlp.ts'
import { TraceBuilder } from '../../support/trace-builder.ts'

/**
 * What many senders send, drawn from a seed: requests of the sidecar, recordings of real LiteLLM
 * proxies, and traces of nobody we know, in batches of one span to 512 that hold several traces and
 * pieces of traces; the last one holds what is missing of all of them. The same seed and time give
 * the same bytes.
 */
export interface SentSpan {
  readonly traceId: string
  readonly spanId: string
  /** What the analyzer must tell of it. */
  readonly told: string
  readonly json: JsonResourceSpans
  /** An export request of its own; several in a row are one. Absent for what was recorded. */
  readonly protobuf?: Buffer
}

export interface Batch {
  readonly spans: readonly SentSpan[]
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

interface JsonResourceSpans {
  readonly resource: unknown
  readonly scopeSpans: readonly { readonly scope: unknown; readonly spans: readonly JsonSpan[] }[]
}

interface JsonSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

export interface TrafficOptions {
  readonly batches: number
  /** When the first of its requests began. */
  readonly fromMs: number
  readonly spansPerBatchMax?: number
}

/** Of senders that export each span at once, of usual ones, and of a queue that ran full. */
const BATCH_SIZES = [1, 1, 1, 3, 8, 32, 100, 512] as const
/** Traces that are being exported at the same time. */
const OPEN_TRACES = 12
/** Between the beginnings of two requests: far enough that none is joined with the next. */
const REQUEST_GAP_MS = 7_000

/** By which a span that comes back is known to be whole. */
export const MARK_KEY = 'test.mark'

export function drawBatches(seed: number, options: TrafficOptions): readonly Batch[] {
  const chance = createChance(seed)
  const open: SentSpan[][] = []
  let drawn = 0
  const nextSpan = (): SentSpan => {
    while (open.length < OPEN_TRACES) {
      drawn += 1
      const place = { number: drawn, startMs: options.fromMs + drawn * REQUEST_GAP_MS }
      open.push([...drawTrace(chance, { ...place, seed })])
    }
    const index = chance.between(0, open.length - 1)
    const trace = open[index] ?? []
    const span = trace.splice(chance.between(0, trace.length - 1), 1)[0]
    if (trace.length === 0) open.splice(index, 1)
    return span ?? nextSpan()
  }
  const drawForm = (): Form => chance.pick(['protobuf', 'protobuf', 'json', 'gzip', 'json-gzip'])
  const batches = Array.from({ length: options.batches - 1 }, () => {
    const size = Math.min(chance.pick(BATCH_SIZES), options.spansPerBatchMax ?? Infinity)
    return toBatch(
      Array.from({ length: size }, () => nextSpan()),
      drawForm(),
    )
  })
  return [...batches, toBatch(open.flat(), drawForm())]
}

type Form = 'protobuf' | 'json' | 'gzip' | 'json-gzip'

/** Recordings are JSON, whatever is asked for. */
export function toBatch(spans: readonly SentSpan[], form: Form): Batch {
  const encoded = spans.flatMap(({ protobuf }) => (protobuf === undefined ? [] : [protobuf]))
  const isJson = form.startsWith('json') || encoded.length < spans.length
  const plain = isJson
    ? Buffer.from(JSON.stringify({ resourceSpans: joinContexts(spans) }))
    : Buffer.concat(encoded)
  const isGzip = form.endsWith('gzip')
  return {
    spans,
    body: isGzip ? gzipSync(plain, { level: 1 }) : plain,
    headers: {
      'content-type': isJson ? 'application/json' : 'application/x-protobuf',
      ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
    },
  }
}

/** One resource and scope for all spans that share them, as SDKs send them. */
function joinContexts(spans: readonly SentSpan[]): readonly unknown[] {
  const joined = new Map<string, { resource: unknown; scope: unknown; spans: unknown[] }>()
  for (const { json } of spans) {
    for (const { scope, spans: inner } of json.scopeSpans) {
      const key = JSON.stringify([json.resource, scope])
      const group = joined.get(key) ?? { resource: json.resource, scope, spans: [] }
      group.spans.push(...inner)
      joined.set(key, group)
    }
  }
  return [...joined.values()].map(({ resource, scope, spans: inner }) => ({
    resource,
    scopeSpans: [{ scope, spans: inner }],
  }))
}

interface Place {
  readonly seed: number
  readonly number: number
  readonly startMs: number
}

function drawTrace(chance: Chance, place: Place): readonly SentSpan[] {
  const kind = chance.pick(['plain', 'plain', 'sidecar', 'sidecar', 'sidecar', 'recorded'])
  if (kind === 'recorded') return replay(chance.pick(RECORDINGS), place)
  const compact = kind === 'sidecar' ? chance.pick(REQUESTS)() : plainTrace(chance)
  return compact.map((span) => toSent(span, { ...place, padding: chance.between(0, 600) }))
}

const OVERLOADED = { reason: 'overloaded', phase: 'before_headers', statusCode: 529 } as const
const CUT = { reason: 'stream-cut', phase: 'mid_stream' } as const

/** Requests that end in every way that has a rule. */
const REQUESTS: readonly [() => readonly CompactSpan[], ...(() => readonly CompactSpan[])[]] = [
  () => new TraceBuilder().attempt().end(),
  () => new TraceBuilder().attempt({ failed: OVERLOADED }).fallback().attempt().end(),
  () => new TraceBuilder().attempt({ failed: OVERLOADED }).end(),
  () => new TraceBuilder({ fallbacks: [] }).attempt({ failed: CUT }).end(),
  () =>
    new TraceBuilder()
      .attempt({ failed: CUT })
      .fallback({ strategy: 'user_turn', why: 'capability', verified: true })
      .attempt({ failed: { reason: 'auth', phase: 'before_headers', statusCode: 401 } })
      .end(),
]

function plainTrace(chance: Chance): readonly CompactSpan[] {
  const count = chance.happens(0.05) ? chance.between(100, 300) : chance.between(1, 20)
  return Array.from({ length: count }, (_, index) => ({
    id: (index + 1).toString(16),
    ...(index === 0 ? {} : { parent: '1' }),
    name: `GET /orders/${chance.between(1, 9)}`,
    scope: 'http@1.2.3',
    ms: [index, index + chance.between(0, 900)] as const,
    status: chance.happens(0.1) ? 'error' : 'ok',
  }))
}

function toSent(
  compact: CompactSpan,
  { seed, number, startMs, padding }: Place & { readonly padding: number },
): SentSpan {
  const toNs = (ms: number): bigint => BigInt(startMs + Math.round(ms)) * 1_000_000n + 7n
  const traceId = `${hex(seed, 8)}${hex(number, 8)}`.padStart(32, 'a')
  const [name = '', version = ''] = compact.scope.split('@')
  const span: Span = buildSpan({
    traceId,
    spanId: toSpanId(compact.id),
    parentSpanId: compact.parent === undefined ? '' : toSpanId(compact.parent),
    name: compact.name,
    kind: compact.kind ?? 'internal',
    startTimeNs: toNs(compact.ms[0]),
    endTimeNs: toNs(compact.ms[1]),
    status: { code: compact.status ?? 'unset', message: '' },
    scope: { name, version },
    resource: { 'service.name': 'made-up', 'service.version': '1.0.0', 'host.name': `h${seed}` },
    attributes: {
      ...compact.attributes,
      [MARK_KEY]: `${traceId}/${compact.id}`,
      ...(padding === 0 ? {} : { 'test.padding': hex(number, 8).repeat(padding / 8) }),
    },
  })
  const [json] = jsonRequest([span]).resourceSpans
  if (json === undefined) throw new Error('a request of one span has none')
  const sent: JsonResourceSpans = JSON.parse(JSON.stringify(json))
  return {
    traceId,
    spanId: span.spanId,
    told: toldOf({
      ...span,
      startTimeUnixNano: String(span.startTimeNs),
      endTimeUnixNano: String(span.endTimeNs),
      mark: `${traceId}/${compact.id}`,
    }),
    json: sent,
    protobuf: protobufRequest([span]),
  }
}

export interface Told {
  readonly name: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly mark: string
}

export function toldOf(span: Told): string {
  const { name, parentSpanId = '', startTimeUnixNano, endTimeUnixNano, mark } = span
  return [name, parentSpanId, startTimeUnixNano, endTimeUnixNano, mark].join('|')
}

const RECORDINGS_FOLDER = fileURLToPath(new URL('../../../demo/recordings/', import.meta.url))

const RECORDINGS = loadRecordings()

function loadRecordings(): readonly [readonly JsonResourceSpans[], ...JsonResourceSpans[][]] {
  const files = readdirSync(RECORDINGS_FOLDER).filter((name) => name.endsWith('.gz'))
  const [first, ...rest] = files.toSorted().map((name) => {
    const text = gunzipSync(readFileSync(`${RECORDINGS_FOLDER}${name}`)).toString()
    return (JSON.parse(text) as { resourceSpans: JsonResourceSpans[] }).resourceSpans
  })
  if (first === undefined) throw new Error('there are no recordings')
  return [first, ...rest]
}

/** The same request at another time, with ids of its own. */
function replay(recorded: readonly JsonResourceSpans[], place: Place): readonly SentSpan[] {
  const spans = recorded.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans: inner }) =>
      inner.map((span) => ({ resource, scope, span })),
    ),
  )
  const beganNs = spans.reduce(
    (least, { span }) =>
      least < BigInt(span.startTimeUnixNano) ? least : BigInt(span.startTimeUnixNano),
    BigInt(spans[0]?.span.startTimeUnixNano ?? 0),
  )
  const move = (ns: string): string =>
    String(BigInt(ns) - beganNs + BigInt(place.startMs) * 1_000_000n)
  const traceIds = [...new Set(spans.map(({ span }) => span.traceId))]
  return spans.map(({ resource, scope, span }) => {
    const moved: JsonSpan = {
      ...span,
      traceId:
        `${hex(place.seed, 8)}${hex(place.number, 8)}${hex(traceIds.indexOf(span.traceId), 2)}`.padStart(
          32,
          'b',
        ),
      startTimeUnixNano: move(span.startTimeUnixNano),
      endTimeUnixNano: move(span.endTimeUnixNano),
    }
    return {
      traceId: moved.traceId,
      spanId: moved.spanId,
      told: toldOf({ ...moved, mark: '' }),
      json: { resource, scopeSpans: [{ scope, spans: [moved] }] },
    }
  })
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}
