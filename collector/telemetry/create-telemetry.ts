import { createHmac, randomBytes } from 'node:crypto'
import { ROOT_CONTEXT, type Tracer, trace } from '@opentelemetry/api'
import type { TelemetryConfig } from '../config/config.ts'
import type { Secret } from '../config/secret.ts'
import { type Clock, systemClock } from '../routing/clock.ts'
import type { Recorder, Telemetry } from '../routing/recorder.ts'
import { type ExportCounts, ExportQueue } from './export-queue.ts'
import { guardRecorder } from './guard-recorder.ts'
import type { Log } from './log.ts'
import { createOtlpExporter } from './otlp-exporter.ts'
import { createRequestClock } from './request-clock.ts'
import { RequestProcessor, withRequestGroup } from './request-processor.ts'
import { RequestSpan } from './request-span.ts'
import { createScrubber } from './scrub.ts'
import { createSilentRecorder } from './silent-recorder.ts'
import { SpanWriter } from './span-writer.ts'
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
  const { config, log } = options
  const silent = createSilentRecorder((bytes) => randomBytes(bytes).toString('hex'))
  if (!config.enabled) {
    return {
      ...silent,
      counts: () => new Map(),
      flush: () => Promise.resolve(true),
      stop: () => Promise.resolve(),
    }
  }
  const { exporter, abort } = createOtlpExporter(config)
  const queue = new ExportQueue({
    exporter,
    abort,
    spansMax: config.queueSpansMax,
    batchSpansMax: config.batchSpansMax,
    batchDelayMs: config.batchDelayMs,
    exportTimeoutMs: config.exportTimeoutMs,
    // Its path, name and password are nobody's business in a log.
    destination: new URL(config.tracesUrl).origin,
    log,
  })
  const processor = new RequestProcessor((group) => queue.offer(group))
  const tracer = startSdk({ config, version: options.version, processor })
  let recordingErrors = 0
  const recorder = guardRecorder(createRecorder(tracer, options), {
    silent,
    onError: (error) => {
      recordingErrors += 1
      // Once: what throws for one request throws for all of them.
      if (recordingErrors === 1) log.error('recording a request failed', { detail: String(error) })
    },
  })
  return {
    startRequest: (start) => recorder.startRequest(start),
    counts: () => toCounts(queue.counts(), recordingErrors),
    flush: (deadlineMs) => queue.flush(deadlineMs),
    stop: async (flushMs) => {
      await queue.close(flushMs)
      abort()
    },
  }
}

function createRecorder(tracer: Tracer, options: TelemetryOptions): Recorder {
  const scrubber = createScrubber(options.secrets.map((secret) => secret.reveal()))
  const clock = options.clock ?? systemClock
  // Of this process only: hashes of two processes cannot be compared, nor a list of leaked keys
  // with them.
  const salt = randomBytes(16)
  // The keys are the configuration's, so there are as many hashes as it has keys.
  const hashes = new Map<string, string>()
  const hashKey = (apiKey: string): string => {
    const known = hashes.get(apiKey)
    if (known !== undefined) return known
    const hash = createHmac('sha256', salt).update(apiKey).digest('hex').slice(0, 12)
    hashes.set(apiKey, hash)
    return hash
  }
  return {
    startRequest: (start) => {
      const parent = parseTraceparent(start.traceparent)
      const context =
        parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
      const now = createRequestClock(clock)
      const writer = new SpanWriter({ tracer, scrubber, now })
      return new RequestSpan(start, { writer, context: withRequestGroup(context), hashKey })
    },
  }
}

function toCounts(counts: ExportCounts, recordingErrors: number): ReadonlyMap<string, number> {
  const { ended, sent, waiting, dropped } = counts
  return new Map([
    ['ended', ended],
    ['sent', sent],
    ['waiting', waiting],
    ['dropped_queue_full', dropped.queue_full],
    ['dropped_rejected', dropped.rejected],
    ['dropped_shutdown', dropped.shutdown],
    ['recording_errors', recordingErrors],
  ])
}
