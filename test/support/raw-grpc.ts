import { once } from 'node:events'
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2'

export const TRACES_EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** What became of a call, as the frames say it. */
export interface GrpcAnswer {
  readonly httpStatus: number
  readonly contentType: string | undefined
  /** Of `grpc-status`; undefined where there is none. */
  readonly code: number | undefined
  readonly message: string
  readonly headers: IncomingHttpHeaders
  /** `google.rpc.Status`, where it came along. */
  readonly details: Buffer | undefined
  readonly body: Buffer
  readonly rstCode: number
}

export interface GrpcCall {
  readonly path?: string
  /** An empty value leaves the header out. */
  readonly headers?: Readonly<Record<string, string>>
  /** Frames as they are to be sent. */
  readonly body?: Uint8Array
  /** Whether the end of the stream is said. */
  readonly ends?: boolean
}

/** A length-prefixed message of gRPC; `length` may lie. */
export function grpcFrame(
  message: Uint8Array,
  { flag = 0, length = message.length }: { flag?: number; length?: number } = {},
): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(flag, 0)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, message])
}

/** A session that speaks HTTP/2 by hand: no library of gRPC is between the test and the bytes. */
export class RawGrpc {
  readonly #session: ClientHttp2Session
  readonly #streams = new Set<ClientHttp2Stream>()

  private constructor(session: ClientHttp2Session) {
    this.#session = session
    session.on('error', () => undefined)
  }

  static async open(url: string): Promise<RawGrpc> {
    const session = connect(url)
    await once(session, 'connect')
    return new RawGrpc(session)
  }

  async call({ path = TRACES_EXPORT, headers = {}, body, ends = true }: GrpcCall = {}) {
    const all = { te: 'trailers', 'content-type': 'application/grpc', ...headers }
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
    const stream = this.#session.request(
      { ':method': 'POST', ':path': path, ':authority': 'localhost', ...sent },
      { endStream: body === undefined && ends },
    )
    stream.on('error', () => undefined)
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    if (body !== undefined && ends) stream.end(body)
    else if (body !== undefined) stream.write(body)
    let answered: IncomingHttpHeaders = {}
    const chunks: Buffer[] = []
    stream.on('response', (received) => (answered = { ...answered, ...received }))
    stream.on('trailers', (received) => (answered = { ...answered, ...received }))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    // An answer may be whole while the message is not: then it is we who end the stream.
    await Promise.race([once(stream, 'end'), once(stream, 'close')])
    stream.close()
    return toAnswer(answered, Buffer.concat(chunks), stream.rstCode ?? 0)
  }

  /**
   * Cancels what is open. Never `destroy`: while frames of many streams wait to be written, it
   * corrupts the memory of Node 20's client.
   */
  close(): void {
    for (const stream of this.#streams) stream.close(constants.NGHTTP2_CANCEL)
    this.#session.close()
  }
}

function toAnswer(headers: IncomingHttpHeaders, body: Buffer, rstCode: number): GrpcAnswer {
  const code = headers['grpc-status']
  const details = headers['grpc-status-details-bin']
  return {
    httpStatus: Number(headers[':status'] ?? 0),
    contentType: headers['content-type'],
    code: code === undefined ? undefined : Number(code),
    headers,
    message: decodeURIComponent(String(headers['grpc-message'] ?? '')),
    details: details === undefined ? undefined : Buffer.from(String(details), 'base64'),
    body,
    rstCode,
  }
}

/** One call over a session of its own. */
export async function grpcExchange(url: string, call: GrpcCall): Promise<GrpcAnswer> {
  const session = await RawGrpc.open(url)
  try {
    return await session.call(call)
  } finally {
    session.close()
  }
}
