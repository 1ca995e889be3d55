import type { InferenceCall } from './call.ts'
import { BEGINS_WITHIN_NS, CLOCK_NS, isOfCallbackTracer } from './callback-tracer.ts'
import { isChain, type InferenceRequest } from './requests.ts'
import { isSameCall } from './same-call.ts'
import { seenFromAbove } from './seen-from-above.ts'
import { sameResource } from '../../same-resource.ts'

/** A call that a callback tracer noted, of which nothing stands below. */
interface Above {
  readonly request: InferenceRequest
  readonly call: InferenceCall
}

/** What a client library noted on its own. */
interface Below {
  readonly request: InferenceRequest
  readonly startNs: bigint
  readonly endNs: bigint
}

/** A stream that nobody reads to its end is closed when its reader is collected. */
const CLOSES_WITHIN_NS = 500_000_000n

/**
 * One call that two libraries noted side by side is one request: the framework's, with what the
 * client library says of it as its attempt. Joined only where both say the same of it, and where
 * there are as many of one as of the other: one more call, and nobody knows which it is.
 */
export function joinViews(requests: readonly InferenceRequest[]): readonly InferenceRequest[] {
  const above = requests.flatMap((request) => callsAbove(request))
  if (above.length === 0) return requests
  const below = requests.flatMap((request) => toBelow(request)).toSorted(byStart)
  const taken = new Set<InferenceRequest>()
  const inside = new Map<InferenceCall, readonly InferenceRequest[]>()
  for (const { calls, views } of groupsOf(above, below)) {
    for (const [call, own] of pair(calls, views)) {
      inside.set(call, own)
      for (const request of own) taken.add(request)
    }
  }
  return requests
    .filter((request) => !taken.has(request))
    .map((request) => withInside(request, inside))
}

function callsAbove(request: InferenceRequest): readonly Above[] {
  return request.calls.flatMap((call) =>
    call.span === call.operation && isOfCallbackTracer(call.span) ? [{ request, call }] : [],
  )
}

function toBelow(request: InferenceRequest): readonly Below[] {
  const { server, span, calls } = request
  if (server !== undefined || isOfCallbackTracer(span)) return []
  const endNs = [span.endTimeNs, ...calls.map((call) => call.endNs)].reduce((one, other) =>
    one > other ? one : other,
  )
  return [{ request, startNs: span.startTimeNs, endNs }]
}

interface Group {
  readonly calls: readonly Above[]
  readonly views: readonly Below[]
}

/** Calls and views that may be of one another, directly or through others. */
function groupsOf(above: readonly Above[], below: readonly Below[]): readonly Group[] {
  const viewsOf = new Map(above.map((one) => [one, candidatesOf(one, below)]))
  const callsOf = new Map<Below, Above[]>()
  for (const [one, views] of viewsOf) {
    for (const view of views) {
      const calls = callsOf.get(view)
      if (calls === undefined) callsOf.set(view, [one])
      else calls.push(one)
    }
  }
  const seen = new Set<Above>()
  return above.flatMap((first) => {
    if (seen.has(first) || viewsOf.get(first)?.length === 0) return []
    const calls = new Set([first])
    const views = new Set<Below>()
    // Grows while it is walked.
    for (const call of calls) {
      for (const view of viewsOf.get(call) ?? []) {
        if (views.has(view)) continue
        views.add(view)
        for (const other of callsOf.get(view) ?? []) calls.add(other)
      }
    }
    for (const call of calls) seen.add(call)
    return [{ calls: [...calls].toSorted(byCall), views: [...views].toSorted(byStart) }]
  })
}

function candidatesOf({ call }: Above, below: readonly Below[]): readonly Below[] {
  const found: Below[] = []
  const lastNs = call.startNs + BEGINS_WITHIN_NS
  for (let at = firstFrom(below, call.startNs - CLOCK_NS); at < below.length; at += 1) {
    const view = below[at]
    if (view === undefined || view.startNs > lastNs) break
    if (isViewOf(call, view)) found.push(view)
  }
  return found
}

function isViewOf(call: InferenceCall, { request, endNs }: Below): boolean {
  if (endNs > call.endNs + CLOSES_WITHIN_NS) return false
  if (!sameResource(call.span.resource, request.span.resource)) return false
  const seen = request.around ?? request.calls.at(-1)
  return seen !== undefined && isSameCall(call, seen)
}

/** By bisection: where views may begin that start no earlier. */
function firstFrom(below: readonly Below[], startNs: bigint): number {
  let low = 0
  let high = below.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const view = below[middle]
    if (view !== undefined && view.startNs < startNs) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * One call with its retries by a client library; or calls that were alike in all, as many above as
 * below, in order: whichever is whose, they are told the same.
 */
function pair(
  calls: readonly Above[],
  views: readonly Below[],
): readonly (readonly [InferenceCall, readonly InferenceRequest[]])[] {
  const [first] = calls
  const requests = views.map(({ request }) => request)
  if (calls.length === 1 && first !== undefined) {
    const chain = requests.flatMap((request) => request.calls)
    return isChain(chain) && mayEndAs(first.call, chain) ? [[first.call, requests]] : []
  }
  if (calls.length !== views.length) return []
  const pairs = calls.flatMap(({ call }, at) => {
    const view = views[at]
    if (view === undefined || !isViewOf(call, view)) return []
    return mayEndAs(call, view.request.calls) ? [[call, [view.request]] as const] : []
  })
  return pairs.length === calls.length ? pairs : []
}

/** What failed below and not above was tried again; what failed above may look whole below. */
function mayEndAs(call: InferenceCall, below: readonly InferenceCall[]): boolean {
  return call.failed || below.at(-1)?.failed === false
}

function withInside(
  request: InferenceRequest,
  inside: ReadonlyMap<InferenceCall, readonly InferenceRequest[]>,
): InferenceRequest {
  const own = request.calls.flatMap((call) => inside.get(call) ?? [])
  const [only] = request.calls
  if (own.length === 0 || only === undefined) return request
  const calls = request.calls.flatMap((call) => {
    const views = inside.get(call)
    if (views === undefined) return [call]
    return seenFromAbove(
      call,
      views.flatMap((view) => view.calls),
    )
  })
  const elsewhere = own.some(({ span }) => span.traceId !== request.span.traceId)
  return {
    ...request,
    around: request.around ?? (request.calls.length === 1 ? only : undefined),
    calls,
    // Across traces no parent says so.
    joined: elsewhere ? 'timed' : request.joined === 'alone' ? 'told' : request.joined,
    everyCall: calls.every((call) => call.onWire),
  }
}

function byStart(left: Below, right: Below): number {
  return byTime(left.startNs, right.startNs) || byText(left.request, right.request)
}

function byCall(left: Above, right: Above): number {
  return byTime(left.call.startNs, right.call.startNs) || byText(left.request, right.request)
}

/** The order in which spans came must not decide. */
function byText({ span: left }: InferenceRequest, { span: right }: InferenceRequest): number {
  const [one, other] = [`${left.traceId}${left.spanId}`, `${right.traceId}${right.spanId}`]
  return one < other ? -1 : one > other ? 1 : 0
}

function byTime(left: bigint, right: bigint): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
