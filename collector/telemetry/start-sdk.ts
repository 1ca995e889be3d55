import { randomUUID } from 'node:crypto'
import { type Attributes, type Tracer, context, trace } from '@opentelemetry/api'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { TelemetryConfig } from '../config/config.ts'
import { SCOPE_NAME } from '../vocabulary.ts'
import { alwaysRecord } from './always-record.ts'

export interface SdkOptions {
  readonly config: TelemetryConfig
  readonly version: string
}

export interface StartedSdk {
  readonly tracer: Tracer
  /** Of this process: what the provider says of every span. */
  readonly resource: Attributes
}

/** A request's spans are handed on together when it ends (`RequestSpan`), never one by one. */
const HAND_NOTHING_ON: SpanProcessor = {
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}

/**
 * Starts OpenTelemetry's Node SDK with everything that it would find out by itself switched off:
 * detectors (command lines hold secrets), metrics, logs, instrumentations (the exporter's own calls
 * must not be traced), the environment's sampler and propagators (baggage is not read).
 */
export function startSdk({ config, version }: SdkOptions): StartedSdk {
  const resource = defaultResource().merge(
    resourceFromAttributes({
      'service.version': version,
      'service.instance.id': randomUUID(),
      ...Object.fromEntries(config.resourceAttributes),
      'service.name': config.serviceName,
    }),
  )
  const sdk = new NodeSDK({
    autoDetectResources: false,
    resource,
    sampler: alwaysRecord,
    spanProcessors: [HAND_NOTHING_ON],
    textMapPropagator: null,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  })
  // The SDK can only be reached through the API's global, which the first to come keeps. It is
  // taken, and given back at once: two sidecars in one process stay apart, and no library that
  // speaks the OpenTelemetry API can write spans of its own past our allow-list of keys.
  trace.disable()
  sdk.start()
  const tracer = trace.getTracer(SCOPE_NAME, version)
  trace.disable()
  context.disable()
  return { tracer, resource: resource.attributes }
}
