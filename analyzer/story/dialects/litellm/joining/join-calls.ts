import type { FailureReason } from '../../../../../collector/vocabulary.ts'
import { JOIN_OVERLAP_NS, JOIN_WINDOW_NS } from '../../../join-window.ts'
import { retriesOf, type RouterConfig } from '../../../router-config.ts'
import type { Span } from '../../../span.ts'
import type { Call } from '../reading/call.ts'
import type { JoinedCalls, LooseCall } from '../reading/read-calls.ts'
import type { Pick as RouterPick } from '../reading/reading.ts'
import { minorRelease } from '../reading/release.ts'
import { leadsTo, routeEdge, routesOf } from './route-edge.ts'
import { sameResource } from '../../../same-resource.ts'
import { TimeIndex } from './time-index.ts'

/** A pick of a deployment that stands in no request of a proxy. */
export interface LoosePick extends RouterPick {
  readonly span: Span
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
  const picks = new TimeIndex(input.picks, (pick) => pick.span.startTimeNs)
  const followers = findFollowers(calls, { picks, config })
  const before = beforeEach(followers)
  const link = (call: LooseCall): LooseCall | undefined => {
    const { sure, possible } = followers.get(call) ?? NONE
    const [next] = sure
    return next !== undefined && sure.size + possible.size === 1 && before.get(next)?.size === 1
      ? next
      : undefined
  }
  const linked = new Set(calls.map(link).filter((next) => next !== undefined))
  const chains = calls.filter((call) => !linked.has(call)).map((first) => chainFrom(first, link))
  const owned = assignPicks(input.picks, { chains, config })
  return chains.map((parts) => {
    const [first] = parts
    const last = parts.at(-1)
    const { sure, possible } = (last && followers.get(last)) ?? NONE
    const { own, shared } = owned.get(parts) ?? NO_PICKS
    return {
      parts,
      picks: own,
      ambiguous:
        ((first && before.get(first)?.size) ?? 0) > 0 ||
        sure.size + possible.size > 0 ||
        // Somebody's fallback was asked, and what came of it is not known.
        shared.some((pick) => !pick.refused) ||
        (last !== undefined && endsOpen(last, { crowded, config })),
    }
  })
}

/** Of one failed attempt. */
interface Followers {
  readonly sure: Set<LooseCall>
  readonly possible: Set<LooseCall>
}

const NONE: Followers = { sure: new Set(), possible: new Set() }

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
    const minor = minorRelease(call.spans)
    const sure = new Set<LooseCall>()
    const possible = new Set<LooseCall>()
    for (const other of index.between(
      failed.endNs - JOIN_OVERLAP_NS,
      failed.endNs + JOIN_WINDOW_NS,
    )) {
      const edge = other === call ? 'no' : edgeTo(other, { failed, minor, routing })
      if (edge === 'yes') sure.add(other)
      if (edge === 'maybe') possible.add(other)
    }
    all.set(call, { sure, possible })
  }
  dropLaterHops(all)
  return all
}

/**
 * A later hop follows the first attempt too. The attempt between them explains it, if that one is
 * nobody else's: then only the nearest is left.
 */
function dropLaterHops(all: ReadonlyMap<LooseCall, Followers>): void {
  const before = beforeEach(all)
  const inOrder = [...all.keys()].toSorted((left, right) => compareNs(endOf(left), endOf(right)))
  for (const call of inOrder) {
    const followers = all.get(call)
    if (followers === undefined) continue
    for (const between of [...followers.sure].toSorted(byStart)) {
      if (before.get(between)?.size !== 1) continue
      for (const later of all.get(between)?.sure ?? []) {
        if (followers.sure.delete(later) || followers.possible.delete(later)) {
          before.get(later)?.delete(call)
        }
      }
    }
  }
}

function beforeEach(
  followers: ReadonlyMap<LooseCall, Followers>,
): ReadonlyMap<LooseCall, Set<LooseCall>> {
  const before = new Map<LooseCall, Set<LooseCall>>()
  for (const [call, { sure, possible }] of followers) {
    for (const other of [...sure, ...possible]) {
      const known = before.get(other)
      if (known === undefined) before.set(other, new Set([call]))
      else known.add(call)
    }
  }
  return before
}

function byStart(left: LooseCall, right: LooseCall): number {
  return compareNs(left.calls[0]?.startNs ?? 0n, right.calls[0]?.startNs ?? 0n)
}

function endOf(call: LooseCall): bigint {
  return call.calls.at(-1)?.endNs ?? 0n
}

function compareNs(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0
}

interface Failure {
  readonly failed: Call
  readonly minor: number | undefined
  readonly routing: Routing
}

function edgeTo(later: LooseCall, { failed, minor, routing }: Failure): 'yes' | 'no' | 'maybe' {
  const next = later.calls[0]
  if (next === undefined || next.endNs < failed.endNs || !mayBeOneRequest(failed, next)) return 'no'
  const told = routing.picks
    .between(failed.endNs - JOIN_OVERLAP_NS, next.startNs + JOIN_OVERLAP_NS)
    .some(
      (pick) =>
        pick.reason === 'fallback' &&
        !pick.refused &&
        routesOf(next, routing.config).includes(pick.route) &&
        ofOneProcess(pick.span, next.span),
    )
  return told ? 'yes' : routeEdge({ failed, next, minor, config: routing.config })
}

function mayBeOneRequest(failed: Call, next: Call): boolean {
  return (
    agree(next.api, failed.api) &&
    agree(next.userHash, failed.userHash) &&
    ofOneProcess(next.span, failed.span)
  )
}

/** Two spans that hang below others of different traces were made by different callers, too. */
function ofOneProcess(left: Span, right: Span): boolean {
  return (
    left.scope.version === right.scope.version &&
    (left.parentSpanId === '' || right.parentSpanId === '' || left.traceId === right.traceId) &&
    sameResource(left.resource, right.resource)
  )
}

function agree(left: string | undefined, right: string | undefined): boolean {
  return left === undefined || right === undefined || left === right
}

function chainFrom(first: LooseCall, link: (call: LooseCall) => LooseCall | undefined): Chain {
  const parts = [first]
  for (let next = link(first); next !== undefined && !parts.includes(next); next = link(next)) {
    parts.push(next)
  }
  return parts
}

type Chain = readonly LooseCall[]

interface ChainPicks {
  readonly own: LoosePick[]
  /** Another chain may as well be the one whose failure they followed. */
  readonly shared: LoosePick[]
}

const NO_PICKS: ChainPicks = { own: [], shared: [] }

/** Picks of a next target, by the attempts whose failure they followed. */
function assignPicks(
  picks: readonly LoosePick[],
  { chains, config }: { readonly chains: readonly Chain[]; readonly config: JoinInput['config'] },
): ReadonlyMap<Chain, ChainPicks> {
  const assigned = new Map<Chain, ChainPicks>()
  if (picks.length === 0) return assigned
  const failures = new TimeIndex(
    chains.flatMap((chain) =>
      chain.flatMap(({ calls }) =>
        calls.filter(({ failed }) => failed).map((call) => ({ chain, call })),
      ),
    ),
    ({ call }) => call.endNs,
  )
  for (const pick of picks) {
    if (pick.reason !== 'fallback') continue
    const atNs = pick.span.startTimeNs
    const near = failures
      .between(atNs - JOIN_WINDOW_NS, atNs + JOIN_OVERLAP_NS)
      .filter(({ call }) => mayHaveLedTo(call, pick, config))
    const owners = new Set(near.map(({ chain }) => chain))
    for (const owner of owners) {
      const known = assigned.get(owner) ?? { own: [], shared: [] }
      known[owners.size === 1 ? 'own' : 'shared'].push(pick)
      assigned.set(owner, known)
    }
  }
  return assigned
}

function mayHaveLedTo(failed: Call, pick: LoosePick, config: JoinInput['config']): boolean {
  return (
    ofOneProcess(failed.span, pick.span) &&
    (config === undefined ||
      // Releases that tell of their picks do not change names.
      leadsTo({ from: routesOf(failed, config), target: pick.route, relabels: false }, config))
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
