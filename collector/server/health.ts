import type { FastifyInstance } from 'fastify'
import type { Metrics } from './metrics.ts'

export interface HealthOptions {
  readonly isDraining: () => boolean
  readonly metrics: Metrics
}

/**
 * `/livez`: the process answers. `/readyz`: it takes requests. Neither asks the analyzer or a
 * provider: a router that serves must not be taken out because its telemetry or a target is down.
 */
export function registerHealth(app: FastifyInstance, options: HealthOptions): void {
  const probe = { config: { isProbe: true } }
  app.get('/livez', probe, () => ({ status: 'ok' }))
  app.get('/readyz', probe, (_request, reply) => {
    if (!options.isDraining()) return { status: 'ok' }
    void reply.code(503)
    return { status: 'draining' }
  })
  app.get('/metrics', (_request, reply) => {
    void reply.type('text/plain; version=0.0.4; charset=utf-8')
    return options.metrics.render()
  })
}
