import type { SidecarConfig } from './config/config.ts'
import type { Clock } from './routing/clock.ts'
import type { Telemetry } from './routing/recorder.ts'
import type { Router } from './routing/request-run.ts'
import type { Log } from './telemetry/log.ts'
import type { BreakerState } from './vocabulary.ts'
import { createLearnedRefusals } from './continuation/learned-refusals.ts'
import { createBreakers } from './routing/breakers.ts'
import { systemClock } from './routing/clock.ts'
import { createRetryBudget } from './routing/retry-budget.ts'
import { createStateHomes } from './routing/state-homes.ts'
import { createMetrics } from './server/metrics.ts'
import { createServer } from './server/create-server.ts'
import { RunningRequests } from './server/running-requests.ts'
import { createTokens } from './upstream/tokens.ts'
import { createUpstreamClient } from './upstream/send.ts'

/** What the sidecar is built from; reading files, flags and the environment is done before. */
export interface SidecarOptions {
  readonly config: SidecarConfig
  readonly telemetry: Telemetry
  /** Of the program, for `/metrics`. */
  readonly version?: string
  /** Where a defect of ours is told; a request that meets one fails alone. */
  readonly log?: Log
  /** For tests; the system's own where it is absent. */
  readonly clock?: Clock
}

export interface Sidecar {
  /** With the real port, where the configuration asked for port 0. */
  readonly url: string
  readonly port: number
  /**
   * Refuses new requests, lets running ones finish for `config.drainMs`, ends what is left with the
   * in-band error (never a terminal), then flushes telemetry. Calling it again hurries: at once.
   */
  stop(): Promise<void>
}

/** Spans of the last requests; longer would hold up whoever waits for the process to end. */
const FLUSH_MS = 2000

/** How long a client may take to read the end of its answer once the router is done. */
const LAST_BYTES_MS = 1000

/** Starts the sidecar; rejects with the listener's own error (`EADDRINUSE` …) where it cannot. */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { config, telemetry } = options
  const clock = options.clock ?? systemClock
  const router: Router = {
    config,
    clock,
    upstream: createUpstreamClient(),
    breakers: createBreakers(config),
    budget: createRetryBudget(config.retry),
    learned: createLearnedRefusals(),
    tokens: createTokens(clock),
    stateHomes: createStateHomes(),
  }
  const metrics = createMetrics({
    telemetry,
    version: options.version ?? 'unknown',
    breakers: () => breakerStates(router),
  })
  const running = new RunningRequests(clock)
  const app = createServer({
    router,
    recorder: metrics.recorder,
    metrics,
    running,
    log: options.log,
    isDraining: () => running.isDraining,
  })
  await app.listen({ host: config.listen.host, port: config.listen.port })
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.listen.port
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    const drained = running.drain(config.drainMs)
    // Connections close as they fall idle, instead of waiting for a next request.
    app.server.keepAliveTimeout = 1
    const closed = app.close()
    await drained
    const cancelTimer = clock.setTimer(LAST_BYTES_MS, () => app.server.closeAllConnections())
    await closed
    cancelTimer()
    await router.upstream.close()
    await telemetry.stop(FLUSH_MS)
  }
  return {
    url: `http://${hostOf(config.listen.host)}:${port}`,
    port,
    stop() {
      if (stopping !== undefined) running.hurry()
      stopping ??= stop()
      return stopping
    },
  }
}

function* breakerStates({ config, breakers }: Router): Iterable<readonly [string, BreakerState]> {
  for (const route of config.routes.values()) {
    for (const { id } of route.deployments) yield [id, breakers.of(id).state]
  }
}

/** An address with colons needs brackets in a URL; all interfaces are reached by loopback. */
function hostOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
