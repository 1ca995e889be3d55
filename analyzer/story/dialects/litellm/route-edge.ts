import { fallbacksOf, routesOfModel, type RouterConfig } from '../../router-config.ts'
import type { Call } from './call.ts'

/**
 * Whether the router goes from one attempt to the other: `maybe` where nothing is known about its
 * routes. Labels may have been overwritten, so deployment and model have a say as well.
 */
export function routeEdge(
  failed: Call,
  next: Call,
  config: RouterConfig | undefined,
): 'yes' | 'no' | 'maybe' {
  if (isSameTarget(failed, next)) return 'no'
  if (config === undefined) return 'maybe'
  const from = routesOf(failed, config)
  const to = routesOf(next, config)
  const isEdge = to.some(
    (target) =>
      from.some((route) => fallbacksOf(config, route).includes(target)) ||
      [...config.routes.keys()].some((route) =>
        isLaterHop(fallbacksOf(config, route), { from, target }),
      ),
  )
  return isEdge ? 'yes' : 'no'
}

/** By label, by deployment and by model: any of them may have been overwritten. */
export function routesOf(call: Call, config: RouterConfig | undefined): readonly string[] {
  const byModel = [call.deployment, call.model].flatMap((model) =>
    config === undefined || model === undefined ? [] : routesOfModel(config, model),
  )
  return call.group === undefined ? byModel : [call.group, ...byModel]
}

/** Two hops of one chain; or both were labelled with the fallback's name. */
function isLaterHop(
  chain: readonly string[],
  { from, target }: { readonly from: readonly string[]; readonly target: string },
): boolean {
  const position = chain.indexOf(target)
  return (
    position >= 0 &&
    from.some((route) => {
      const earlier = chain.indexOf(route)
      return earlier >= 0 && earlier <= position
    })
  )
}

/**
 * The caller's own second try looks like this. What failed while it was read, though, is never
 * retried on the same target: there the label was overwritten.
 */
function isSameTarget(failed: Call, next: Call): boolean {
  return (
    failed.error?.whileReading !== true &&
    failed.group === next.group &&
    failed.deployment === next.deployment &&
    failed.model === next.model
  )
}
