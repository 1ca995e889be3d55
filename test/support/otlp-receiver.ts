import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AttributeValue, Span } from '../../analyzer/story/span.ts'
import { readOtlp } from './read-otlp.ts'

export interface OtlpReceiver {
  readonly url: string
  readonly port: number
  /** Every body that was taken, as it came. */
  readonly bodies: readonly Buffer[]
  /** All of them as text, to look for what must not be in there. */
  text(): string
  /** Headers of the last request. */
  readonly headers: () => NodeJS.Dict<string | string[]>
  readonly spans: () => readonly ReceivedSpan[]
  /** Resolves once `count` spans came. */
  waitForSpans(count: number): Promise<readonly ReceivedSpan[]>
  /** Answers with this status from now on. */
  answer(statusCode: number, headers?: Readonly<Record<string, string>>): void
  stop(): Promise<void>
}

/** As the analyzer decodes it, its integers as numbers for the ease of comparing. */
export interface ReceivedSpan extends Omit<Span, 'attributes' | 'resource'> {
  readonly attributes: ReadonlyMap<string, unknown>
  readonly resource: ReadonlyMap<string, unknown>
}

/** A real HTTP server in the analyzer's place, which keeps what it was sent. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const bodies: Buffer[] = []
  const spans: ReceivedSpan[] = []
  const waiters = new Set<() => void>()
  let status = { code: 200, headers: {} as Readonly<Record<string, string>> }
  let lastHeaders: NodeJS.Dict<string | string[]> = {}
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    lastHeaders = request.headers
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const isJson = request.headers['content-type'] === 'application/json'
      if (status.code === 200) {
        const body = Buffer.concat(chunks)
        bodies.push(body)
        spans.push(...decodeSpans(body, isJson ? 'json' : 'protobuf'))
      }
      const contentType = isJson ? 'application/json' : 'application/x-protobuf'
      response.writeHead(status.code, { 'content-type': contentType, ...status.headers })
      response.end(isJson ? '{}' : '')
      for (const waiter of waiters) waiter()
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    bodies,
    text: () => bodies.map((body) => body.toString()).join('\n'),
    headers: () => lastHeaders,
    spans: () => spans,
    waitForSpans: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (spans.length < count) return
          waiters.delete(check)
          resolve(spans)
        }
        waiters.add(check)
        check()
      }),
    answer: (code, headers = {}) => {
      status = { code, headers }
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function decodeSpans(body: Uint8Array, encoding: 'json' | 'protobuf'): readonly ReceivedSpan[] {
  return readOtlp(body, encoding).map((span) => ({
    ...span,
    attributes: withNumbers(span.attributes),
    resource: withNumbers(span.resource),
  }))
}

function withNumbers(attributes: ReadonlyMap<string, AttributeValue>): Map<string, unknown> {
  return new Map(
    [...attributes].map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
  )
}
