import type { FailureReason } from '../../../../collector/vocabulary.ts'
import { JOIN_OVERLAP_NS, JOIN_WINDOW_NS } from '../../join-window.ts'
import { retriesOf, type RouterConfig } from '../../router-config.ts'
import type { Attributes } from '../../span.ts'
import type { Call } from './call.ts'
import type { JoinedCalls, LooseCall } from './read-calls.ts'
import type { Pick } from './reading.ts'
import { routeEdge, routesOf } from './route-edge.ts'
import { sameResource } from './same-resource.ts'
import { TimeIndex } from './time-index.ts'

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
 * other candidate on either side. What could be joined but is not for lack of evidence is
 * ambiguous.
 */
export function joinCalls(input: JoinInput): readonly JoinedCalls[] {
  const { calls, config, crowded } = input
  const picks = new TimeIndex(input.picks, (pick) => pick.atNs)
  const followers = findFollowers(calls, { picks, config })
  const before = new Map<LooseCall, LooseCall[]>()
  for (const [call, { sure, possible }] of followers) {
    for (const other of [...sure, ...possible]) {
      const known = before.get(other)
      if (known === undefined) before.set(other, [call])
      else known.push(call)
    }
  }
  const link = (call: LooseCall): LooseCall | undefined => {
    const { sure = [], possible = [] } = followers.get(call) ?? {}
    const [next, ...more] = sure
    return next !== undefined &&
      more.length + possible.length === 0 &&
      before.get(next)?.length === 1
      ? next
      : undefined
  }
  const linked = new Set(calls.map(link).filter((next) => next !== undefined))
  return calls
    .filter((call) => !linked.has(call))
    .map((first) => {
      const parts = chainFrom(first, link)
      const last = parts.at(-1) ?? first
      const { sure = [], possible = [] } = followers.get(last) ?? {}
      return {
        parts,
        picks: parts.flatMap((part) => picksNear(part, picks)),
        ambiguous:
          (before.get(first) ?? []).length > 0 ||
          sure.length + possible.length > 0 ||
          endsOpen(last, { crowded, config }),
      }
    })
}

interface Followers {
  readonly sure: readonly LooseCall[]
  readonly possible: readonly LooseCall[]
}

interface Routing {
  readonly picks: TimeIndex<LoosePick>
  readonly config: RouterConfig | undefined
}

function findFollowers(
  calls: readonly LooseCall[],
  routing: Routing,
): ReadonlyMap<LooseCall, Followers> {
  const index = new TimeIndex(calls, (call) => call.calls[0]?.startNs ?? 0n)
  const all = new Map<LooseCall, Followers>()
  for (const call of calls) {
    const failed = call.calls.at(-1)
    if (failed?.failed !== true) continue
    const near = index
      .between(failed.endNs - JOIN_OVERLAP_NS, failed.endNs + JOIN_WINDOW_NS)
      .filter((other) => other !== call)
      .map((other) => ({ other, edge: edgeTo(other, failed, routing) }))
    all.set(call, {
      sure: near.filter(({ edge }) => edge === 'yes').map(({ other }) => other),
      possible: near.filter(({ edge }) => edge === 'maybe').map(({ other }) => other),
    })
  }
  return new Map([...all].map(([call, found]) => [call, nearest(found, all)]))
}

/** LiteLLM's `max_fallbacks` is 5: where more could follow, they are requests of their own. */
const HOPS_MAX = 8

/** A later hop follows the first attempt too: the attempt between them explains it. */
function nearest(found: Followers, all: ReadonlyMap<LooseCall, Followers>): Followers {
  if (found.sure.length > HOPS_MAX) return found
  const explained = new Set(found.sure.flatMap((between) => all.get(between)?.sure ?? []))
  const isExplained = (other: LooseCall): boolean => explained.has(other)
  return {
    sure: found.sure.filter((other) => !isExplained(other)),
    possible: found.possible.filter((other) => !isExplained(other)),
  }
}

function edgeTo(later: LooseCall, failed: Call, routing: Routing): 'yes' | 'no' | 'maybe' {
  const next = later.calls[0]
  if (next === undefined || next.endNs < failed.endNs || !mayBeOneRequest(failed, next)) return 'no'
  const told = routing.picks
    .between(failed.startNs, next.endNs)
    .some(
      (pick) =>
        pick.reason === 'fallback' &&
        routesOf(next, routing.config).includes(pick.route) &&
        sameResource(pick.resource, next.span.resource),
    )
  return told ? 'yes' : routeEdge(failed, next, routing.config)
}

function mayBeOneRequest(failed: Call, next: Call): boolean {
  return (
    next.span.scope.version === failed.span.scope.version &&
    agree(next.api, failed.api) &&
    agree(next.userHash, failed.userHash) &&
    sameResource(next.span.resource, failed.span.resource)
  )
}

function agree(left: string | undefined, right: string | undefined): boolean {
  return left === undefined || right === undefined || left === right
}

function chainFrom(
  first: LooseCall,
  link: (call: LooseCall) => LooseCall | undefined,
): readonly LooseCall[] {
  const parts = [first]
  for (let next = link(first); next !== undefined && !parts.includes(next); next = link(next)) {
    parts.push(next)
  }
  return parts
}

function picksNear({ calls }: LooseCall, picks: TimeIndex<LoosePick>): readonly LoosePick[] {
  return calls.flatMap((call) =>
    picks
      .between(call.startNs - JOIN_WINDOW_NS, call.endNs + JOIN_WINDOW_NS)
      .filter((pick) => sameResource(pick.resource, call.span.resource)),
  )
}

/**
 * A failure after which the request may have gone on out of sight: the router waits before it asks
 * the same route again, for up to a minute, and then exports a trace that nothing ties to this one.
 */
function endsOpen(
  { calls }: LooseCall,
  { crowded, config }: { readonly crowded: boolean; readonly config: RouterConfig | undefined },
): boolean {
  const last = calls.at(-1)
  if (last?.failed !== true) return false
  if (crowded) return true
  const { error } = last
  if (error?.whileReading === true || !RETRIED.has(error?.reason ?? 'server-error')) return false
  if (config === undefined) return true
  const [route] = routesOf(last, config)
  return ((route === undefined ? config.numRetries : retriesOf(config, route)) ?? 0) > 0
}

const RETRIED: ReadonlySet<FailureReason> = new Set([
  'rate-limited',
  'overloaded',
  'server-error',
  'connection',
  'timeout-connect',
  'timeout-idle',
])
