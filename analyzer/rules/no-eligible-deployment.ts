import type { NotTriedReason } from '../../collector/vocabulary.ts'
import { rootCause } from '../story/eligible.ts'
import type { Attempt, SkippedTarget, Story } from '../story/story.ts'
import {
  causeOf,
  describeClient,
  describeError,
  describePhase,
  describeTarget,
  mergeEvidence,
} from './describe.ts'
import { leftUnasked } from './left-unasked.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/**
 * LiteLLM #20867, and its prefill gate of 1.109, which speaks of a cool-down that there is none of.
 */
export const noEligibleDeployment: Rule = {
  id: 'no-eligible-deployment',
  severity: 'high',
  title: 'No deployment was eligible',
  description:
    'A target was left, and the router refused it before any call: it was cooling down, a gate found it incapable, or the request is tied to another.',
  opensWhenRescued: false,
  needs: ['outcome', 'targets-skipped'],
  remedy: {
    stopItNow: {
      text: 'LiteLLM: give {fallback} a second deployment that shares nothing with the first, so that one cool-down does not empty the route, and restart; a restart also ends every cool-down that is not kept in Redis.',
      snippet: {
        language: 'yaml',
        code: [
          'model_list:',
          '  - model_name: {fallback}',
          '    litellm_params: { model: <provider>/<model>, api_key: os.environ/<ANOTHER_KEY> }',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'After content, LiteLLM 1.109 says the same of its prefill gate: declare what {fallback} can do, or leave `enable_mid_stream_fallback_continuation` off and put the sidecar behind it, which asks such models by a user turn. Otherwise shorten `cooldown_time` and raise `allowed_fails`. A request that names state of one provider (`previous_response_id`, files) can only be saved by a target of the same origin and key.',
      snippet: {
        language: 'yaml',
        code: [
          'model_list:',
          '  - model_name: {fallback}',
          '    model_info: { supports_assistant_prefill: true } # only where its model accepts it',
          'router_settings:',
          '  allowed_fails: 3',
          '  cooldown_time: 5',
        ].join('\n'),
      },
    },
    verify: verifyStep('no-eligible-deployment'),
  },
  releases: [
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'With `enable_mid_stream_fallback_continuation: true`, a target that is not known to accept prefill is refused as "No deployments available for selected model, Try again in 5 seconds", with no call made and nothing cooling down.',
    },
  ],
  evaluate(story) {
    const { notTried, skipped } = story.fallbacks
    if (story.outcome !== 'failed' || notTried === undefined) return undefined
    if (leftUnasked(story) !== 'ineligible') return undefined
    const cause = rootCause(story)
    const why = whyRefused(story)
    return {
      confidence: story.sureness,
      summary: `${whatHappened(story, cause)} before any call (${why}); ${describeClient(story)}.`,
      evidence: mergeEvidence(
        cause?.evidence ?? [],
        [notTried.evidence, skipped?.evidence].filter((evidence) => evidence !== undefined),
        story.client.evidence,
      ),
      cause: cause === undefined ? `no target asked, ${why}` : `${causeOf(cause)}, ${why}`,
    }
  },
}

function whatHappened(story: Story, cause: Attempt | undefined): string {
  if (cause === undefined && !isOfSidecar(story)) {
    return `Every deployment of ${story.route ?? 'the route'} was refused`
  }
  const what =
    cause === undefined
      ? `No deployment of ${story.route ?? 'the route'} was asked`
      : `${describeTarget(cause)} failed ${describePhase(cause)}: ${describeError(cause)}`
  return `${what}. ${whomElse(story)}`
}

/** It says of each target why; LiteLLM tells nothing of fallbacks where its first pick failed. */
function isOfSidecar({ gateway }: Story): boolean {
  return gateway.name === 'secondwind'
}

function whomElse({ fallbacks }: Story): string {
  const refused = refusedTargets(fallbacks.skipped?.value ?? []).map(({ deployment }) => deployment)
  const names = refused.length > 0 ? refused : (fallbacks.configured?.value ?? [])
  return names.length === 0 ? 'Every other target was refused' : `${names.join(', ')} was refused`
}

/** In closed words, for they tell incidents apart. */
function whyRefused({ fallbacks }: Story): string {
  const skipped = refusedTargets(fallbacks.skipped?.value ?? []).flatMap(({ why }) =>
    why === undefined ? [] : [WORDS.get(why) ?? why],
  )
  if (skipped.length > 0) return [...new Set(skipped)].toSorted().join(' and ')
  const stated = fallbacks.notTried?.value
  return (stated === undefined ? undefined : STATED.get(stated)) ?? 'no reason given'
}

/** A target that could not be asked such a request is a class of its own. */
function refusedTargets(skipped: readonly SkippedTarget[]): readonly SkippedTarget[] {
  return skipped.filter(({ why }) => why !== 'not_translatable')
}

const WORDS: ReadonlyMap<SkippedTarget['why'], string> = new Map<SkippedTarget['why'], string>([
  ['breaker_open', 'failing too often'],
  ['cooling_down', 'cooling down'],
  ['not_portable', 'the request is tied to another target'],
  ['gate', 'refused by a gate, with nothing cooling down'],
])

/** LiteLLM has the same words for a cool-down and for its prefill gate. */
const STATED: ReadonlyMap<NotTriedReason, string> = new Map([
  ['targets_unavailable', 'cooling down, or refused by a gate'],
  ['not_portable', 'the request is tied to another target'],
])
