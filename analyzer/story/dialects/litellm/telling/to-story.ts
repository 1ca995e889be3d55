import { text } from '../../../attributes.ts'
import { defined } from '../../../defined.ts'
import type { RouterConfig } from '../../../router-config.ts'
import type { Span } from '../../../span.ts'
import type { Attempt, Caller, ClientView, Story } from '../../../story.ts'
import { attemptsOf } from './attempts.ts'
import type { Call } from '../reading/call.ts'
import { usageOfCall, wasRefused } from './call-measures.ts'
import { callsAllowed } from './calls-allowed.ts'
import { clientEnvelopes } from './client-envelopes.ts'
import { askedShape, continuationsOf } from './continuations-of.ts'
import { fallbackFacts } from './fallback-facts.ts'
import type { Reading } from '../reading/reading.ts'
import { isLitellm } from '../span-kinds.ts'
import { requestedRoute } from './requested-route.ts'
import { shownAttempt } from './shown-attempt.ts'
import { upstreamCalls } from './upstream-calls.ts'
import { apiByElimination } from './unnamed-api.ts'

export interface StoryContext {
  readonly source: string
  readonly config: RouterConfig | undefined
}

export function toStory(reading: Reading, { source, config }: StoryContext): Story {
  const route = requestedRoute(reading, config)
  const question = { reading, route: route?.value, config }
  const attempts = attemptsOf(question)
  const fallbacks = fallbackFacts(question)
  const eliminated = reading.api === undefined ? apiByElimination(reading, fallbacks) : undefined
  const { spans, calls, requestSpan } = reading
  const traceId = calls[0]?.span.traceId ?? requestSpan.traceId
  const traceIds = [...new Set([traceId, ...spans.map((span) => span.traceId)])]
  return {
    id: `${traceId}-${requestSpan.spanId}`,
    source,
    dialect: reading.dialect,
    api: reading.api ?? eliminated ?? 'unknown',
    stream: calls.find((call) => call.streaming !== undefined)?.streaming ?? 'unknown',
    route: route?.value,
    caller: callerOf(spans),
    traceIds,
    requestSpanId: requestSpan.spanId,
    ...timesOf(reading),
    outcome: reading.outcome,
    attempts,
    attemptsComplete: fallbacks.tried === false && reading.hints.everyCallExported,
    sureness: eliminated === undefined && traceIds.length === 1 ? reading.sureness : 'likely',
    fallbacks,
    continuations: continuationsOf(reading),
    client: clientView(reading, attempts),
    gateway: {
      name: 'litellm',
      mode: reading.mode,
      ...defined({
        release: reading.release,
        minor: reading.minor,
        instance: text(requestSpan.resource, 'service.instance.id'),
      }),
    },
    ...usageOf(calls),
    ...defined({
      asked: askedShape(reading),
      upstreamCalls: upstreamCalls(reading),
      callsAllowed: callsAllowed(route?.value, config),
    }),
    incomplete: reading.incomplete,
    indistinguishable: reading.indistinguishable,
  }
}

/** By the router's own clock: what an upstream or a library noted below it may go by another. */
function timesOf({ spans, calls, requestSpan }: Reading): Pick<Story, 'startTimeNs' | 'endTimeNs'> {
  let { startTimeNs, endTimeNs } = requestSpan
  for (const span of [...spans.filter(isLitellm), ...calls.map((call) => call.span)]) {
    if (span.startTimeNs < startTimeNs) startTimeNs = span.startTimeNs
    if (span.endTimeNs > endTimeNs) endTimeNs = span.endTimeNs
  }
  return { startTimeNs, endTimeNs }
}

function clientView(reading: Reading, attempts: readonly Attempt[]): ClientView {
  const { client, outcome, calls } = reading
  return {
    ...defined({
      statusCode: client.statusCode,
      errorType: client.errorType,
      message: client.message?.slice(0, 512),
      errorStatusCode: client.errorStatusCode,
      model: toldModel(calls),
      errorAttempt:
        outcome !== 'failed' ? undefined : reading.isOwnError ? 0 : shownAttempt(client, attempts),
      envelopes: clientEnvelopes(reading, attempts),
    }),
    complete:
      outcome === 'ok' || outcome === 'rescued' ? true : outcome === 'unknown' ? 'unknown' : false,
    errorShown: client.errorShown,
    evidence: client.evidence,
  }
}

/** The name that the answer was given; where two calls wrote it, the client may have read two. */
function toldModel(calls: readonly Call[]): string | undefined {
  const served = calls.at(-1)
  if (served === undefined || served.failed || !calls.slice(0, -1).every(wasRefused)) {
    return undefined
  }
  return served.responseModel
}

/** v1's metadata; v2's baggage, and the metadata that it is told to promote. */
function callerOf(spans: readonly Span[]): Caller {
  // Key by key: a name on any span is better than an id on the first.
  const read = (keys: readonly string[]): string | undefined => {
    for (const key of keys) {
      for (const { attributes } of spans) {
        const value = text(attributes, key)
        // As Python writes what is not there.
        if (value !== undefined && value !== 'None') return value
      }
    }
    return undefined
  }
  return defined({
    team: read([
      'metadata.user_api_key_team_alias',
      'litellm.team.alias',
      'litellm.metadata.user_api_key_team_alias',
      'metadata.user_api_key_team_id',
      'litellm.team.id',
      'litellm.metadata.user_api_key_team_id',
    ]),
    keyAlias: read([
      'metadata.user_api_key_alias',
      'litellm.api_key.alias',
      'litellm.metadata.user_api_key_alias',
    ]),
    keyHash: read([
      'metadata.user_api_key_hash',
      'litellm.api_key.hash',
      'litellm.metadata.user_api_key_hash',
    ]),
  })
}

function usageOf(calls: readonly Call[]): Pick<Story, 'usage'> {
  const served = calls.find((call) => !call.failed)
  return defined({ usage: served && usageOfCall(served) })
}
