import type { RuledFinding } from '../rules/rule.ts'
import type { Attempt, ClientView, Story } from '../story/story.ts'
import type { WireAttempt, WireClientSaw, WireFinding, WireRequest } from './wire.ts'

/** The largest time that a `Date` can hold: hostile spans claim later ones. */
const DATE_MS_MAX = 8_640_000_000_000_000n

/** A story and its findings, as the API serves and `classify --json` prints them. */
export function toWireRequest(story: Story, findings: readonly RuledFinding[]): WireRequest {
  const [traceId = ''] = story.traceIds
  return {
    source: story.source,
    traceId,
    traceIds: story.traceIds,
    requestSpanId: story.requestSpanId,
    dialect: story.dialect,
    api: story.api,
    stream: story.stream === 'unknown' ? null : story.stream,
    route: story.route ?? null,
    caller: story.caller,
    outcome: story.outcome,
    attempts: story.attempts.map(toWireAttempt),
    clientSaw: toWireClientSaw(story.client),
    findings: findings.map(toWireFinding),
    startTime: toIso(story.startTimeNs),
    durationMs: toMs(story.endTimeNs - story.startTimeNs),
  }
}

/** Key by key: what is on the wire is chosen, and does not grow with the story. */
function toWireAttempt(attempt: Attempt): WireAttempt {
  const { deployment, provider, model, route, reason, errorType, statusCode, message, spanId } =
    attempt
  return {
    number: attempt.number,
    kind: attempt.kind,
    status: attempt.status,
    phase: attempt.phase,
    ...(deployment !== undefined && { deployment }),
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    ...(route !== undefined && { route }),
    ...(reason !== undefined && { reason }),
    ...(errorType !== undefined && { errorType }),
    ...(statusCode !== undefined && { statusCode }),
    ...(message !== undefined && { message }),
    ...(spanId !== undefined && { spanId }),
    // Without a span of its own, an attempt's times are the request's: not known.
    ...(spanId !== undefined && { durationMs: toMs(attempt.endTimeNs - attempt.startTimeNs) }),
  }
}

function toWireClientSaw({ statusCode, errorType, message, complete }: ClientView): WireClientSaw {
  return {
    ...(statusCode !== undefined && { statusCode }),
    ...(errorType !== undefined && { errorType }),
    ...(message !== undefined && { message }),
    complete: complete === 'unknown' ? null : complete,
  }
}

function toWireFinding(finding: RuledFinding): WireFinding {
  const { rule, primary, severity, confidence, title, summary, evidence } = finding
  return {
    rule,
    primary,
    severity,
    confidence,
    title,
    summary,
    evidence: evidence.map(({ spanId, key, value }) => ({ spanId, key, value })),
  }
}

function toIso(timeNs: bigint): string {
  const ms = timeNs / 1_000_000n
  return new Date(Number(ms < DATE_MS_MAX ? ms : DATE_MS_MAX)).toISOString()
}

/** To the microsecond: what is finer is noise of the sender's clock. */
function toMs(durationNs: bigint): number {
  return Number(durationNs / 1000n) / 1000
}
