import { chainsOf, routesOfModel, type RouterConfig } from '../../../router-config.ts'
import type { Call } from '../reading/call.ts'
import { isV2 } from '../span-kinds.ts'

export interface EdgeQuestion {
  readonly failed: Call
  readonly next: Call
  readonly config: RouterConfig | undefined
  /** Of the release that exported the failed one. */
  readonly minor: number | undefined
}

/**
 * Whether the router goes from one attempt to the other: `maybe` where nothing is known about its
 * routes. Labels may have been overwritten, so deployment and model have a say as well.
 */
export function routeEdge({ failed, next, config, minor }: EdgeQuestion): 'yes' | 'no' | 'maybe' {
  const relabels = mayRelabel(minor)
  if (isSameTarget(failed, next) && (!relabels || failed.error?.whileReading !== true)) return 'no'
  if (relabels && !wasRelabelled(failed, next)) return 'no'
  if (config === undefined) return 'maybe'
  const from = routesOf(failed, config)
  return targetsOf(next, config).some((target) => leadsTo({ from, target, relabels }, config))
    ? 'yes'
    : 'no'
}

export interface Edge {
  readonly from: readonly string[]
  readonly target: string
  /** Two hops may carry one name: the first was overwritten with the second's. */
  readonly relabels: boolean
}

/** Whether the router asks this target after one of these routes. */
export function leadsTo({ from, target, relabels }: Edge, config: RouterConfig): boolean {
  return (
    reachedFrom(from, config).has(target) ||
    [...config.routes.keys()].some((route) =>
      chainsOf(config, route).some((chain) => {
        const position = chain.indexOf(target)
        return from.some((one) => {
          const earlier = chain.indexOf(one)
          return earlier >= 0 && (earlier < position || (relabels && earlier === position))
        })
      }),
    )
  )
}

/** A fallback may fall back itself, and its own failed attempt need not have a span. */
function reachedFrom(from: readonly string[], config: RouterConfig): ReadonlySet<string> {
  const reached = new Set<string>()
  let next: readonly string[] = from
  for (let hop = 0; hop < HOPS_MAX && next.length > 0; hop += 1) {
    const targets = next.flatMap((route) => chainsOf(config, route).flat())
    next = targets.filter((target) => !reached.has(target))
    for (const target of next) reached.add(target)
  }
  return reached
}

/** `max_fallbacks` of LiteLLM. */
const HOPS_MAX = 5

/** By label, by deployment and by model: any of them may have been overwritten. */
export function routesOf(call: Call, config: RouterConfig | undefined): readonly string[] {
  const byModel = [call.deployment, call.model].flatMap((model) =>
    config === undefined || model === undefined ? [] : routesOfModel(config, model),
  )
  return call.group === undefined ? byModel : [call.group, ...byModel]
}

/** v1's model is that of the call itself, whatever was written over its other labels. */
function targetsOf(call: Call, config: RouterConfig): readonly string[] {
  const own = !isV2(call.span) && call.model !== undefined ? routesOfModel(config, call.model) : []
  return own.length > 0 ? own : routesOf(call, config)
}

/** Both attempts are written from one object that changes: from 1.85 to 1.97 (measured iv.3). */
export function mayRelabel(minor: number | undefined): boolean {
  return minor === undefined || (minor >= 85 && minor <= 97)
}

/**
 * In these releases what failed while it was read, and was followed by a fallback, carries the
 * fallback's name; on /v1/responses the fallback carries the name of what failed. Where neither is
 * so, none was asked, and what came next is a request of its own.
 */
function wasRelabelled(failed: Call, next: Call): boolean {
  if (failed.error?.whileReading !== true || failed.group === undefined) return true
  if (failed.group === next.group || failed.api === 'messages') return true
  const { deployment, model } = failed
  // Without the deployment nothing says that none was asked.
  return !isV2(failed.span) && deployment?.endsWith(`/${model}`) !== true
}

/**
 * The caller's own second try looks like this. What failed while it was read, though, is never
 * retried on the same target, in any release: where labels change, the first was overwritten.
 */
function isSameTarget(failed: Call, next: Call): boolean {
  return (
    failed.group === next.group &&
    failed.deployment === next.deployment &&
    failed.model === next.model
  )
}
