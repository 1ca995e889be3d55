import { toWireRequest } from '../api/to-wire-request.ts'
import { toOccurrence } from '../incidents/occurrence.ts'
import type { RuledFinding } from '../rules/rule.ts'
import type { Verdict } from '../store/verdict-store.ts'
import { isEligibleFailure } from '../story/eligible.ts'
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
  return {
    storyId: story.id,
    source: story.source,
    traceIds: story.traceIds,
    // A sender's clock may be ahead of ours: nothing has happened later than it was told.
    atMs: Math.min(Number(story.endTimeNs / 1_000_000n), nowMs),
    route: story.route,
    outcome: story.outcome,
    caller: team ?? keyAlias ?? keyHash,
    eligible: isEligibleFailure(story) === true,
    findings: findings.map(({ rule, title, severity }) => ({ rule, title, severity })),
    wire: JSON.stringify(toWireRequest(story, findings)),
    occurrence: toOccurrence({ story, findings, nowMs }),
  }
}
