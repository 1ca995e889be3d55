import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { TelemetryConfig } from '../config/config.ts'
import { createGroupDecoder } from './decode-group.ts'
import { type SendOutcome, type TraceSender, toFailure } from './trace-sender.ts'

/** OpenTelemetry's OTLP/HTTP JSON exporter, for receivers that read nothing else. */
export function createJsonSender(config: TelemetryConfig): TraceSender {
  const options = { keepAlive: true, maxSockets: 2 }
  const agent = config.tracesUrl.startsWith('https:')
    ? new HttpsAgent(options)
    : new HttpAgent(options)
  const headers: Record<string, string> = {}
  for (const [name, value] of config.headers) headers[name] = value.reveal()
  const exporter = new OTLPTraceExporter({
    url: config.tracesUrl,
    headers,
    timeoutMillis: config.exportTimeoutMs,
    httpAgentOptions: () => agent,
  })
  const decode = createGroupDecoder()
  return {
    send: (groups) =>
      new Promise((resolve) => {
        // The exporter's own limit is on silence: an answer of one byte per second would hold it,
        // and the queue behind it, for ever.
        const watchdog = setTimeout(() => {
          agent.destroy()
          resolve({ kind: 'later', detail: `no whole answer within ${config.exportTimeoutMs} ms` })
        }, config.exportTimeoutMs)
        watchdog.unref()
        const settle = (outcome: SendOutcome) => {
          clearTimeout(watchdog)
          resolve(outcome)
        }
        try {
          exporter.export(groups.flatMap(decode), (result) => {
            const code: number = result.code
            settle(code === EXPORT_SUCCESS ? TAKEN : toOutcome(result.error))
          })
        } catch (error) {
          settle({ kind: 'refused', detail: String(error) })
        }
      }),
    abort: () => agent.destroy(),
  }
}

/** `ExportResultCode.SUCCESS` of `@opentelemetry/core`. */
const EXPORT_SUCCESS = 0

const TAKEN = { kind: 'sent', refusedSpans: 0 } as const

function toOutcome(error: Error | undefined): SendOutcome {
  const detail = error === undefined || error.message === '' ? 'unknown error' : error.message
  const status: unknown = error !== undefined && 'code' in error ? error.code : undefined
  return typeof status === 'number' ? toFailure(status, detail) : { kind: 'later', detail }
}
