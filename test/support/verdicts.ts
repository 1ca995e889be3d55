import type { Occurrence } from '../../analyzer/incidents/occurrence.ts'
import type { Verdict, VerdictStore } from '../../analyzer/store/verdict-store.ts'

export const NO_PROGRESS = { judgedUpTo: 0, unrecognised: 0, withoutRequest: 0 }

/** A request's part in an incident; all of them are one incident unless told otherwise. */
export function buildOccurrence(storyId: string, rest: Partial<Occurrence> = {}): Occurrence {
  const ingredients = {
    rule: 'r',
    source: 'litellm',
    from: 'a',
    to: 'b',
    provider: 'p',
    cause: 'c',
  }
  return {
    storyId,
    fingerprint: { version: 1, id: 'inc-0000000000000001', ingredients },
    atMs: 1000,
    rule: 'r',
    severity: 'high',
    confidence: 'certain',
    title: 'A title',
    summary: `summary of ${storyId}`,
    ...rest,
  }
}

/** A failed request, with what a test cares about. */
export function buildVerdict(storyId: string, rest: Partial<Verdict> = {}): Verdict {
  const atMs = rest.atMs ?? 1000
  return {
    storyId,
    source: 'litellm',
    traceIds: [`trace of ${storyId}`],
    atMs,
    route: 'a',
    api: 'chat',
    outcome: 'failed',
    caller: 'team blue',
    eligible: true,
    firstTargetFailure: { target: 'primary', result: 'failed' },
    names: ['openai/gpt-4o', 'overloaded'],
    findings: [{ rule: 'r', title: 'A title', severity: 'high', confidence: 'certain' }],
    wire: JSON.stringify({ story: storyId }),
    sender: { dialect: 'litellm-v2', release: '1.97.0', minor: 97, mode: 'proxy', api: 'chat' },
    occurrence: buildOccurrence(storyId, { atMs }),
    ...rest,
  }
}

/** Each verdict replaces those of its own traces. */
export function putVerdicts(store: VerdictStore, ...verdicts: readonly Verdict[]): void {
  store.replace(
    [{ source: 'litellm', traceIds: verdicts.flatMap(({ traceIds }) => traceIds), verdicts }],
    NO_PROGRESS,
  )
}
