import type { Api } from '../vocabulary.ts'
import type { Recorder } from '../routing/recorder.ts'
import type { RoutedRequest, Router } from '../routing/request-run.ts'
import type { ClientRequest, RequestOptions } from '../protocol/protocol.ts'
import type { HeaderOptions } from '../protocol/litellm-headers.ts'
import type { Log } from '../telemetry/log.ts'
import type { Exchange } from './exchange.ts'
import type { RunningRequests } from './running-requests.ts'
import { findRoute } from '../config/find-route.ts'
import { protocolOf } from '../protocol/index.ts'
import { readHeaderOptions } from '../protocol/litellm-headers.ts'
import { Cancellation } from '../routing/cancellation.ts'
import { createRun } from '../routing/create-run.ts'
import { conclude } from '../routing/conclude.ts'
import { runChain } from '../routing/run-chain.ts'
import { requestStart } from './exchange.ts'
import { createHttpConnection } from './http-connection.ts'
import { rejectWith } from './reject.ts'

export interface Service {
  readonly router: Router
  readonly recorder: Recorder
  /** Requests that run now; draining ends what is left of them. */
  readonly running: RunningRequests
  readonly isDraining: () => boolean
  readonly log: Log | undefined
}

/** Names of routes that an error lists; beyond that a list helps nobody. */
const ROUTES_LISTED_MAX = 20

/** Serves one model call: reads it, finds its route, and runs its chain on the raw response. */
export async function serveRequest(service: Service, api: Api, exchange: Exchange): Promise<void> {
  const { router } = service
  const startMs = router.clock.now()
  const protocol = protocolOf(api)
  const { body } = exchange.request
  const parsed = protocol.parseRequest(body instanceof Uint8Array ? body : new Uint8Array(0))
  if (parsed.kind === 'invalid') {
    rejectWith(service.recorder, exchange, {
      api,
      statusCode: 400,
      message: parsed.message,
      ...(parsed.param !== undefined && { param: parsed.param }),
    })
    return
  }
  const route = findRoute(router.config.routes, parsed.request.route)
  if (route === undefined) {
    rejectWith(service.recorder, exchange, {
      api,
      statusCode: 404,
      message: unknownRoute(parsed.request.route, router),
      code: 'model_not_found',
      param: 'model',
    })
    return
  }
  const missing = findMissingRoute(router, parsed.request.options)
  if (missing !== undefined) {
    rejectWith(service.recorder, exchange, { api, statusCode: 400, ...missing })
    return
  }
  const byHeader = readHeaderOptions(exchange.request.headers)
  if (byHeader.kind === 'invalid') {
    const { message, param } = byHeader
    rejectWith(service.recorder, exchange, { api, statusCode: 400, message, param })
    return
  }
  const request = withOptions(parsed.request, byHeader.options)
  await run(service, exchange, { startMs, protocol, route, request })
}

/** As in LiteLLM, a header wins over the body's field. */
function withOptions(request: ClientRequest, options: HeaderOptions): ClientRequest {
  if (Object.keys(options).length === 0) return request
  return { ...request, options: { ...request.options, ...options } }
}

type Accepted = Pick<RoutedRequest, 'startMs' | 'protocol' | 'route' | 'request'>

async function run(service: Service, exchange: Exchange, accepted: Accepted): Promise<void> {
  const { request, reply } = exchange
  const { router } = service
  reply.hijack()
  const cancellation = new Cancellation()
  const connection = createHttpConnection(reply.raw, router.clock)
  connection.onGone(() => cancellation.cancel('client-gone'))
  if (connection.isGone) cancellation.cancel('client-gone')
  const recorder = service.recorder.startRequest(requestStart(accepted.request.api, request))
  service.running.add(cancellation)
  const chain = createRun(router, connection, {
    clientHeaders: request.headers,
    cancellation,
    recorder,
    ...accepted,
  })
  try {
    await runChain(chain)
  } catch (error: unknown) {
    // A defect of ours. Other streams go on; this one must not hang, nor look whole.
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    service.log?.error('a request met a defect of the router', {
      trace_id: recorder.traceId,
      stack,
    })
    conclude(chain, { kind: 'defect' })
  } finally {
    service.running.delete(cancellation)
    // Whatever happened, no client waits for an end that will not come.
    if (!reply.raw.writableEnded) reply.raw.destroy()
  }
}

/** A fallback that does not exist is told now, and not in the middle of an outage. */
function findMissingRoute(
  router: Router,
  options: RequestOptions,
): { readonly message: string; readonly param: string } | undefined {
  const lists = {
    fallbacks: options.fallbacks,
    context_window_fallbacks: options.contextWindowFallbacks,
    content_policy_fallbacks: options.contentPolicyFallbacks,
  }
  for (const [param, names] of Object.entries(lists)) {
    const missing = names?.find((name) => findRoute(router.config.routes, name) === undefined)
    if (missing !== undefined) {
      return { message: `\`${param}\`: ${unknownRoute(missing, router)}`, param }
    }
  }
  return undefined
}

function unknownRoute(name: string, router: Router): string {
  const known = [...router.config.routes.keys()]
  const listed = known.slice(0, ROUTES_LISTED_MAX).join(', ')
  const more = known.length > ROUTES_LISTED_MAX ? `, … (GET /v1/models lists all)` : ''
  return `no route is named "${name.slice(0, 128)}"; this router serves: ${listed}${more}`
}
