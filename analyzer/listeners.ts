import type { Server } from 'node:http'

import type { FastifyInstance } from 'fastify'

import { listen, toListenError, urlOf } from './api/listen.ts'
import { countConnections, type Connections } from './ingest/receive/connection-count.ts'
import { createOtlpGrpcServer } from './ingest/receive/otlp-grpc.ts'
import { createOtlpHttpServer } from './ingest/receive/otlp-http.ts'
import type { ReceiverOptions } from './ingest/receive/receiver.ts'

/** What listens: its real address, and how it is ended. */
export interface Listener {
  readonly url: string
  stop(): Promise<void>
}

export interface ListenAt {
  readonly host: string
  /** 0 lets the system pick. */
  readonly port: number
}

export interface OtlpListener extends Listener {
  readonly connections: () => Connections
}

/** For requests that are under way when the analyzer stops. */
const STOP_MS = 5000

export async function startOtlpHttp(
  receiver: ReceiverOptions,
  { host, port }: ListenAt,
): Promise<OtlpListener> {
  const server = createOtlpHttpServer(receiver)
  const connections = countConnections(server)
  await listen(server, { host, port, flag: '--otlp-http-port' })
  return { url: urlOf(server, host), connections, stop: () => closeServer(server) }
}

export async function startOtlpGrpc(
  receiver: ReceiverOptions,
  { host, port }: ListenAt,
): Promise<OtlpListener> {
  const { server, stop } = createOtlpGrpcServer(receiver)
  const connections = countConnections(server)
  await listen(server, { host, port, flag: '--otlp-grpc-port' })
  return { url: urlOf(server, host), connections, stop: () => stop(STOP_MS) }
}

export async function startApi(api: FastifyInstance, { host, port }: ListenAt): Promise<Listener> {
  try {
    await api.listen({ host, port })
  } catch (error: unknown) {
    throw toListenError(error, { host, port, flag: '--port' })
  }
  return { url: urlOf(api.server, host), stop: async () => api.close() }
}

/** Takes no new connection and lets running requests end, for a while. */
async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), STOP_MS)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}
