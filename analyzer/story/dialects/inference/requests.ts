import type { Span } from '../../span.ts'
import { SpanTree } from '../../span-tree.ts'
import { toCall, type InferenceCall } from './call.ts'
import { spansOfGateways } from './gateway-spans.ts'
import { withHttpCalls } from './http-calls.ts'
import {
  isChainStep,
  isFallbackChain,
  isInference,
  isOtherStep,
  isSdkOperation,
} from '../inference-span.ts'
import { isModelApi } from './model-api.ts'
import { isOtherCall, sharesModel } from './same-call.ts'
import { seenFromAbove } from './seen-from-above.ts'

/** The calls that are one request, in order, and what shows it. */
export interface InferenceRequest {
  /** Stands for the request: SERVER span, span around its attempts, or first attempt. */
  readonly span: Span
  readonly server: Span | undefined
  /** The span of the whole operation, where the attempts have spans of their own below it. */
  readonly around: InferenceCall | undefined
  readonly calls: readonly InferenceCall[]
  /** `told`: parents say so; `timed`: the one before failed, and this one began when it ended. */
  readonly joined: 'alone' | 'told' | 'timed'
  /** Every request on the wire has a span: a client library retries inside of one otherwise. */
  readonly everyCall: boolean
  /** The parent of what failed never came: its retry may have a span that did not come either. */
  readonly parentMissing: boolean
}

/** Calls that are one operation, as the nesting of their spans has it. */
interface Unit {
  readonly top: Span
  readonly calls: readonly InferenceCall[]
}

/** One process notes its spans by one clock; two may be this far apart. */
const OVERLAP_NS = 10_000_000n

/** Operations are wrapped a few times at most; a hostile trace nests for ever. */
const NESTING_MAX = 8

/**
 * The requests of one trace. Two calls are two requests (an agent makes many) unless the spans say
 * that one is the retry or the fallback of the other: nested in one operation, inside one call of
 * an SDK that retries, below one chain of fallbacks or one SERVER span of a model API, or counted
 * as a resend. And only where each but the last failed: what succeeded is not retried.
 */
export function requestsOf(spans: readonly Span[]): readonly InferenceRequest[] {
  const tree = new SpanTree(spans)
  const ofGateways = spansOfGateways(spans, tree)
  const own = new Set(spans.filter((span) => isInference(span) && !ofGateways.has(span.spanId)))
  const nested = nestingOf(own, tree)
  const units = [...own]
    .filter((span) => !nested.inside.has(span))
    .flatMap((span) => unitsOf(span, nested, 0))
  return joinServers(joinSiblings(units, tree), tree)
}

interface Nesting {
  readonly tree: SpanTree
  readonly below: ReadonlyMap<Span, readonly Span[]>
  readonly inside: ReadonlySet<Span>
}

function nestingOf(own: ReadonlySet<Span>, tree: SpanTree): Nesting {
  const below = new Map<Span, Span[]>()
  const inside = new Set<Span>()
  for (const span of own) {
    const around = aroundCall(span, own, tree)
    if (around === undefined) continue
    inside.add(span)
    const list = below.get(around)
    if (list === undefined) below.set(around, [span])
    else list.push(span)
  }
  return { tree, below, inside }
}

/**
 * The operation that a call is an attempt of. What a tool or an agent inside of one asks for is
 * not, nor is another call that began while its answer was read; what a chain inside of one asks of
 * the same model is (LlamaIndex parses an answer in a chain of its own).
 */
function aroundCall(span: Span, own: ReadonlySet<Span>, tree: SpanTree): Span | undefined {
  const around = tree.ancestor(
    span,
    (one) => own.has(one) || (isOtherStep(one) && !isChainStep(one)),
  )
  if (around === undefined || !own.has(around)) return undefined
  const [above, below] = [toCall(around), toCall(span)]
  if (isOtherCall(above, below)) return undefined
  const nearest = tree.ancestor(span, (one) => own.has(one) || isOtherStep(one))
  return nearest === around || sharesModel(above, below) ? around : undefined
}

function unitsOf(span: Span, nesting: Nesting, depth: number): readonly Unit[] {
  const inner = depth < NESTING_MAX ? (nesting.below.get(span) ?? []) : []
  if (inner.length === 0) return [{ top: span, calls: withHttpCalls(toCall(span), nesting.tree) }]
  const units = inner.flatMap((one) => unitsOf(one, nesting, depth + 1))
  const calls = inOrder(units.flatMap((unit) => unit.calls))
  return isChain(calls) ? [{ top: span, calls: seenFromAbove(toCall(span), calls) }] : units
}

/** Siblings that are attempts of one another. */
function joinSiblings(units: readonly Unit[], tree: SpanTree): readonly InferenceRequest[] {
  const families = new Map<string, Unit[]>()
  for (const unit of units) {
    const family = families.get(unit.top.parentSpanId)
    if (family === undefined) families.set(unit.top.parentSpanId, [unit])
    else family.push(unit)
  }
  return [...families.values()].flatMap((family) => {
    const parent = family[0] && tree.ancestor(family[0].top, () => true)
    const missing = parent === undefined && family[0]?.top.parentSpanId !== ''
    if (parent !== undefined && isFallbackChain(parent)) {
      const calls = inOrder(family.flatMap((unit) => unit.calls))
      if (isChain(calls)) return [toRequest(calls, { around: toCall(parent), joined: 'told' })]
    }
    const retries = parent !== undefined && isSdkOperation(parent)
    return chainsOf(family, retries).map((chain) => {
      const [first] = chain
      const around = chain.length === 1 && first !== undefined ? aroundOf(first) : undefined
      return toRequest(
        chain.flatMap((unit) => unit.calls),
        {
          around,
          joined: chain.length > 1 ? (retries ? 'told' : 'timed') : around ? 'told' : 'alone',
          parentMissing: missing,
        },
      )
    })
  })
}

/** In order; a new one begins unless the next is the retry of the last. */
function chainsOf(family: readonly Unit[], retries: boolean): readonly (readonly Unit[])[] {
  const chains: Unit[][] = []
  for (const unit of family.toSorted((left, right) => byStart(left.top, right.top))) {
    const chain = chains.at(-1)
    const last = chain?.at(-1)
    if (chain !== undefined && last !== undefined && isNext(last, unit, retries)) chain.push(unit)
    else chains.push([unit])
  }
  return chains
}

function isNext(last: Unit, unit: Unit, retries: boolean): boolean {
  const [before] = last.calls
  const [next] = unit.calls
  if (before === undefined || next === undefined) return false
  if (!retries && ((next.resend ?? 0) < 1 || before.model !== next.model)) return false
  return isChain([...last.calls, ...unit.calls])
}

/** Below one SERVER span of a model API; an application's own SERVER span holds many requests. */
function joinServers(
  requests: readonly InferenceRequest[],
  tree: SpanTree,
): readonly InferenceRequest[] {
  const byServer = new Map<Span, InferenceRequest[]>()
  const others: InferenceRequest[] = []
  for (const request of requests) {
    const around = tree.ancestor(request.span, (one) => one.kind === 'server' || isOtherStep(one))
    if (around === undefined || around.kind !== 'server' || !isModelApi(around)) {
      others.push(request)
      continue
    }
    const list = byServer.get(around)
    if (list === undefined) byServer.set(around, [request])
    else list.push(request)
  }
  const joined = [...byServer].flatMap(([server, list]) => {
    const [only] = list
    if (list.length === 1 && only !== undefined) return [{ ...only, span: server, server }]
    const calls = inOrder(list.flatMap((request) => request.calls))
    return isChain(calls)
      ? [{ ...toRequest(calls, { joined: 'timed' }), span: server, server }]
      : list
  })
  return [...others, ...joined]
}

function toRequest(
  calls: readonly InferenceCall[],
  {
    around,
    joined,
    parentMissing = false,
  }: {
    readonly around?: InferenceCall | undefined
    readonly joined: InferenceRequest['joined']
    readonly parentMissing?: boolean
  },
): InferenceRequest {
  const [first] = calls
  const span = around?.span ?? first?.operation
  if (span === undefined) throw new Error('a request without a call')
  return {
    span,
    server: undefined,
    around,
    calls,
    joined,
    everyCall: calls.every((call) => call.onWire),
    parentMissing: parentMissing && around === undefined,
  }
}

/** Where attempts have spans of their own: what is around them. */
function aroundOf({ top, calls }: Unit): InferenceCall | undefined {
  return calls.length > 0 && calls.every((call) => call.operation !== top) ? toCall(top) : undefined
}

/** One after the other, and each but the last failed. */
export function isChain(calls: readonly InferenceCall[]): boolean {
  return inOrder(calls).every((call, position, ordered) => {
    const next = ordered[position + 1]
    return next === undefined || (call.failed && next.startNs >= call.endNs - OVERLAP_NS)
  })
}

function inOrder(calls: readonly InferenceCall[]): readonly InferenceCall[] {
  return calls.toSorted(
    (left, right) => byTime(left.startNs, right.startNs) || byTime(left.endNs, right.endNs),
  )
}

function byStart(left: Span, right: Span): number {
  return byTime(left.startTimeNs, right.startTimeNs) || (left.spanId < right.spanId ? -1 : 1)
}

function byTime(left: bigint, right: bigint): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
