import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { TelemetryConfig } from '../config/config.ts'
import { type SpanGroup, encodeExport } from './encode-export.ts'
import { readPartialSuccess } from './read-partial-success.ts'
import { type SendOutcome, type TraceSender, toFailure } from './trace-sender.ts'

/** An answer is a status and, rarely, a sentence: a receiver that says more is none. */
const ANSWER_BYTES_MAX = 64 * 1024
/** Of a refusal's text, what the log shows. */
const DETAIL_CHARS_MAX = 200

/**
 * Posts encoded batches. Our own instead of the SDK's, which would first make an object of every
 * attribute, keeps no total time limit, tries again by itself while others wait, and does not say
 * when the receiver wants to be asked again.
 */
export function createProtobufSender(config: TelemetryConfig): TraceSender {
  const url = new URL(config.tracesUrl)
  const isTls = url.protocol === 'https:'
  // One batch at a time needs one connection; a second lets a new one open while an old one dies.
  const agentOptions = { keepAlive: true, maxSockets: 2 }
  const agent = isTls ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions)
  const headers: Record<string, string> = { 'content-type': 'application/x-protobuf' }
  for (const [name, value] of config.headers) headers[name] = value.reveal()

  const post = (body: Uint8Array) =>
    new Promise<SendOutcome>((resolve) => {
      const call = (isTls ? requestHttps : requestHttp)(url, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': body.length },
      })
      const settle = (outcome: SendOutcome) => {
        clearTimeout(deadline)
        resolve(outcome)
      }
      const deadline = setTimeout(() => {
        settle({ kind: 'later', detail: `no whole answer within ${config.exportTimeoutMs} ms` })
        call.destroy()
      }, config.exportTimeoutMs)
      // A process that has nothing else to do must be able to end.
      deadline.unref()
      call.on('error', (error) => settle({ kind: 'later', detail: describe(error) }))
      call.on('response', (response) => {
        readAnswer(response).then(settle, (error: unknown) =>
          settle({ kind: 'later', detail: describe(error) }),
        )
      })
      call.end(body)
    })

  return {
    send: async (groups: readonly SpanGroup[]) => {
      try {
        return await post(encodeExport(groups))
      } catch (error) {
        return { kind: 'later', detail: describe(error) }
      }
    },
    abort: () => agent.destroy(),
  }
}

/** An acknowledgement is a whole answer: a status alone may be followed by anything. */
async function readAnswer(response: IncomingMessage): Promise<SendOutcome> {
  const statusCode = response.statusCode ?? 0
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) {
      response.destroy()
      return { kind: 'later', detail: `HTTP ${statusCode} with an answer that does not end` }
    }
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  const contentType = response.headers['content-type'] ?? ''
  if (statusCode < 200 || statusCode > 299) {
    const text = contentType.includes('protobuf') ? '' : body.toString().slice(0, DETAIL_CHARS_MAX)
    return toFailure(statusCode, text, retryAfterMs(response.headers['retry-after']))
  }
  // Somebody's web page says 200 to everything.
  if (contentType.includes('text/html')) {
    return { kind: 'later', detail: `HTTP ${statusCode} with a web page: no OTLP receiver` }
  }
  return { kind: 'sent', ...readPartialSuccess(body, contentType) }
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined
}

/** Node's message for a refused connection to several addresses is empty; its code never is. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : error.name
  return error.message === '' ? code : error.message
}
