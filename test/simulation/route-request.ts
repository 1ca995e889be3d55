import type { SidecarConfig } from '../../collector/config/config.ts'
import { findRoute } from '../../collector/config/find-route.ts'
import { createLearnedRefusals } from '../../collector/continuation/learned-refusals.ts'
import { protocolOf } from '../../collector/protocol/index.ts'
import { createBreakers } from '../../collector/routing/breakers.ts'
import type { Cancellation } from '../../collector/routing/cancellation.ts'
import type { ClientConnection } from '../../collector/routing/client.ts'
import type { Clock } from '../../collector/routing/clock.ts'
import { createRun } from '../../collector/routing/create-run.ts'
import type { Recorder } from '../../collector/routing/recorder.ts'
import type { Router } from '../../collector/routing/request-run.ts'
import { createRetryBudget } from '../../collector/routing/retry-budget.ts'
import { runChain } from '../../collector/routing/run-chain.ts'
import { createStateHomes } from '../../collector/routing/state-homes.ts'
import { createTokens } from '../../collector/upstream/tokens.ts'
import type { UpstreamClient } from '../../collector/upstream/send.ts'
import type { Api } from '../../collector/vocabulary.ts'

/** The router as `collector/main.ts` wires it, with a network of the test's own. */
export function createSimulatedRouter(
  config: SidecarConfig,
  clock: Clock,
  upstream: UpstreamClient,
): Router {
  return {
    config,
    clock,
    upstream,
    breakers: createBreakers(config),
    budget: createRetryBudget(config.retry),
    learned: createLearnedRefusals(),
    stateHomes: createStateHomes(),
    tokens: createTokens(clock),
  }
}

export interface RoutedBody {
  readonly api: Api
  /** Of a request for the route `asked`. */
  readonly body: object
  readonly connection: ClientConnection
  readonly cancellation: Cancellation
  readonly recorder: Recorder
}

/** Serves one request, as `collector/server` would once it has read it. */
export function routeRequest(router: Router, routed: RoutedBody): Promise<void> {
  const { api, connection, cancellation, recorder } = routed
  const protocol = protocolOf(api)
  const parsed = protocol.parseRequest(new TextEncoder().encode(JSON.stringify(routed.body)))
  if (parsed.kind === 'invalid') throw new Error(parsed.message)
  const route = findRoute(router.config.routes, 'asked')
  if (route === undefined) throw new Error('no route is named "asked"')
  const run = createRun(router, connection, {
    request: parsed.request,
    route,
    protocol,
    clientHeaders: {},
    cancellation,
    recorder: recorder.startRequest({ api, path: '/' }),
    startMs: router.clock.now(),
  })
  return runChain(run)
}
