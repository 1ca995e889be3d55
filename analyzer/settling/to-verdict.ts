import { toWireRequest } from '../api/to-wire-request.ts'
import { toOccurrence } from '../incidents/occurrence.ts'
import { picksOf } from '../rules/window/picks.ts'
import type { RuledFinding } from '../rules/rule.ts'
import type { FirstTargetFailure, SeenGateway, Verdict } from '../store/verdict-store.ts'
import type { FirstTargetResult } from '../store/verdict-tallies.ts'
import { isEligibleFailure, mayFallBack, rootCause } from '../story/eligible.ts'
import { senderOf } from '../story/sender.ts'
import type { Story } from '../story/story.ts'

/**
 * What is stored of a judged story. `nowMs` is when its last span was received, and not when it was
 * judged: the same spans make the same verdict whenever they are looked at (invariant I8).
 */
export function toVerdict(
  story: Story,
  { findings, nowMs }: { readonly findings: readonly RuledFinding[]; readonly nowMs: number },
): Verdict {
  const { team, keyAlias, keyHash } = story.caller
  // A sender's clock may be ahead of ours: nothing has happened later than it was told.
  const atMs = Math.min(Number(story.endTimeNs / 1_000_000n), nowMs)
  return {
    storyId: story.id,
    source: story.source,
    traceIds: story.traceIds,
    atMs,
    route: story.route,
    api: story.api,
    outcome: story.outcome,
    caller: team ?? keyAlias ?? keyHash,
    eligible: isEligibleFailure(story) === true,
    firstTargetFailure: firstTargetFailure(story),
    picks: picksOf(story, atMs),
    gateway: gatewayOf(story, atMs),
    names: namesOf(story),
    findings: findings.map(({ rule, title, severity, confidence }) => ({
      rule,
      title,
      severity,
      confidence,
    })),
    wire: JSON.stringify(toWireRequest(story, findings)),
    sender: senderOf(story),
    occurrence: toOccurrence({ story, findings, nowMs }),
  }
}

function gatewayOf({ gateway, startTimeNs }: Story, atMs: number): SeenGateway {
  const { name, release, instance } = gateway
  return {
    name,
    ...(release !== undefined && { release }),
    ...(instance !== undefined && { instance }),
    atMs: Math.min(Number(startTimeNs / 1_000_000n), atMs),
  }
}

function namesOf({ attempts, client, route }: Story): readonly string[] {
  const names = attempts.flatMap((attempt) => [
    attempt.deployment,
    attempt.model,
    attempt.provider,
    attempt.route,
    attempt.reason,
    attempt.errorType,
    attempt.statusCode?.toString(),
  ])
  const all = [...names, client.errorType, client.statusCode?.toString()]
  const known = all.filter((name) => name !== undefined)
  const given = [...new Set(known)].filter((name) => name !== '' && name !== route)
  // Whoever looks for part of a name finds the whole one: a provider stands in its deployment.
  return given.filter((name) => !given.some((other) => other !== name && other.includes(name)))
}

function firstTargetFailure(story: Story): FirstTargetFailure | undefined {
  const cause = rootCause(story)
  const result = firstTargetResult(story)
  if (cause === undefined || result === undefined) return undefined
  const { deployment, provider, model } = cause
  const named = [provider, model].filter((name) => name !== undefined).join('/')
  return { target: deployment ?? named, result }
}

/** Undefined: it did not fail for good, or nothing tells whether another target is configured. */
function firstTargetResult(story: Story): FirstTargetResult | undefined {
  if (isEligibleFailure(story) === true) {
    if (story.outcome === 'rescued') return 'rescued'
    return story.fallbacks.tried === true ? 'failed' : 'bypassed'
  }
  const cause = rootCause(story)
  if (cause === undefined || !mayFallBack(cause) || story.outcome !== 'failed') return undefined
  if (story.fallbacks.disabled?.value === true) return 'disabled'
  return story.fallbacks.configured?.value.length === 0 ? 'unconfigured' : undefined
}
