import * as v from '../../../collector/vocabulary.ts'
import { flag, member, text } from '../attributes.ts'
import { defined } from '../defined.ts'
import type { Span } from '../span.ts'
import type { Story } from '../story.ts'
import type { Dialect } from './dialect.ts'
import { readAttempts } from './secondwind/attempts.ts'
import { readContinuations, readFallbacks } from './secondwind/fallbacks.ts'
import { readAsked, readTotalUsage } from './secondwind/measures.ts'
import { groupByRequest, type RequestSpans } from './secondwind/spans.ts'
import { readVerdict } from './secondwind/verdict.ts'

/**
 * Our own router's spans, the contract of `collector/vocabulary.ts`. They are read as hostile input
 * all the same: anyone may send spans under our scope, and an old router writes an old vocabulary.
 */
export const secondwind: Dialect = {
  name: 'secondwind',
  recognises: isOurs,
  toStories: ({ source, spans }) =>
    groupByRequest(spans.filter(isOurs)).map((group) => toStory(group, source)),
  // Made to show all of it; what is `sometimes` below hangs on the client, not on the spans.
  cannotShow: () => [],
  tells: {
    'request-span': { sight: 'always' },
    outcome: { sight: 'always' },
    'attempt-failure': { sight: 'always' },
    'attempt-phase': { sight: 'always' },
    'every-attempt': { sight: 'always' },
    'attempt-target': { sight: 'always' },
    'attempt-key': { sight: 'always' },
    delivered: { sight: 'always' },
    'delivered-before-failure': { sight: 'always' },
    'first-content-time': { sight: 'always' },
    silence: { sight: 'always' },
    usage: { sight: 'always' },
    'fallbacks-configured': { sight: 'always' },
    'fallbacks-disabled': { sight: 'always' },
    'targets-skipped': { sight: 'always' },
    continuation: { sight: 'always' },
    'request-shape': { sight: 'always' },
    'client-error': { sight: 'always' },
    'client-complete': { sight: 'always' },
    'client-envelopes': { sight: 'always' },
    'client-model': { sight: 'always' },
    'client-gone': { sight: 'always' },
  },
}

function isOurs(span: Span): boolean {
  return span.scope.name === v.SCOPE_NAME
}

function toStory(group: RequestSpans, source: string): Story {
  const { request, traceId, requestSpanId } = group
  const attempts = readAttempts(group)
  const verdict = request && readVerdict(request, attempts)
  const spans = [request, ...group.attempts.map(({ attempt }) => attempt), ...group.fallbacks]
  const known = spans.filter((span) => span !== undefined)
  return {
    id: `${traceId}-${requestSpanId}`,
    source,
    dialect: 'secondwind',
    api: (request && member(request.attributes, v.ATTR_API, v.APIS)) ?? 'unknown',
    stream: (request && flag(request.attributes, v.ATTR_STREAM)) ?? 'unknown',
    route: request && text(request.attributes, v.ATTR_ROUTE),
    // Our router knows keys, not teams; it never exports a client's key, not even hashed.
    caller: {},
    traceIds: [traceId],
    requestSpanId,
    startTimeNs: request?.startTimeNs ?? earliest(known),
    endTimeNs: request?.endTimeNs ?? latest(known),
    outcome: verdict?.outcome ?? 'unknown',
    attempts: attempts.list,
    attemptsComplete: attempts.complete,
    sureness: 'certain',
    fallbacks: readFallbacks(group, attempts),
    continuations: readContinuations(group),
    client: verdict?.client ?? { complete: 'unknown', errorShown: 'unknown', evidence: [] },
    gateway: gatewayOf(known),
    ...(request && defined({ usage: readTotalUsage(request), asked: readAsked(request) })),
    incomplete: request === undefined,
    indistinguishable: false,
  }
}

function gatewayOf([span]: readonly Span[]): Story['gateway'] {
  const release = span?.scope.version ?? ''
  const instance = span && text(span.resource, 'service.instance.id')
  return {
    name: 'secondwind',
    ...defined({ release: release === '' ? undefined : release, instance }),
  }
}

function earliest(spans: readonly Span[]): bigint {
  return spans.map((span) => span.startTimeNs).reduce((one, other) => (one < other ? one : other))
}

function latest(spans: readonly Span[]): bigint {
  return spans.map((span) => span.endTimeNs).reduce((one, other) => (one > other ? one : other))
}
