import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyInstance } from 'fastify'
import type { SidecarConfig } from '../config/config.ts'
import type { Api } from '../vocabulary.ts'
import type { Exchange } from './exchange.ts'
import type { Metrics } from './metrics.ts'
import type { Rejection } from './reject.ts'
import type { Service } from './serve-request.ts'
import fastify from 'fastify'
import { APIS } from '../vocabulary.ts'
import { createAllowHost } from './allow-host.ts'
import { createAuthenticate } from './authenticate.ts'
import { registerHealth } from './health.ts'
import { modelList } from './model-list.ts'
import { API_PATHS, apiOfPath, isStoredResponse, methodOf, MODELS_PATHS, SERVED } from './paths.ts'
import { readRest } from './read-rest.ts'
import { errorBody, rejectWith } from './reject.ts'
import { serveRequest } from './serve-request.ts'

export interface ServerOptions extends Service {
  readonly metrics: Metrics
}

/** A header that trickles in is an attack; a real client sends its own in one packet. */
const HEADERS_TIMEOUT_MS = 10_000
/** For the largest body that is allowed, at 1 MiB/s. */
const REQUEST_TIMEOUT_MS = 32_000
/** Node looks for late requests this often; its default of 30 s makes the limits above a minute. */
const SWEEP_MS = 1000
/** Longer than the keep-alive of load balancers in front, so that they close first. */
const KEEP_ALIVE_MS = 75_000

/**
 * Builds the listener. Model calls write to the raw response; Fastify routes, reads and rejects.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const { config } = options.router
  const app = fastify({
    bodyLimit: config.limits.requestBodyBytesMax,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: SWEEP_MS },
    exposeHeadRoutes: false,
    // Ours: a request during draining is told so in its own protocol.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      refuse({ request, reply }, toRejection(error, apiOfPath(request.url)))
    },
  })
  app.server.maxConnections = config.limits.connectionsMax
  app.server.on('drop', () => options.metrics.countRefusedConnection())
  app.server.on('connect', refuseTunnel)
  readBodiesAsBytes(app)
  guard(app, options)
  for (const api of APIS) {
    for (const path of API_PATHS[api]) {
      app.post(path, { config: { api } }, (request, reply) =>
        serveRequest(options, api, { request, reply }),
      )
    }
  }
  for (const path of MODELS_PATHS) app.get(path, () => modelList(config))
  registerHealth(app, options)
  app.setNotFoundHandler((request, reply) =>
    refuse({ request, reply }, notFound(request.url, request.method)),
  )
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { api } = request.routeOptions.config
    const exchange: Exchange = { request, reply }
    if (api === undefined) {
      refuse(exchange, toRejection(error, apiOfPath(request.url)))
    } else if (error.statusCode === 413) {
      readRest(exchange)
      rejectWith(options.recorder, exchange, tooLarge(api, config.limits))
    } else {
      rejectWith(options.recorder, exchange, toRejection(error, api))
    }
  })
  return app
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on model calls: their rejections are recorded. */
    api?: Api
    /** Set on what a supervisor must reach whatever the key and the Host. */
    isProbe?: boolean
  }
}

/** Node would close the connection without a word. */
function refuseTunnel(_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => socket.destroy())
  socket.end('HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
}

/** The body is kept as it came: parsed by its protocol, and sent again as often as it takes. */
function readBodiesAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
}

/** Everything that is checked before a body is read. */
function guard(app: FastifyInstance, options: ServerOptions): void {
  const { listen, clientKey } = options.router.config
  const allowHost = createAllowHost(listen)
  const authenticate = createAuthenticate(clientKey)
  app.addHook('onRequest', (request, reply, done) => {
    const { api, isProbe } = request.routeOptions.config
    const exchange: Exchange = { request, reply }
    const rejection = isProbe === true ? undefined : check()
    if (rejection === undefined) done()
    else if (api === undefined) refuse(exchange, rejection)
    else rejectWith(options.recorder, exchange, rejection)

    function check(): Rejection | undefined {
      const of = api ?? apiOfPath(request.url)
      if (!allowHost(request.headers.host)) return wrongHost(of)
      if (!authenticate(request.headers)) return wrongKey(of)
      if (isEncoded(request.headers['content-encoding'])) return encoded(of)
      return options.isDraining() ? draining(of) : undefined
    }
  })
}

function wrongHost(api: Api): Rejection {
  return {
    api,
    statusCode: 421,
    message:
      'this Host is not served here; call the router as localhost or 127.0.0.1, or start it with --allowed-host NAME',
  }
}

function wrongKey(api: Api): Rejection {
  return {
    api,
    statusCode: 401,
    code: 'invalid_api_key',
    message:
      "the key is missing or wrong; send the router's own key (general_settings.master_key or --auth-token-file) as `Authorization: Bearer` or `x-api-key`",
    headers: { 'www-authenticate': 'Bearer' },
  }
}

function isEncoded(contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity'
}

/** RFC 9110 15.5.16: 415 names in `accept-encoding` what would be read. */
function encoded(api: Api): Rejection {
  return {
    api,
    statusCode: 415,
    message: 'a compressed request body is not read here; send it without content-encoding',
    headers: { 'accept-encoding': 'identity' },
  }
}

function draining(api: Api): Rejection {
  return {
    api,
    statusCode: 503,
    message: 'the router is shutting down; send the request again',
    headers: { connection: 'close', 'retry-after': '1' },
  }
}

function notFound(url: string, method: string): Rejection {
  const path = url.split('?', 1)[0] ?? ''
  const allowed = methodOf(path)
  const api = apiOfPath(path)
  if (allowed !== undefined) {
    return {
      api,
      statusCode: 405,
      message: `${path} is served with ${allowed}, not with ${method}`,
      headers: { allow: allowed },
    }
  }
  if (isStoredResponse(path)) {
    return {
      api,
      statusCode: 404,
      code: 'not_served',
      message:
        'Secondwind keeps no responses: nothing below /v1/responses is served here. Ask the provider that made the response, with its own key; new ones are made with POST /v1/responses',
    }
  }
  return { api, statusCode: 404, message: `nothing is served at this path; there is ${SERVED}` }
}

function tooLarge(api: Api, { requestBodyBytesMax }: SidecarConfig['limits']): Rejection {
  const limit = `${requestBodyBytesMax} bytes of \`secondwind.limits.request_body_bytes_max\``
  return { api, statusCode: 413, message: `the request body is over the ${limit}` }
}

/** What Fastify refuses by itself: bodies of another type, malformed addresses. */
function toRejection(error: FastifyError, api: Api): Rejection {
  if (error.statusCode === 415) {
    return { api, statusCode: 415, message: 'the request body must be `application/json`' }
  }
  const statusCode = error.statusCode ?? 500
  return statusCode < 500
    ? { api, statusCode, message: error.message }
    : { api, statusCode: 500, message: 'the router failed; its log says why' }
}

/** Answers what is no model call: nothing of it is recorded, for anybody can send any path. */
function refuse({ reply }: Exchange, rejection: Rejection): void {
  void reply
    .code(rejection.statusCode)
    .headers({ 'content-type': 'application/json; charset=utf-8', ...rejection.headers })
    .send(errorBody(rejection))
}
