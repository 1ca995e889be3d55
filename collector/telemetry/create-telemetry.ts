import { createHmac, randomBytes } from 'node:crypto'
import { ROOT_CONTEXT, type Tracer, trace } from '@opentelemetry/api'
import type { TelemetryConfig } from '../config/config.ts'
import type { Secret } from '../config/secret.ts'
import { type Clock, systemClock } from '../routing/clock.ts'
import type { Recorder, RequestSummary, Telemetry } from '../routing/recorder.ts'
import { SCOPE_NAME } from '../vocabulary.ts'
import { DROP_REASONS, type ExportCounts, ExportQueue } from './export-queue.ts'
import { type Origin, encodeOrigin } from './encode-export.ts'
import { guardRecorder } from './guard-recorder.ts'
import { createJsonSender } from './json-sender.ts'
import type { Log } from './log.ts'
import { createProtobufSender } from './protobuf-sender.ts'
import { Reachability } from './reachability.ts'
import { createRequestClock } from './request-clock.ts'
import { RequestSpan, type RequestSpanOptions } from './request-span.ts'
import { createSampler } from './sampling.ts'
import { createScrubber } from './scrub.ts'
import { DiskSpool } from './spool/disk-spool.ts'
import type { Spool } from './spool/spool.ts'
import { createSilentRecorder } from './silent-recorder.ts'
import { SpanEncoder } from './span-encoder.ts'
import { SpanStarter } from './span-starter.ts'
import { startSdk } from './start-sdk.ts'
import { parseTraceparent } from './trace-context.ts'

export interface TelemetryOptions {
  readonly config: TelemetryConfig
  /**
   * Every secret that the process knows: none may appear in a span, whatever an upstream quotes.
   */
  readonly secrets: readonly Secret[]
  readonly version: string
  readonly log: Log
  readonly clock?: Pick<Clock, 'now' | 'wallNow'>
}

/** The router's telemetry over OpenTelemetry's SDK and its OTLP/HTTP exporter. */
export interface SidecarTelemetry extends Telemetry {
  /** Sends what waits, for at most `deadlineMs`; true where nothing is left. Never rejects. */
  flush(deadlineMs: number): Promise<boolean>
}

/** Nothing in here can fail a request, nor make it wait (I6). */
export function createTelemetry(options: TelemetryOptions): SidecarTelemetry {
  const { config, log, version } = options
  const silent = createSilentRecorder((bytes) => randomBytes(bytes).toString('hex'))
  if (!config.enabled) {
    return {
      ...silent,
      counts: () => new Map(),
      flush: () => Promise.resolve(true),
      stop: () => Promise.resolve(),
    }
  }
  const sender =
    config.encoding === 'http/json' ? createJsonSender(config) : createProtobufSender(config)
  const { tracer, resource } = startSdk({ config, version })
  const origin = encodeOrigin({ resource, scopeName: SCOPE_NAME, scopeVersion: version })
  const spool =
    config.spool === undefined ? undefined : new DiskSpool({ ...config.spool, origin, log })
  const queue = new ExportQueue({
    sender,
    ...(spool !== undefined && { spool }),
    spansMax: config.queueSpansMax,
    batchSpansMax: config.batchSpansMax,
    batchDelayMs: config.batchDelayMs,
    log,
    reachability: new Reachability({
      log,
      // Its path, name and password are nobody's business in a log.
      destination: new URL(config.tracesUrl).origin,
      waitIn: config.spool?.dir ?? 'memory',
    }),
  })
  const recording = createRecording(options, { tracer, origin, queue })
  const errors = new OnceLogged(log)
  const recorder = guardRecorder(recording.recorder, {
    silent,
    onError: (error) => errors.note(error),
  })
  return {
    startRequest: (start) => recorder.startRequest(start),
    counts: () =>
      toCounts(queue.counts(), { sampled: recording.sampledAway(), errors: errors.count }, spool),
    flush: (deadlineMs) => queue.flush(deadlineMs),
    stop: (flushMs) => queue.close(flushMs),
  }
}

interface Recording {
  readonly recorder: Recorder
  /** Spans that ended and were not kept. */
  readonly sampledAway: () => number
}

interface Parts {
  readonly tracer: Tracer
  readonly origin: Origin
  readonly queue: ExportQueue
}

function createRecording(options: TelemetryOptions, parts: Parts): Recording {
  const { config } = options
  const { tracer, origin, queue } = parts
  const encoder = new SpanEncoder(createScrubber(options.secrets.map((secret) => secret.reveal())))
  const isKept = createSampler(config.sampleRatio)
  const clock = options.clock ?? systemClock
  const hashKey = createKeyHash()
  let sampledAway = 0
  const onEnd: RequestSpanOptions['onEnd'] = (spans, summary, traceId) => {
    const important = isImportant(summary)
    if (important || isKept(traceId)) {
      queue.offer({ bytes: encoder.encode(spans), spans: spans.length, important, origin })
    } else sampledAway += spans.length
  }
  const recorder: Recorder = {
    startRequest: (start) => {
      const parent = parseTraceparent(start.traceparent)
      const context =
        parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
      const starter = new SpanStarter(tracer, createRequestClock(clock))
      return new RequestSpan(start, { starter, context, hashKey, onEnd })
    },
  }
  return { recorder, sampledAway: () => sampledAway }
}

/** Something failed, even if nobody noticed: never sampled away, and the last to be dropped. */
function isImportant({ outcome, rootCause }: RequestSummary): boolean {
  return outcome === 'failed' || outcome === 'rescued' || rootCause !== undefined
}

function createKeyHash(): (apiKey: string) => string {
  // Of this process only: hashes of two processes cannot be compared, nor a list of leaked keys
  // with them.
  const salt = randomBytes(16)
  // The keys are the configuration's, so there are as many hashes as it has keys.
  const hashes = new Map<string, string>()
  return (apiKey) => {
    const known = hashes.get(apiKey)
    if (known !== undefined) return known
    const hash = createHmac('sha256', salt).update(apiKey).digest('hex').slice(0, 12)
    hashes.set(apiKey, hash)
    return hash
  }
}

/** Errors of recording: counted, and told once, for what throws for one request does for all. */
class OnceLogged {
  readonly #log: Log
  count = 0

  constructor(log: Log) {
    this.#log = log
  }

  note(error: unknown): void {
    this.count += 1
    if (this.count === 1) this.#log.error('recording a request failed', { detail: String(error) })
  }
}

function toCounts(
  counts: ExportCounts,
  recording: { readonly sampled: number; readonly errors: number },
  spool: Spool | undefined,
): ReadonlyMap<string, number> {
  return new Map([
    ['ended', counts.ended + recording.sampled],
    ['recovered', counts.recovered],
    ['sent', counts.sent],
    ['waiting', counts.waiting],
    ['spooled', counts.spooled],
    ...DROP_REASONS.map((reason) => [`dropped_${reason}`, counts.dropped[reason]] as const),
    ['dropped_sampling', recording.sampled],
    ['recording_errors', recording.errors],
    ['spool_bytes', spool?.bytes ?? 0],
    ['damaged_records', spool?.damagedRecords ?? 0],
  ])
}
