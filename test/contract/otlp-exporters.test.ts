import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import type { WireHealth } from '../../analyzer/api/wire.ts'
import { shareAnalyzer } from '../support/otlp-target.ts'
import { RawConnection, rawRequest } from '../support/raw-http.ts'
import { waitUntil } from '../support/wait-until.ts'

/** OpenTelemetry's own exporters of JavaScript, as applications have them, before an analyzer. */

const MIB = 1024 * 1024
const target = shareAnalyzer({ config: 'analyzer: { ingest: { body_mib: 8, queue_mib: 8 } }\n' })

type MakeExporter = () => SpanExporter

/** As applications choose it. */
function compress(how: 'gzip' | 'none'): void {
  vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', how)
  onTestFinished(() => void vi.unstubAllEnvs())
}

const EXPORTERS: readonly (readonly [name: string, make: MakeExporter])[] = [
  ['JSON', () => new JsonExporter({ url: `${target().httpUrl}/v1/traces` })],
  ['protobuf', () => new ProtobufExporter({ url: `${target().httpUrl}/v1/traces` })],
  ['gRPC', () => new GrpcExporter({ url: target().grpcUrl })],
]

/** Spans of one trace, ended and handed to the exporter in batches. */
async function exportSpans(
  exporter: SpanExporter,
  { count, batch = 512, note = '' }: { count: number; batch?: number; note?: string },
): Promise<string> {
  const processor = new BatchSpanProcessor(exporter, {
    maxExportBatchSize: batch,
    maxQueueSize: 10_000,
    scheduledDelayMillis: 10,
  })
  const provider = new BasicTracerProvider({ spanProcessors: [processor] })
  const tracer = provider.getTracer('app', '1.2.3')
  let traceId = ''
  for (let index = 0; index < count; index += 1) {
    const span = tracer.startSpan('work', {
      kind: SpanKind.CLIENT,
      attributes: { index, note, list: ['x', 'y'] },
    })
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'broke' })
    span.end()
    traceId = span.spanContext().traceId
  }
  await provider.shutdown()
  return traceId
}

const spansStored = async (): Promise<number> => {
  const response = await fetch(`${target().pageUrl}/api/v1/health`)
  return ((await response.json()) as WireHealth).spansStored
}

describe.each(EXPORTERS)('over %s', (_, makeExporter) => {
  test.each(['none', 'gzip'] as const)('a span arrives as it was, compression %s', async (how) => {
    compress(how)
    const traceId = await exportSpans(makeExporter(), { count: 1 })
    const [span] = await waitUntil(async () => {
      const spans = await target().stored(traceId)
      return spans.length > 0 && spans
    })
    expect(span).toMatchObject({
      name: 'work',
      kind: 'client',
      status: { code: 'error', message: 'broke' },
      scope: { name: 'app', version: '1.2.3' },
    })
    expect(span?.attributes).toContainEqual({ key: 'list', value: '["x","y"]' })
  })

  test('batches of 512, several at once, arrive whole', async () => {
    compress('gzip')
    const before = await spansStored()
    await Promise.all(Array.from({ length: 3 }, () => exportSpans(makeExporter(), { count: 1024 })))
    await waitUntil(async () => (await spansStored()) === before + 3 * 1024, 'all spans')
    expect(await spansStored()).toBe(before + 3 * 1024)
  })

  test('a span of 2 MB arrives, and is cut only in what is stored of it', async () => {
    const traceId = await exportSpans(makeExporter(), { count: 1, note: 'x'.repeat(2_000_000) })
    const spans = await waitUntil(async () => {
      const stored = await target().stored(traceId)
      return stored.length > 0 && stored
    })
    expect(spans).toHaveLength(1)
  })
})

// OpenTelemetry's exporter over gRPC never comes again, whatever it is told (0.223): docs/otlp.md.
describe.each(EXPORTERS.slice(0, 2))('over %s', (_, makeExporter) => {
  test('an exporter that is told to wait comes again, and each span is stored once', async () => {
    const before = await spansStored()
    // Of two bodies of the largest size that are held back half-way, one fills the queue.
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': String(8 * MIB) }
    const part = rawRequest({ headers, body: Buffer.alloc(8 * MIB - 1) })
    const holders = await Promise.all([0, 1].map(() => RawConnection.open(target().httpUrl)))
    for (const holder of holders) holder.write(part)
    expect((await Promise.race(holders.map((holder) => holder.answer()))).status).toBe(503)
    const probes = await busyAnswers()
    const results: number[] = []
    const exporter = watch(makeExporter(), (code) => results.push(code))
    const exported = exportSpans(exporter, { count: 40, batch: 10 })
    await waitUntil(async () => (await busyAnswers()) > probes, 'the exporter to be sent away')
    for (const holder of holders) holder.destroy()
    await exported
    // 0 is SUCCESS: nothing was given up.
    expect(new Set(results)).toEqual(new Set([0]))
    await waitUntil(async () => (await spansStored()) >= before + 40, 'all spans')
    expect(await spansStored()).toBe(before + 40)
  })
})

async function busyAnswers(): Promise<number> {
  const metrics = await (await fetch(`${target().pageUrl}/metrics`)).text()
  return Number(/reason="busy"[^\n]*\} (\d+)/u.exec(metrics)?.[1] ?? 0)
}

/** Tells what the exporter tells its processor of each batch. */
function watch(exporter: SpanExporter, told: (code: number) => void): SpanExporter {
  return {
    export: (spans: ReadableSpan[], done) => {
      exporter.export(spans, (result) => {
        told(result.code)
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
}
