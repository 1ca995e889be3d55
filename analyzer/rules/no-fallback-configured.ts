import { mayFallBack, rootCause } from '../story/eligible.ts'
import {
  causeOf,
  describeClient,
  describeError,
  describeTarget,
  mergeEvidence,
} from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** Not a defect of the router: a gap in its configuration that an outage has found. */
export const noFallbackConfigured: Rule = {
  id: 'no-fallback-configured',
  severity: 'medium',
  title: 'Nothing to fall back to',
  description:
    'A request failed in a way that a fallback would be there for, and its route has none.',
  opensWhenRescued: false,
  needs: ['outcome', 'attempt-failure', 'fallbacks-configured'],
  remedy: {
    stopItNow: {
      text: 'Give {route} a fallback: `router_settings.fallbacks` in LiteLLM and in the sidecar, and a restart; in LiteLLM with a database, this call.',
      snippet: {
        language: 'sh',
        code: [
          'curl -X POST "$LITELLM/fallback" -H "Authorization: Bearer $MASTER_KEY" \\',
          "  -H 'Content-Type: application/json' \\",
          '  -d "$(jq -n --arg route {route} \'{model: $route, fallback_models: ["<another route>"]}\')"',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'Decide for every route whether it may fail alone; `default_fallbacks` covers those that nobody thought of.',
      snippet: {
        language: 'yaml',
        code: [
          'router_settings:',
          '  fallbacks: [{ {route}: ["<another route>"] }]',
          '  default_fallbacks: ["<a route for all that nobody thought of>"]',
        ].join('\n'),
      },
    },
    verify: verifyStep('no-fallback-configured'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.90',
      text: 'A stream that breaks without a fallback ends in LiteLLM’s own `MidStreamFallbackError`, with the whole table of fallbacks in its text.',
    },
    {
      gateway: 'litellm',
      from: '1.95',
      text: 'It ends in the error of the target itself.',
    },
  ],
  evaluate(story) {
    const cause = rootCause(story)
    const { configured, disabled, notTried, tried } = story.fallbacks
    if (story.outcome !== 'failed' || cause === undefined || !mayFallBack(cause)) return undefined
    if (configured === undefined || configured.value.length > 0 || tried === true) return undefined
    if (disabled?.value === true || notTried?.value === 'disabled') return undefined
    return {
      confidence: configured.source === 'span' ? story.sureness : 'likely',
      summary: `${describeTarget(cause)} failed: ${describeError(cause)}, and ${story.route ?? 'its route'} has no fallback; ${describeClient(story)}.`,
      evidence: mergeEvidence(
        cause.evidence,
        configured.evidence === undefined ? [] : [configured.evidence],
      ),
      cause: causeOf(cause),
    }
  },
}
