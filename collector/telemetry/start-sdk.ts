import { randomUUID } from 'node:crypto'
import { type Tracer, context, trace } from '@opentelemetry/api'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { TelemetryConfig } from '../config/config.ts'
import { SCOPE_NAME } from '../vocabulary.ts'
import { alwaysRecord } from './always-record.ts'

/** Attributes of one span: more than any of ours has, so that no environment variable cuts them. */
const SPAN_ATTRIBUTES_MAX = 128
const SPAN_VALUE_CHARS_MAX = 4096

export interface SdkOptions {
  readonly config: TelemetryConfig
  readonly version: string
  readonly processor: SpanProcessor
}

/**
 * Starts OpenTelemetry's Node SDK with everything that it would find out by itself switched off:
 * detectors (command lines hold secrets), metrics, logs, instrumentations (the exporter's own calls
 * must not be traced), the environment's sampler and propagators (baggage is not read).
 */
export function startSdk({ config, version, processor }: SdkOptions): Tracer {
  const sdk = new NodeSDK({
    autoDetectResources: false,
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.version': version,
        'service.instance.id': randomUUID(),
        ...Object.fromEntries(config.resourceAttributes),
        'service.name': config.serviceName,
      }),
    ),
    sampler: alwaysRecord,
    spanProcessors: [processor],
    spanLimits: {
      attributeCountLimit: SPAN_ATTRIBUTES_MAX,
      attributeValueLengthLimit: SPAN_VALUE_CHARS_MAX,
    },
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
  return tracer
}
