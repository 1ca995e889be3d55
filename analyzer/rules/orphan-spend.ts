import type { Attempt, Confidence } from '../story/story.ts'
import { describeTarget, mergeEvidence } from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** Invariant I5, broken: nobody reads this answer any more, and it is paid for. */
export const orphanSpend: Rule = {
  id: 'orphan-spend',
  severity: 'medium',
  title: 'Paid for after the client left',
  description:
    'The client went away, and the router went on: it asked another target, or let the provider write on.',
  opensWhenRescued: true,
  needs: ['attempt-target', 'client-gone'],
  remedy: {
    stopItNow: {
      text: 'Limit what one answer of {route} can cost: a `max_tokens` on its deployments, and a `stream_timeout`, which also ends what nobody reads.',
      snippet: {
        language: 'yaml',
        code: 'model_list:\n  - model_name: {route}\n    litellm_params:\n      max_tokens: 1024\n      stream_timeout: 60',
      },
    },
    fixIt: {
      text: 'Look for what keeps the provider connection after the client has closed its own: a proxy in between that hides the leaving (buffering, HTTP/2 to HTTP/1.1), or a router that does not watch for it (LiteLLM #17364). The sidecar lets go within 100 ms, and asks nobody further: if it fires this rule, that is a defect of ours.',
    },
    verify: verifyStep('orphan-spend'),
  },
  evaluate(story) {
    const goneNs = story.client.goneTimeNs
    if (goneNs === undefined) return undefined
    const orphan = story.attempts.find((attempt) => leftovers(attempt, goneNs) !== undefined)
    const left = orphan === undefined ? undefined : leftovers(orphan, goneNs)
    if (orphan === undefined || left === undefined) return undefined
    return {
      confidence: story.sureness === 'certain' ? left.confidence : 'likely',
      summary: `The client left; ${describeTarget(orphan)} was ${left.sentence}.`,
      evidence: mergeEvidence(story.client.evidence, orphan.evidence),
      cause: left.cause,
    }
  },
}

/** A leaving is noticed a moment after it: what began within that was on its way. */
const NOTICE_NS = 100_000_000n

/** Closing a connection takes longer than not opening one. */
const CLOSE_NS = 1_000_000_000n

interface Leftover {
  readonly confidence: Confidence
  /** Closed words: they tell incidents apart. */
  readonly cause: string
  readonly sentence: string
}

function leftovers(attempt: Attempt, goneNs: bigint): Leftover | undefined {
  if (attempt.startTimeNs > goneNs + NOTICE_NS) {
    return {
      confidence: 'certain',
      cause: 'asked after the client left',
      sentence: `asked ${seconds(attempt.startTimeNs - goneNs)} after that`,
    }
  }
  if (attempt.endTimeNs > goneNs + CLOSE_NS) {
    return {
      // A span may also be ended late.
      confidence: 'likely',
      cause: 'held after the client left',
      sentence: `let write on for another ${seconds(attempt.endTimeNs - goneNs)}`,
    }
  }
  return undefined
}

function seconds(ns: bigint): string {
  return `${(Number(ns) / 1e9).toFixed(1)} s`
}
