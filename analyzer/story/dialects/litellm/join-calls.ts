import { fallbacksOf, routesOfModel, type RouterConfig } from '../../router-config.ts'
import { JOIN_OVERLAP_NS, JOIN_WINDOW_NS } from '../../join-window.ts'
import type { Attributes, AttributeValue } from '../../span.ts'
import type { Call } from './call.ts'
import type { JoinedCalls, LooseCall } from './read-calls.ts'
import type { Pick } from './reading.ts'

export interface LoosePick extends Pick {
  readonly atNs: bigint
  readonly resource: Attributes
}

export interface JoinInput {
  readonly calls: readonly LooseCall[]
  readonly picks: readonly LoosePick[]
  readonly config: RouterConfig | undefined
  /** There were more traces beside these than could be looked at. */
  readonly crowded: boolean
}

/**
 * Puts the attempts of one request together that a router in process exported as traces of their
 * own. Nothing in the spans joins them, so only explicit evidence does: the same process, a route
 * edge, the same first user message where it is known, at most half a second between them, and no
 * other candidate on either side.
 */
export function joinCalls({ calls, picks, config, crowded }: JoinInput): readonly JoinedCalls[] {
  const after = new Map<LooseCall, readonly LooseCall[]>()
  const nearest = new Map<LooseCall, readonly LooseCall[]>()
  const before = new Map<LooseCall, LooseCall[]>()
  for (const call of calls) {
    after.set(
      call,
      calls.filter((other) => other !== call && follows(other, call, { picks, config })),
    )
  }
  for (const [call, all] of after) {
    // A later hop follows the first attempt too: the attempt between them explains it.
    const next = all.filter(
      (other) => !all.some((between) => after.get(between)?.includes(other) === true),
    )
    nearest.set(call, next)
    for (const other of next) before.set(other, [...(before.get(other) ?? []), call])
  }
  const link = (call: LooseCall): LooseCall | undefined => {
    const [next, ...more] = nearest.get(call) ?? []
    return next !== undefined && more.length === 0 && before.get(next)?.length === 1
      ? next
      : undefined
  }
  const linked = new Set(calls.map(link).filter((next) => next !== undefined))
  return calls
    .filter((call) => !linked.has(call))
    .map((first) => chainFrom(first, { link, after: nearest, before, picks, crowded }))
}

interface Links {
  readonly link: (call: LooseCall) => LooseCall | undefined
  readonly after: ReadonlyMap<LooseCall, readonly LooseCall[]>
  readonly before: ReadonlyMap<LooseCall, readonly LooseCall[]>
  readonly picks: readonly LoosePick[]
  readonly crowded: boolean
}

function chainFrom(first: LooseCall, { link, after, before, picks, crowded }: Links): JoinedCalls {
  const parts = [first]
  for (let next = link(first); next !== undefined && !parts.includes(next); next = link(next)) {
    parts.push(next)
  }
  const last = parts.at(-1) ?? first
  return {
    parts,
    picks: picks.filter((pick) => parts.some((part) => isNear(pick, part))),
    ambiguous:
      (before.get(first) ?? []).length > 0 ||
      (after.get(last) ?? []).length > 0 ||
      (crowded && last.calls.at(-1)?.failed === true),
  }
}

interface Routing {
  readonly picks: readonly LoosePick[]
  readonly config: RouterConfig | undefined
}

function follows(later: LooseCall, earlier: LooseCall, routing: Routing): boolean {
  const failed = earlier.calls.at(-1)
  const next = later.calls[0]
  if (failed === undefined || next === undefined || !failed.failed) return false
  const gap = next.startNs - failed.endNs
  return (
    gap >= -JOIN_OVERLAP_NS &&
    gap <= JOIN_WINDOW_NS &&
    next.endNs >= failed.endNs &&
    next.span.scope.version === failed.span.scope.version &&
    (next.api === undefined || failed.api === undefined || next.api === failed.api) &&
    (next.userHash === undefined ||
      failed.userHash === undefined ||
      next.userHash === failed.userHash) &&
    sameResource(next.span.resource, failed.span.resource) &&
    isEdge(failed, next, routing)
  )
}

/** Whether the router may go from one to the other, by its own words or by its config. */
function isEdge(failed: Call, next: Call, { picks, config }: Routing): boolean {
  const to = new Set(routesOf(next, config))
  if (
    picks.some(
      (pick) => pick.reason === 'fallback' && to.has(pick.route) && isBetween(pick, failed, next),
    )
  ) {
    return true
  }
  if (config === undefined || isSameTarget(failed, next)) return false
  const from = routesOf(failed, config)
  return [...to].some((target) => {
    if (from.some((route) => fallbacksOf(config, route).includes(target))) return true
    // Both were labelled with the fallback's name, or both are hops of one chain.
    return [...config.routes.keys()].some((route) => {
      const chain = fallbacksOf(config, route)
      const position = chain.indexOf(target)
      return (
        position >= 0 &&
        from.some((one) => chain.indexOf(one) >= 0 && chain.indexOf(one) <= position)
      )
    })
  })
}

/**
 * The caller's own second try looks like this too. What failed while it was read, though, is never
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

/** By label, by deployment and by model: any of them may have been overwritten. */
function routesOf(call: Call, config: RouterConfig | undefined): readonly string[] {
  const byModel = [call.deployment, call.model].flatMap((model) =>
    config === undefined || model === undefined ? [] : routesOfModel(config, model),
  )
  return call.group === undefined ? byModel : [call.group, ...byModel]
}

function isBetween(pick: LoosePick, failed: Call, next: Call): boolean {
  return (
    pick.atNs >= failed.startNs &&
    pick.atNs <= next.endNs &&
    sameResource(pick.resource, next.span.resource)
  )
}

function isNear(pick: LoosePick, { calls }: LooseCall): boolean {
  return calls.some(
    (call) =>
      pick.atNs >= call.startNs - JOIN_WINDOW_NS &&
      pick.atNs <= call.endNs + JOIN_WINDOW_NS &&
      sameResource(pick.resource, call.span.resource),
  )
}

/** The same process, as far as its resource tells (`service.instance.id` since OTel 1.45). */
function sameResource(left: Attributes, right: Attributes): boolean {
  if (left === right) return true
  if (left.size !== right.size) return false
  for (const [key, value] of left) if (!sameValue(value, right.get(key))) return false
  return true
}

function sameValue(left: AttributeValue, right: AttributeValue | undefined): boolean {
  if (typeof left !== 'object' || left === null) return left === right
  return JSON.stringify(left, plain) === JSON.stringify(right, plain)
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
