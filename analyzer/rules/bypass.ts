import type { FailureReason, NotTriedReason } from '../../collector/vocabulary.ts'
import { mayFallBack, rootCause } from '../story/eligible.ts'
import type { Attempt, Confidence, Fact, Story } from '../story/story.ts'
import {
  causeOf,
  describeClient,
  describeError,
  describePhase,
  describeTarget,
  mergeEvidence,
} from './describe.ts'
import { leftMoreUnasked } from './left-unasked.ts'
import type { Finding } from './rule.ts'

/**
 * One incident family for two rules: an eligible failure whose configured fallback was never asked.
 * An honest `stop` after content counts too: the client stayed, and was not rescued.
 */
export function findBypass(story: Story): Finding | undefined {
  const cause = rootCause(story)
  const { configured, disabled, tried } = story.fallbacks
  if (story.outcome !== 'failed' || cause === undefined || !mayFallBack(cause)) return undefined
  if (tried !== false && !leftMoreUnasked(story)) return undefined
  if (disabled?.value === true) return undefined
  if (configured === undefined || configured.value.length === 0) return undefined
  const why = whyNotTried(story, cause)
  if (why === undefined) return undefined
  return {
    confidence: confidenceOf(story, configured),
    summary: `${describeTarget(cause)} failed ${describePhase(cause)}: ${describeError(cause)}. ${unasked(story, configured.value)}${why === UNTOLD ? '' : ` (${why})`}; ${describeClient(story)}.`,
    evidence: mergeEvidence(
      cause.evidence,
      configured.evidence === undefined ? [] : [configured.evidence],
      story.client.evidence,
    ),
    cause: `${causeOf(cause)}, ${why}`,
  }
}

function unasked(story: Story, configured: readonly string[]): string {
  if (story.fallbacks.tried === false)
    return `Its fallback ${configured.join(', ')} was never asked`
  const asked = new Set(story.attempts.map(({ route }) => route))
  const left = configured.filter((route) => !asked.has(route))
  const whom = left.length === 0 ? 'another of its targets' : left.join(', ')
  return `${story.attempts.length} attempts failed, and ${whom} was never asked`
}

/** In closed words, for they tell incidents apart; undefined where not trying was right. */
function whyNotTried(story: Story, cause: Attempt): string | undefined {
  const stated = story.fallbacks.notTried?.value
  if (stated === undefined) {
    // Our own router always says why: where its word was lost, it may have been right.
    return story.gateway.name === 'secondwind' ? undefined : whyBySymptom(cause)
  }
  return WHY_STATED.get(stated)
}

/** What a router gives as its reason; the others were right, or are classes of their own. */
const WHY_STATED: ReadonlyMap<NotTriedReason, string> = new Map([
  ['stopped_after_content', 'stopped after content'],
  ['no_budget', 'no budget left'],
])

/** LiteLLM gives no reason, and the spans do not show when the stream broke. */
const UNTOLD = 'no reason given'

function whyBySymptom(cause: Attempt): string {
  if (cause.phase === 'mid_stream') return 'after content'
  const symptom = cause.reason === undefined ? undefined : WHY_BY_REASON.get(cause.reason)
  return symptom ?? UNTOLD
}

const WHY_BY_REASON: ReadonlyMap<FailureReason, string> = new Map([
  ['timeout-connect', 'time-out'],
  ['timeout-first-event', 'time-out'],
  ['timeout-first-content', 'time-out'],
  ['timeout-total', 'time-out'],
  ['timeout-idle', 'stall'],
  ['rate-limited', 'rate limit'],
])

function confidenceOf(story: Story, configured: Fact<readonly string[]>): Confidence {
  return story.sureness === 'certain' && story.attemptsComplete && configured.source === 'span'
    ? 'certain'
    : 'likely'
}
