import { existsSync } from 'node:fs'
import { join } from 'node:path'

import fastifyStatic from '@fastify/static'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

import { PROMETHEUS_CONTENT_TYPE } from '../metrics/prometheus-text.ts'
import { ACTS_PATH, serveActs } from './act-route.ts'
import type { LiveFeed } from './live-feed.ts'
import { problem } from './problem.ts'
import { API, serveQueries } from './query-routes.ts'
import type { ApiAnswer, ApiQuery } from './query.ts'
import type { Readiness } from './readiness.ts'
import type { TokenVerdict } from './token-file.ts'
import type { WriteLog } from '../log.ts'

export interface ApiServerOptions {
  readonly ask: (query: ApiQuery) => Promise<ApiAnswer>
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>
  readonly readiness: () => Readiness
  readonly live: LiveFeed
  readonly admitsHost: (host: string | undefined) => boolean
  readonly authorise: (authorization: string | undefined) => TokenVerdict
  readonly dashboardDir: string
  readonly log: WriteLog
}

/** Nothing from elsewhere, nothing inline: no field of a span can become code (invariant I11). */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

/** The JSON API, the live feed, metrics and the page. One route changes something: acts. */
export async function createApiServer(options: ApiServerOptions): Promise<FastifyInstance> {
  const server = fastify({
    routerOptions: { maxParamLength: 200 },
    bodyLimit: 1024,
    requestTimeout: 30_000,
    forceCloseConnections: true,
  })
  // Forms and plain texts are what a page of another site can send: nothing here reads them.
  server.removeContentTypeParser('text/plain')
  guard(server, options)
  // Before any route: waiting for the page's files below gives those that are there their handler.
  server.setErrorHandler((error, _, reply) => {
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
    if (status >= 400 && status < 500) {
      const title = TITLES.get(status) ?? 'Bad request'
      return problem(reply, { status, title, detail: describe(error) })
    }
    options.log(`the API failed: ${error instanceof Error ? (error.stack ?? '') : ''}`, 'error')
    return problem(reply, {
      status: 500,
      title: 'Internal error',
      detail: 'The analyzer could not answer; its log says why.',
    })
  })
  server.get('/livez', () => ({ status: 'alive' }))
  server.get('/readyz', (_, reply) => {
    const readiness = options.readiness()
    switch (readiness.kind) {
      case 'ready':
        return { status: 'ready' }
      case 'starting':
        return notStarted(reply, readiness.detail)
      case 'not-ready':
        return problem(reply, {
          status: 503,
          title: 'Not ready',
          detail: 'The analyzer is stopping, or cannot judge: its log says why.',
        })
      default:
        return readiness satisfies never
    }
  })
  server.get('/metrics', async (_, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type(PROMETHEUS_CONTENT_TYPE)
      .send(await options.metrics()),
  )
  serveQueries(server, options.ask)
  serveActs(server, options.ask)
  serveLive(server, options)
  await servePage(server, options.dashboardDir)
  return server
}

function guard(server: FastifyInstance, options: ApiServerOptions): void {
  const { admitsHost, authorise } = options
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS)
    if (!admitsHost(request.headers.host)) {
      return problem(reply, {
        status: 421,
        title: 'Misdirected request',
        detail: 'This Host is not served here.',
        hint: 'Start the analyzer with --allowed-host NAME to serve it under another name.',
      })
    }
    if (request.url === '/livez' || request.url === '/readyz') return undefined
    if (authorise(request.headers.authorization) !== 'ok') {
      reply.header('www-authenticate', 'Basic realm="Secondwind", Bearer')
      return problem(reply, {
        status: 401,
        title: 'Token required',
        detail: 'This analyzer is protected by a token.',
        hint: 'Send it as "Authorization: Bearer …", or as the password when the browser asks.',
      })
    }
    const readiness = options.readiness()
    if (readiness.kind === 'starting' && request.url.startsWith(API)) {
      return notStarted(reply, readiness.detail)
    }
    return refuseMethod(request, reply)
  })
}

function notStarted(reply: FastifyReply, detail: string): FastifyReply {
  return problem(reply, { status: 503, title: 'Starting', detail })
}

function refuseMethod(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const isActs = ACTS_PATH.test(request.url)
  const allowed = isActs ? ['POST'] : ['GET', 'HEAD']
  if (allowed.includes(request.method)) return undefined
  reply.header('allow', allowed.join(', '))
  return problem(reply, {
    status: 405,
    title: 'Method not allowed',
    detail: isActs
      ? `${request.method} is not supported here: an act is sent with POST.`
      : `${request.method} is not supported here: this is only read.`,
  })
}

function serveLive(server: FastifyInstance, { live }: ApiServerOptions): void {
  server.get(`${API}/live`, (_, reply) => {
    reply.hijack()
    const response = reply.raw
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) response.setHeader(name, value)
    }
    response.setHeader('content-type', 'text/event-stream')
    response.setHeader('cache-control', 'no-store')
    // Proxies that collect answers would hold the feed back.
    response.setHeader('x-accel-buffering', 'no')
    if (live.add(response)) return
    response.statusCode = 503
    response.end()
  })
}

async function servePage(server: FastifyInstance, directory: string): Promise<void> {
  const built = existsSync(join(directory, 'index.html'))
  if (built) {
    await server.register(fastifyStatic, {
      root: directory,
      wildcard: false,
      setHeaders: (reply, path) => {
        // Assets carry a hash of their content in their names; the page itself does not.
        const lasting = path.includes('/assets/')
        reply.header('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
  }
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.replace(/\?.*$/su, '')
    if (path.startsWith('/api/') || /\.\w+$/u.test(path)) {
      return problem(reply, { status: 404, title: 'Not found', detail: 'There is nothing here.' })
    }
    // Any other path is one of the page's own, which finds out itself what it shows.
    if (built) return reply.header('cache-control', 'no-cache').sendFile('index.html')
    return problem(reply, {
      status: 404,
      title: 'The page is not built',
      detail: 'The API under /api/v1 works; the files of the page are missing.',
      hint: 'Run: npm run build',
    })
  })
}

const TITLES: ReadonlyMap<number, string> = new Map([
  [413, 'Too large'],
  [415, 'Not JSON'],
])

function describe(error: unknown): string {
  return error instanceof Error ? error.message : 'The request cannot be read.'
}
