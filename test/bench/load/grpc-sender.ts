import { once } from 'node:events'
import { connect } from 'node:http2'
import type { Sender, SendResult } from './http-sender.ts'

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const OK = '0'
const RESOURCE_EXHAUSTED = '8'
const UNAVAILABLE = '14'

/** OTLP/gRPC on bare HTTP/2, one message per call. */
export async function connectGrpc(url: string): Promise<Sender> {
  const session = connect(url)
  await once(session, 'connect')
  return {
    send: (body) =>
      new Promise<SendResult>((resolve, reject) => {
        const call = session.request({
          ':method': 'POST',
          ':path': PATH,
          'content-type': 'application/grpc',
          te: 'trailers',
        })
        let status: unknown
        let message: unknown
        const read = (headers: Readonly<Record<string, unknown>>): void => {
          status = headers['grpc-status'] ?? status
          message = headers['grpc-message'] ?? message
        }
        call.on('response', read)
        call.on('trailers', read)
        call.on('error', reject)
        call.on('close', () => {
          if (status === OK) resolve('acknowledged')
          else if (status === UNAVAILABLE || status === RESOURCE_EXHAUSTED) resolve('refused')
          else reject(new Error(`grpc-status ${String(status)}: ${String(message)}`))
        })
        call.resume()
        const prefix = Buffer.alloc(5)
        prefix.writeUInt32BE(body.length, 1)
        call.end(Buffer.concat([prefix, body]))
      }),
    close: () => session.destroy(),
  }
}
