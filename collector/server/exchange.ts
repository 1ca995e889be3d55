import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RequestStart } from '../routing/recorder.ts'
import type { Api } from '../vocabulary.ts'

/** One HTTP exchange with a client. */
export interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** What a request's span starts with; the path is the route's, never the client's own text. */
export function requestStart(api: Api, request: FastifyRequest): RequestStart {
  const { traceparent } = request.headers
  return {
    api,
    path: request.routeOptions.url ?? '/',
    ...(typeof traceparent === 'string' && { traceparent }),
  }
}
