import type { Attempt, Story } from '../story/story.ts'
import { describeTarget } from './describe.ts'
import type { Rule } from './rule.ts'
import { SIDECAR_BEHIND_LITELLM } from './sidecar-behind-litellm.ts'
import { verifyStep } from './verify-step.ts'

/** LiteLLM #33273: what was used before the fallback is dropped, and so is what the rescue used. */
export const usageLost: Rule = {
  id: 'usage-lost',
  severity: 'info',
  title: 'Tokens counted nowhere',
  description:
    'An attempt answered, and its tokens are in no count: budgets, bills and limits that rest on the gateway’s figures are too low.',
  opensWhenRescued: false,
  needs: ['usage'],
  remedy: {
    stopItNow: {
      text: 'Take the provider’s own bill, not the gateway’s figures, for the spend of {route} since the first of these; raise no budget on what the gateway counts.',
    },
    fixIt: {
      text: 'LiteLLM 1.90 to 1.97 counts no input tokens of a stream that a fallback rescued or that broke after content; 1.109 counts both: upgrade. It never adds the broken attempt’s tokens to what the client reads. The sidecar counts every attempt on its own span, estimates what a provider did not say, and says that it did (`secondwind.usage.source`).',
      snippet: SIDECAR_BEHIND_LITELLM,
    },
    verify: verifyStep('usage-lost'),
  },
  releases: [
    {
      gateway: 'litellm',
      from: '1.90',
      to: '1.97',
      text: 'v2 writes 0 input tokens on the attempt that rescued a stream after its headers, and on the one that broke; v1 writes no tokens on a failed attempt.',
    },
    {
      gateway: 'litellm',
      to: '1.95',
      text: 'Asks no OpenAI stream for its usage: every streamed count is an estimate.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'Counts the rescuing attempt; the client’s own usage still leaves the broken one out.',
    },
  ],
  evaluate(story) {
    const lost = story.attempts.flatMap((attempt) => lossOf(attempt) ?? [])
    const [first] = lost
    if (first === undefined) return undefined
    return {
      confidence: lost.some(({ sure }) => sure) ? story.sureness : 'likely',
      summary: `${lost.map(({ attempt, what }) => `${describeTarget(attempt)} ${what}`).join('; ')}.`,
      evidence: lost.map(({ attempt, key, value }) => ({
        spanId: attempt.spanId ?? story.requestSpanId,
        key,
        value,
      })),
      cause: causeOf(story, first),
    }
  },
}

interface Loss {
  readonly attempt: Attempt
  readonly what: string
  readonly key: string
  readonly value: string
  readonly sure: boolean
}

function lossOf(attempt: Attempt): Loss | undefined {
  const { usage } = attempt
  if (usage === undefined) return undefined
  if (usage.source === 'unknown') {
    return {
      attempt,
      what: 'began to answer and never said what that cost',
      key: 'usage',
      value: usage.source,
      // A provider need not bill what it gave no content for.
      sure: false,
    }
  }
  if (!hasAnswered(attempt)) return undefined
  // Nobody asks a model with nothing, so a zero there is no count.
  if (usage.inputTokens === 0) {
    return {
      attempt,
      what: 'answered, and no input tokens are counted',
      key: 'input tokens',
      value: '0',
      sure: true,
    }
  }
  if (usage.outputTokens === 0 && (attempt.delivered?.chars ?? 0) > 0) {
    return {
      attempt,
      what: 'delivered text, and no output tokens are counted',
      key: 'output tokens',
      value: '0',
      sure: true,
    }
  }
  return undefined
}

function hasAnswered({ status, phase, delivered }: Attempt): boolean {
  return status === 'ok' || phase === 'mid_stream' || (delivered?.chunks ?? 0) > 0
}

function causeOf({ outcome }: Story, { key }: Loss): string {
  return outcome === 'rescued' ? `${key}, rescued` : key
}
