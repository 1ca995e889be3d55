import { rootCause } from '../story/eligible.ts'
import type { Attempt, Confidence, RequestShape, Story, StoryContinuation } from '../story/story.ts'
import { hasToolCall, toolCallsOf } from './delivered.ts'
import { causeOf, describeError, describeTarget, mergeEvidence } from './describe.ts'
import type { Finding, Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** Invariant I3: what cannot be continued honestly is not continued at all. */
export const continuationUnsafe: Rule = {
  id: 'continuation-unsafe',
  severity: 'high',
  title: 'Continued where it corrupts',
  description:
    'A broken answer was gone on with by another target where that cannot give a right one: a tool call was due and prose came, or the target started over instead of going on.',
  opensWhenRescued: true,
  needs: ['continuation', 'delivered'],
  remedy: {
    stopItNow: {
      text: 'Switch the continuation off for {route}: a stream that breaks after content then ends in an error that the client sees.',
      snippet: {
        language: 'yaml',
        code: 'router_settings:\n  enable_mid_stream_fallback_continuation: false # LiteLLM 1.109, and the sidecar',
      },
    },
    fixIt: {
      text: 'Sidecar: leave `secondwind.continuation.with_tools` at false, remove a forced `strategy` of {route}, and declare `model_info.supports_assistant_prefill: false` for a {fallback} that starts over. LiteLLM up to 1.96 continues every broken chat stream and has no switch for it: upgrade to 1.97 or later.',
    },
    verify: verifyStep('continuation-unsafe'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.96',
      text: 'Chat: every stream that breaks after text is gone on with from the partial text, whatever tools or schema were asked for.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'Responses: gone on with by a user turn after output, whatever tools were asked for. Chat only where `enable_mid_stream_fallback_continuation` is on.',
    },
  ],
  evaluate(story) {
    for (const continuation of story.continuations) {
      const served = story.attempts.find(({ number }) => number === continuation.attempt)
      const harm = served === undefined ? undefined : harmOf(story, continuation, served)
      if (served !== undefined && harm !== undefined) {
        return toFinding(story, { continuation, served, harm })
      }
    }
    return undefined
  },
}

interface Harm {
  readonly confidence: Confidence
  /** Closed words: they tell incidents apart. */
  readonly cause: string
  readonly sentence: string
}

function harmOf(story: Story, continuation: StoryContinuation, served: Attempt): Harm | undefined {
  const { strategy } = continuation
  const shape: RequestShape = { ...story.asked, ...continuation.shape }
  // Who starts from the original request goes on with nothing; who failed corrupted nothing.
  if (strategy !== 'prefill' && strategy !== 'user_turn') return undefined
  if (served.status !== 'ok') return undefined
  if (strategy === 'prefill' && continuation.aligned === true) return STARTED_OVER
  // Prose is told by a count of calls: where it is unknown, the call may have been made.
  if (toolCallsOf(served) !== 0) return undefined
  const before = story.attempts.filter(({ number }) => number < served.number)
  if (before.some((attempt) => attempt.status === 'failed' && hasToolCall(attempt))) return BEGUN
  const choice = shape.toolChoice
  if (choice !== undefined && MUST_CALL.has(choice)) return REQUIRED
  const mayCall = (shape.tools ?? 0) > 0 && choice !== 'none'
  return strategy === 'user_turn' && mayCall ? FORGOTTEN : undefined
}

/** As the shape of a request has them: `required` also stands for `any`, `named` for one tool. */
const MUST_CALL: ReadonlySet<string> = new Set(['required', 'named'])

const BEGUN: Harm = {
  confidence: 'certain',
  cause: 'tool call begun',
  sentence: 'A tool call had begun, and prose came after it',
}

const REQUIRED: Harm = {
  confidence: 'certain',
  cause: 'tool call required',
  sentence: 'The client had required a tool call, and prose came',
}

/** A model that is asked in prose to go on may forget to call; it may also have had no need to. */
const FORGOTTEN: Harm = {
  confidence: 'likely',
  cause: 'tools offered',
  sentence:
    'The request offered tools, and the target that was asked in prose to go on made no call',
}

/** A refrain can begin like the answer did; nothing else makes a prefill start over. */
const STARTED_OVER: Harm = {
  confidence: 'likely',
  cause: 'prefill ignored',
  sentence: 'It accepted the assistant turn and started over instead of going on from it',
}

function toFinding(
  story: Story,
  {
    continuation,
    served,
    harm,
  }: { readonly continuation: StoryContinuation; readonly served: Attempt; readonly harm: Harm },
): Finding {
  const cause = rootCause(story)
  const first = cause === undefined ? '' : `${describeTarget(cause)}: ${describeError(cause)}. `
  return {
    confidence: story.sureness === 'certain' ? harm.confidence : 'likely',
    summary: `${first}${describeTarget(served)} was asked to go on by ${STRATEGY_WORDS[continuation.strategy]}. ${harm.sentence}.`,
    evidence: mergeEvidence(continuation.evidence, served.evidence, cause?.evidence ?? []),
    cause: cause === undefined ? harm.cause : `${harm.cause}, after ${causeOf(cause)}`,
  }
}

const STRATEGY_WORDS: Readonly<Record<StoryContinuation['strategy'], string>> = {
  prefill: 'prefill',
  user_turn: 'a user turn',
  restart: 'the original request',
  stop: 'nothing',
  unknown: 'means unknown',
}
