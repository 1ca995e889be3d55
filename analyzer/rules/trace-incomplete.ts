import type { Evidence, Story } from '../story/story.ts'
import { mergeEvidence } from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/**
 * The one rule that speaks of a story that is incomplete: where no verdict can be given, that is
 * said, instead of counting half a request as a whole one (LiteLLM #8842, #41552).
 */
export const traceIncomplete: Rule = {
  id: 'trace-incomplete',
  severity: 'info',
  title: 'Spans missing: no verdict, and that is said',
  description:
    'The span that tells how a request ended never came: what the client got is not known, and nothing else is concluded from the rest.',
  opensWhenRescued: false,
  needs: ['request-span'],
  remedy: {
    stopItNow: {
      text: 'See whether spans are lost on their way: refused or dropped ones are counted here, by source; a sender and a Collector count theirs as well. If nothing is lost, the gateway never exported the span.',
      snippet: {
        language: 'sh',
        code: "curl -s http://127.0.0.1:4319/metrics | grep -E '^secondwind_spans_total'",
      },
    },
    fixIt: {
      text: 'Sample whole traces or none: a sampler or filter that takes the request’s own span makes all others worthless. Let the sender keep more while it cannot send. LiteLLM up to 1.90 never exports the root of a request whose client left or whose stream hung: upgrade to 1.95 or later.',
      snippet: {
        language: 'sh',
        code: 'export OTEL_TRACES_SAMPLER=parentbased_always_on OTEL_BSP_MAX_QUEUE_SIZE=8192',
      },
    },
    verify: verifyStep('trace-incomplete'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.90',
      text: 'Never exports the root of a request whose client left, that hung behind keep-alive comments, or whose native /v1/responses or /v1/messages stream broke; v2 of 1.90 then has a SERVER span without any attempt.',
    },
    {
      gateway: 'litellm',
      from: '1.95',
      to: '1.97',
      text: 'Only /v1/responses streams that just stop or fall silent leave no root, and rescues that an SDK gave up.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'Only a rescue that the client’s SDK gave up leaves no root.',
    },
  ],
  evaluate(story) {
    if (!story.incomplete) return undefined
    return {
      confidence: story.sureness,
      summary: `${whatCame(story)}, and no span that tells how the request ended: nothing is concluded.`,
      evidence: evidenceOf(story),
      cause: 'spans missing',
    }
  },
}

function whatCame({ attempts }: Story): string {
  const [only, ...more] = attempts
  if (only === undefined) return 'Spans of a request came, none of an attempt'
  if (more.length > 0) return `Spans of ${attempts.length} attempts came`
  return 'The span of one attempt came'
}

function evidenceOf({ attempts, requestSpanId }: Story): readonly Evidence[] {
  const known = mergeEvidence(
    ...attempts.map(({ spanId, status, evidence }) =>
      evidence.length > 0 || spanId === undefined
        ? evidence
        : [{ spanId, key: 'attempt', value: status }],
    ),
  )
  return known.length > 0 ? known : [{ spanId: requestSpanId, key: 'request', value: 'no end' }]
}
