import type { Outcome } from '../../../../../collector/vocabulary.ts'
import { isError, text } from '../../../attributes.ts'
import type { Span } from '../../../span.ts'
import { errorOf, toCall, type Call } from './call.ts'
import { clientHints } from './client-hints.ts'
import type { SpanGroup } from '../group.ts'
import { completeOutcome, outcomeOfCalls } from './outcome.ts'
import { deploymentPicks } from './picks.ts'
import type { Pick, Reading } from './reading.ts'
import { minorRelease } from './release.ts'
import { routerWords, wasRefusedAtFirst } from './router-texts.ts'
import { isCallSpan, isV2 } from '../span-kinds.ts'
import { apiOfAuth, apiOfServer, byEnd, isModelRequest, wireStatus } from './wire-facts.ts'

/**
 * A request to a proxy with `LITELLM_OTEL_V2=true`: attempts are siblings below the SERVER span.
 */
export function readProxyV2({ server, spans }: SpanGroup): Reading | undefined {
  const told = spans.filter(isCallSpan).map((span) => toCall({ span }))
  const calls = byEnd(told.filter((call) => call.error?.isRefusal !== true).map(toldCall))
  const all = [...(server === undefined ? [] : [server]), ...spans]
  const requestSpan = server ?? spans.find((span) => span.name.startsWith('auth /')) ?? all[0]
  if (requestSpan === undefined) return undefined
  if (calls.length === 0 && !isModelRequest(server, spans)) return undefined
  const minor = minorRelease(all)
  const asked = server === undefined ? undefined : requestedGroup(server, spans)
  const picks = deploymentPicks(all)
  // Keys and teams may ask by a name of their own: the route is what the router made of it.
  const route = picks.find((pick) => pick.reason === 'initial')?.route ?? asked
  const { isMixedUp, ...words } = routerWords([server, ...calls.map(({ span }) => span)])
  const refusedAtFirst = calls.length === 0 && wasRefusedAtFirst([server, ...spans])
  const api = apiOfServer(server) ?? apiOfAuth(spans) ?? calls.find((call) => call.api)?.api
  const outcome = outcomeOf({ api, server, calls, minor, picks, route, refusedAtFirst })
  const isOwnError = outcome === 'failed' && !refusedAtFirst && isOfProxyAlone(server, calls)
  return {
    dialect: 'litellm-v2',
    mode: server === undefined ? 'proxy without a SERVER span' : 'proxy',
    requestSpan,
    spans: all,
    minor,
    release: spans.find(isV2)?.scope.version,
    api,
    route,
    calls:
      outcome === 'failed' && !refusedAtFirst && !isOwnError ? withFailed(calls, server) : calls,
    outcome,
    sureness: 'certain',
    incomplete: outcome === 'unknown' && calls.length === 0,
    indistinguishable: outcome === 'ok' || outcome === 'unknown',
    isOwnError,
    showsSent: false,
    hints: {
      asked: undefined,
      picks,
      ...words,
      refusedAtFirst,
      // The pick that was refused has a span of its own.
      refusalsTold: !isMixedUp,
      everyCallExported: everyCallExported(calls, server),
    },
    client: clientHints({
      server,
      wire: undefined,
      failure: undefined,
      outcome,
      failedBeforeHeaders: false,
    }),
  }
}

interface OutcomeSigns {
  readonly api: Reading['api']
  readonly server: Span | undefined
  readonly calls: readonly Call[]
  readonly minor: number | undefined
  readonly picks: readonly Pick[]
  readonly route: string | undefined
  readonly refusedAtFirst: boolean
}

function outcomeOf(signs: OutcomeSigns): Outcome {
  const { server, calls } = signs
  const last = calls.at(-1)
  if (server !== undefined && clientWentAway(server, calls)) {
    // An error event of /v1/messages is exported as a success, and makes clients hang up.
    return signs.api === 'messages' ? 'unknown' : 'cancelled'
  }
  const status = wireStatus(server)
  if (server !== undefined && (isError(server) || (status !== undefined && status >= 400))) {
    if (calls.length > 0 || signs.refusedAtFirst) return 'failed'
    const told = status ?? errorOf(server).statusCode
    // Refused by the gateway, or by an upstream whose call has no span: without a status, either.
    if (told === undefined) return 'unknown'
    return told >= 400 && told < 500 ? 'rejected' : 'failed'
  }
  // A call that was never closed has no span: the client left, or nobody noticed that it hangs.
  if (last === undefined) return 'unknown'
  if (!last.failed) return completeOutcome(calls)
  return afterFailedLast(signs, last)
}

/**
 * The last attempt that has a span failed, and the SERVER span does not say so. Either that span
 * never says so (before 1.95, and where it is not the instrumentation's), or the attempt that
 * served has no span: on Anthropic targets both attempts race for one.
 */
function afterFailedLast(
  { server, calls, minor, picks, route }: OutcomeSigns,
  last: Call,
): Outcome {
  const another =
    picks.some((pick) => pick.reason === 'fallback' && !pick.refused) ||
    (calls.length === 1 && route !== undefined && last.group !== undefined && last.group !== route)
  if (server !== undefined && tellsFailures(server, minor)) return another ? 'rescued' : 'unknown'
  if (another) return 'unknown'
  return outcomeOfCalls(calls)
}

/** Since 1.95 LiteLLM marks the instrumentation's SERVER span, whatever the status on the wire. */
function tellsFailures(server: Span, minor: number | undefined): boolean {
  return minor !== undefined && minor >= 95 && server.scope.name.startsWith('opentelemetry.')
}

/** FastAPI's own span is an ERROR where the client hung up; LiteLLM's spans then say nothing. */
function clientWentAway(server: Span, calls: readonly Call[]): boolean {
  if (!isError(server) || calls.some((call) => call.failed)) return false
  const type = errorOf(server).type ?? ''
  return type.endsWith('ConnectionError') || type.endsWith('ClientDisconnect')
    ? server.scope.name === 'fastapi'
    : false
}

/** On the SERVER span this key holds what the client asked for, in every release. */
function requestedGroup(server: Span, spans: readonly Span[]): string | undefined {
  const own = text(server.attributes, 'gen_ai.request.model')
  if (own !== undefined) return own
  // Where FastAPI writes the SERVER span, LiteLLM's keys stand on a span of FastAPI's below it.
  const dependencies = spans.find(
    ({ scope, attributes }) =>
      scope.name === server.scope.name && text(attributes, 'gen_ai.request.model') !== undefined,
  )
  return dependencies === undefined
    ? undefined
    : text(dependencies.attributes, 'gen_ai.request.model')
}

/**
 * Every attempt that failed after the response headers has a span. Before them, calls without
 * streaming share one; the router then tells of the fallback in its error, from 1.95 on. Where none
 * has one, spans were lost.
 */
function everyCallExported(calls: readonly Call[], server: Span | undefined): boolean {
  const status = server === undefined ? 0 : wireStatus(server)
  return (
    calls.length > 0 &&
    ((status !== undefined && status < 400) ||
      calls.some((call) => call.error?.whileReading === true))
  )
}

/** The proxy's error on a call's span is written over what the upstream had answered. */
function toldCall(call: Call): Call {
  if (call.error?.ofProxy !== true) return call
  return { ...call, failed: false, error: undefined, isUntold: true }
}

/** What an upstream had said stands behind a class of LiteLLM's in the same text. */
function isOfProxyAlone(server: Span | undefined, calls: readonly Call[]): boolean {
  if (server === undefined || calls.some((call) => call.failed)) return false
  const { ofProxy, message } = errorOf(server)
  return calls.some((call) => call.isUntold) || (ofProxy && !message?.startsWith('litellm.'))
}

function withFailed(calls: readonly Call[], server: Span | undefined): readonly Call[] {
  if (calls.some((call) => call.failed) || server === undefined) return calls
  const last = calls.at(-1)
  const error = errorOf(server)
  if (last !== undefined) return [...calls.slice(0, -1), { ...last, failed: true, error }]
  // What the web framework's span names is the route.
  return [{ ...toCall({ span: server, failed: true }), model: undefined, error }]
}
