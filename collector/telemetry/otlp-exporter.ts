import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { TelemetryConfig } from '../config/config.ts'

export interface OtlpExporter {
  readonly exporter: SpanExporter
  /** Ends every connection that it has; the next export opens a new one. */
  readonly abort: () => void
}

/** OpenTelemetry's OTLP/HTTP exporter on an agent of ours, so that a hung export can be ended. */
export function createOtlpExporter(config: TelemetryConfig): OtlpExporter {
  // One export at a time needs one connection; a second lets a new one open while an old one dies.
  const options = { keepAlive: true, maxSockets: 2 }
  const agent = config.tracesUrl.startsWith('https:')
    ? new HttpsAgent(options)
    : new HttpAgent(options)
  const headers: Record<string, string> = {}
  for (const [name, value] of config.headers) headers[name] = value.reveal()
  return {
    exporter: new OTLPTraceExporter({
      url: config.tracesUrl,
      headers: headers,
      timeoutMillis: config.exportTimeoutMs,
      httpAgentOptions: () => agent,
    }),
    abort: () => agent.destroy(),
  }
}
