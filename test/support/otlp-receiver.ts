import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One span as it stood in the bytes: what a test may say about the wire. */
interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code?: number; readonly message?: string }
  readonly attributes: ReadonlyMap<string, unknown>
}

export interface OtlpReceiver {
  readonly url: string
  readonly port: number
  /** Every body, as it came. */
  readonly bodies: readonly string[]
  /** Headers of the last request. */
  readonly headers: () => NodeJS.Dict<string | string[]>
  readonly resources: () => readonly ReadonlyMap<string, unknown>[]
  readonly spans: () => readonly ReceivedSpan[]
  /** Resolves once `count` spans came. */
  waitForSpans(count: number): Promise<readonly ReceivedSpan[]>
  /** Answers with this status from now on. */
  answer(statusCode: number): void
  stop(): Promise<void>
}

interface OtlpValue {
  readonly stringValue?: string
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values?: readonly OtlpValue[] }
}

interface OtlpKeyValue {
  readonly key: string
  readonly value: OtlpValue
}

interface OtlpDocument {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpKeyValue[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, 'attributes'> & {
        readonly attributes: readonly OtlpKeyValue[]
      })[]
    }[]
  }[]
}

/** A real HTTP server in the analyzer's place, which keeps what it was sent. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const bodies: string[] = []
  const waiters = new Set<() => void>()
  let statusCode = 200
  let lastHeaders: NodeJS.Dict<string | string[]> = {}
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    lastHeaders = request.headers
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (statusCode === 200) bodies.push(Buffer.concat(chunks).toString('utf8'))
      response.writeHead(statusCode, { 'content-type': 'application/json' }).end('{}')
      for (const waiter of waiters) waiter()
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo
  const documents = () => bodies.map((body) => JSON.parse(body) as OtlpDocument)
  const spans = () =>
    documents().flatMap((document) =>
      document.resourceSpans.flatMap((resource) =>
        resource.scopeSpans.flatMap((scope) =>
          scope.spans.map((span) => ({ ...span, attributes: toMap(span.attributes) })),
        ),
      ),
    )
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    bodies,
    headers: () => lastHeaders,
    resources: () =>
      documents().flatMap((document) =>
        document.resourceSpans.map(({ resource }) => toMap(resource.attributes)),
      ),
    spans,
    waitForSpans: (count) =>
      new Promise((resolve) => {
        const check = () => {
          const received = spans()
          if (received.length < count) return
          waiters.delete(check)
          resolve(received)
        }
        waiters.add(check)
        check()
      }),
    answer: (status) => {
      statusCode = status
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function toMap(attributes: readonly OtlpKeyValue[]): ReadonlyMap<string, unknown> {
  return new Map(attributes.map(({ key, value }) => [key, toValue(value)]))
}

function toValue(value: OtlpValue): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(toValue)
  if (value.intValue !== undefined) return Number(value.intValue)
  return value.stringValue ?? value.doubleValue ?? value.boolValue
}
