import type { EncoderContext } from '../protocol/protocol.ts'
import type { ClientConnection } from './client.ts'
import type { RequestRun, RoutedRequest, Router } from './request-run.ts'
import type { Chain } from './resolve-chain.ts'
import type { Home } from './state-homes.ts'
import { randomBytes } from 'node:crypto'
import { createClientStream } from '../continuation/create-client-stream.ts'
import { ClientResponse } from './client-response.ts'
import { resolveChain, withOwnFallbacks } from './resolve-chain.ts'
import { isSameHome } from './state-homes.ts'

/** Opens one request's run: its chain, its response and, where it streams, its spliced stream. */
export function createRun(
  router: Router,
  connection: ClientConnection,
  routed: RoutedRequest,
): RequestRun {
  const { config, clock } = router
  const nowSeconds = () => Math.floor(clock.wallNow() / 1000)
  const encoderContext: EncoderContext = {
    request: routed.request,
    createdSeconds: nowSeconds(),
    nowSeconds,
    createId: (prefix) => prefix + randomBytes(12).toString('hex'),
  }
  const { features, options } = routed.request
  const chain = resolveChain(withOwnFallbacks(routed.route, options), config, () => clock.random())
  const run: RequestRun = {
    router,
    encoderContext,
    chain,
    stateHome: homeWithin(chain, router.stateHomes.homeOf(features.stateIds ?? [])),
    response: new ClientResponse({
      connection,
      clock,
      headers: () => responseHeaders(run),
      headerHoldMs: config.headerHoldMs,
      keepAliveMs: config.keepAliveMs,
    }),
    clientStream: routed.request.stream
      ? createClientStream({
          bufferBytesMax: config.limits.streamBufferBytesMax,
          ...encoderContext,
        })
      : undefined,
    attempts: 0,
    asked: new Set(),
    firstTarget: undefined,
    target: undefined,
    droppedFields: [],
    failures: [],
    skipped: new Map(),
    servedByOther: false,
    timeToFirstContentMs: undefined,
    bills: [],
    ...routed,
  }
  router.budget.countRequest(clock.now())
  if (routed.request.stream) run.response.hold()
  return run
}

/** A home that no target of the chain is at says nothing of where this request may go. */
function homeWithin(chain: Chain, home: Home | undefined): Home | undefined {
  if (home === undefined) return undefined
  return [...chain.own, ...chain.fallbacks].some((target) => isSameHome(target, home))
    ? home
    : undefined
}

/** What every response tells of its way here, as known when its head goes out. */
function responseHeaders(run: RequestRun): Readonly<Record<string, string>> {
  return {
    'x-secondwind-trace-id': run.recorder.traceId,
    'x-secondwind-attempts': String(run.attempts),
    ...(run.target !== undefined && { 'x-secondwind-deployment': headerValue(run.target.id) }),
    ...(run.droppedFields.length > 0 && {
      'x-secondwind-dropped': headerValue(run.droppedFields.join(', ')),
    }),
    traceparent: run.recorder.traceparent,
  }
}

/** Deployment names are the operator's own and may hold what a header may not. */
function headerValue(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/g, '?')
}
