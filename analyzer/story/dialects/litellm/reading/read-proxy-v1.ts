import type { Outcome } from '../../../../../collector/vocabulary.ts'
import { hasAny, isError, text } from '../../../attributes.ts'
import type { Span } from '../../../span.ts'
import { errorOf, isNoCall, toCall, type Call } from './call.ts'
import { clientHints } from './client-hints.ts'
import type { SpanGroup } from '../group.ts'
import { completeOutcome } from './outcome.ts'
import type { Reading } from './reading.ts'
import { minorRelease } from './release.ts'
import { routerWords, tellsRefusals, wasRefusedAtFirst } from './router-texts.ts'
import { isCallSpan, isV1Raw, V1_FAILED } from '../span-kinds.ts'
import {
  apiOfAuth,
  apiOfServer,
  byEnd,
  isModelRequest,
  pathOf,
  wasSeenByRouter,
  wireStatus,
} from './wire-facts.ts'

/**
 * A request to a proxy with `callbacks: [otel]`. Up to 1.84 the root carries the attempt
 * ("collapsed") and ends with the first failure; since 1.85 every attempt has a span below it.
 */
export function readProxyV1(group: SpanGroup): Reading | undefined {
  const { server, wire, spans } = group
  const collapsed = server !== undefined && isCollapsed(server, spans)
  const told = collapsed ? collapsedCalls(server, spans) : ownCalls(spans)
  const calls = byEnd(told.filter((call) => !isNoCall(call)))
  const failure = spans.find((span) => span.name === V1_FAILED)
  if (calls.length === 0 && failure === undefined && !isModelRequest(server ?? wire, spans)) {
    return undefined
  }
  const all = [...(server === undefined ? [] : [server]), ...spans]
  const { isMixedUp, ...words } = routerWords([failure, server, ...calls.map(({ span }) => span)])
  const counted = countCalls(spans)
  const refusedAtFirst = calls.every(isNameless) && wasRefusedAtFirst([failure, server])
  const isOwnError = !refusedAtFirst && isOfProxyAlone({ server, spans, calls, failure })
  const signs = { server, spans, calls, failure, collapsed, isOwnError }
  const outcome = outcomeOf(signs)
  const requestSpan = server ?? calls[0]?.span ?? all[0]
  if (requestSpan === undefined) return undefined
  return {
    dialect: 'litellm-v1',
    mode: collapsed ? 'proxy, attempts on the root' : 'proxy',
    requestSpan,
    spans: all,
    minor: minorRelease(all),
    release: undefined,
    api:
      calls.find((call) => call.api !== undefined)?.api ??
      apiOfServer(server, wire) ??
      apiOfAuth(spans),
    route: servedRoute(calls, collapsed) ?? refusedRoute(told),
    calls:
      outcome !== 'failed' || isOwnError
        ? calls
        : refusedAtFirst
          ? []
          : withFailed(calls, server, failure),
    outcome,
    // Its call may have been adopted from a trace of its own.
    sureness: all.some((span) => span.traceId !== requestSpan.traceId) ? 'likely' : 'certain',
    incomplete: server === undefined && failure === undefined,
    // Up to 1.84 a stall leaves a root that names nothing, not even the route.
    indistinguishable:
      outcome === 'failed'
        ? !isOwnError && !refusedAtFirst && calls.every(isNameless)
        : outcome === 'ok' || outcome === 'unknown',
    isOwnError,
    showsSent: false,
    hints: {
      ...counted,
      picks: [],
      ...words,
      refusedAtFirst,
      refusalsTold: tellsRefusals(server) && !isMixedUp,
      // The router counts nothing on this path, and tells a fallback's failure in its error.
      everyCallExported: counted.asked === undefined,
    },
    client: clientHints({
      server,
      wire,
      failure,
      outcome,
      failedBeforeHeaders: calls.every((call) => call.error?.whileReading === false),
    }),
  }
}

interface OutcomeSigns {
  readonly server: Span | undefined
  readonly spans: readonly Span[]
  readonly calls: readonly Call[]
  readonly failure: Span | undefined
  readonly collapsed: boolean
  readonly isOwnError: boolean
}

function outcomeOf({
  server,
  spans,
  calls,
  failure,
  collapsed,
  isOwnError,
}: OutcomeSigns): Outcome {
  if (failure !== undefined) {
    if (!isOwnError) return wasRouted(spans, calls) ? 'failed' : 'rejected'
    return calls.length > 0 || isServerError(server) ? 'failed' : 'rejected'
  }
  if (server === undefined) return 'unknown'
  const last = calls.at(-1)
  if (isError(server)) {
    if (!collapsed) return 'failed'
    // The trap of 1.83: the root of a rescued request ends, in ERROR, with the first failure, long
    // before the answer does. Of chat that failed another span tells.
    if (last?.failed === false) return completeOutcome(calls)
    return last?.api === 'chat' ? 'unknown' : 'failed'
  }
  if (last === undefined) return 'unknown'
  if (!last.failed) return completeOutcome(calls)
  // Since 1.85 the root tells what the client got; before, it says nothing beside an attempt's
  // span.
  return server.status.code === 'unset' ? 'failed' : 'unknown'
}

/**
 * The proxy refused the request, or its answer, or failed by itself: no upstream did. On chat the
 * router leaves a span for every request that it sees, so without one it saw none.
 */
function isOfProxyAlone({
  server,
  spans,
  calls,
  failure,
}: Pick<OutcomeSigns, 'server' | 'spans' | 'calls' | 'failure'>): boolean {
  if (failure === undefined || calls.some((call) => call.failed)) return false
  if ([server, failure].some((span) => span !== undefined && errorOf(span).ofProxy)) return true
  if (calls.length > 0 || apiOfServer(server) !== 'chat') return false
  return !wasSeenByRouter(spans) && !spans.some(isV1Raw)
}

function isServerError(server: Span | undefined): boolean {
  if (server === undefined) return false
  return (errorOf(server).statusCode ?? wireStatus(server) ?? 0) >= 500
}

function isNameless(call: Call): boolean {
  return call.group === undefined && call.model === undefined
}

/** A wrong key or an unknown body never reaches the router. */
function wasRouted(spans: readonly Span[], calls: readonly Call[]): boolean {
  return calls.length > 0 || spans.some((span) => span.name === 'proxy_pre_call')
}

function ownCalls(spans: readonly Span[]): readonly Call[] {
  return spans.filter(isCallSpan).map((span) =>
    toCall({
      span,
      raw: spans.find((raw) => raw.parentSpanId === span.spanId && isV1Raw(raw)),
    }),
  )
}

function isCollapsed(server: Span, spans: readonly Span[]): boolean {
  return (
    !spans.some(isCallSpan) &&
    (hasAny(server.attributes, 'gen_ai.') || spans.some(isV1Raw) || hasNoFacts(server))
  )
}

function hasNoFacts(server: Span): boolean {
  return isError(server) && pathOf(server) === undefined && wireStatus(server) === undefined
}

/** One span for all attempts: the root tells of the first, the raw span of the one that served. */
function collapsedCalls(server: Span, spans: readonly Span[]): readonly Call[] {
  const raw = spans.filter(isV1Raw).at(-1)
  if (!isError(server)) return [toCall({ span: server, raw })]
  const first = toCall({ span: server })
  if (raw === undefined) return [first]
  const served = toCall({ span: raw, raw, failed: false })
  const model = [...raw.attributes.keys()].find((key) => /^llm\.[^.]+\.model$/u.test(key))
  return [
    first,
    {
      ...served,
      model: model === undefined ? undefined : text(raw.attributes, model),
      api: first.api,
      streaming: first.streaming,
    },
  ]
}

/** A request that failed has an attempt that failed, even where its own span says success. */
function withFailed(
  calls: readonly Call[],
  server: Span | undefined,
  failure: Span | undefined,
): readonly Call[] {
  if (calls.some((call) => call.failed)) return calls
  const span = server ?? failure
  const last = calls.at(-1)
  if (span === undefined) return calls
  const error = errorOf(server !== undefined && isError(server) ? server : (failure ?? span))
  if (last !== undefined) return [...calls.slice(0, -1), { ...last, failed: true, error }]
  return [{ ...toCall({ span, failed: true }), error }]
}

/**
 * The collapsed root of an answer names the requested route, under the response's key; but on the
 * APIs that are passed through, it is the model's name there.
 */
function servedRoute(calls: readonly Call[], collapsed: boolean): string | undefined {
  const [only] = calls
  if (!collapsed || calls.length !== 1 || only === undefined || only.failed) return undefined
  if (only.api !== 'chat') return undefined
  return text(only.span.attributes, 'gen_ai.response.model')
}

/** Of what the proxy refused by itself it names what was asked for, and no deployment. */
function refusedRoute(told: readonly Call[]): string | undefined {
  const refused = told.find(isNoCall)
  return refused?.group ?? refused?.model
}

/** Picks of a deployment, else upstream calls; absent on /v1/responses up to 1.97. */
function countCalls(spans: readonly Span[]): Pick<Reading['hints'], 'asked' | 'countsDiffer'> {
  const picks = spans.filter(
    (span) =>
      span.name === 'router' &&
      // A pick that was refused asked nobody.
      !isError(span) &&
      text(span.attributes, 'call_type') === 'async_get_available_deployment',
  ).length
  const calls = spans.filter((span) => span.name === 'self').length
  const countsDiffer = picks > 0 && calls > 0 && picks !== calls
  // A pick can be refused without a call, and a client library may call twice for one pick.
  const asked = countsDiffer ? Math.min(picks, calls) : Math.max(picks, calls)
  return { asked: asked > 0 ? asked : undefined, countsDiffer }
}
