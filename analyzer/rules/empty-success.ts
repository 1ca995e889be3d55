import type { Attempt, Confidence, Story } from '../story/story.ts'
import { describeTarget, mergeEvidence } from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** LiteLLM #36768, #29223: a failure that the gateway did not read leaves an answer of nothing. */
export const emptySuccess: Rule = {
  id: 'empty-success',
  severity: 'medium',
  title: 'Empty answer passed off as complete',
  description:
    'The answer came to its proper end without a word and without a tool call, and the client was told that it is complete.',
  opensWhenRescued: false,
  needs: ['outcome', 'delivered'],
  remedy: {
    stopItNow: {
      text: 'Let the clients of {route} ask again where an answer is empty: no content, no tool call, no refusal, and `finish_reason` says `stop`.',
      snippet: {
        language: 'python',
        code: [
          'message = response.choices[0].message',
          'if not (message.content or message.tool_calls or message.refusal):',
          '    raise RuntimeError("empty answer")',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'Look at the provider first: a stop sequence that the model begins with, a filter that says nothing, a model that thinks and is cut off. LiteLLM up to 1.93 makes an empty answer out of a connection that broke before the first word: upgrade to 1.95 or later, or put the sidecar behind it (`api_base` of the deployment).',
    },
    verify: verifyStep('empty-success'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.93',
      text: 'A connection that breaks after the headers and before the first word becomes `finish_reason: "stop"` and [DONE], with nothing in between; no fallback is asked.',
    },
  ],
  evaluate(story) {
    if (story.outcome !== 'ok' && story.outcome !== 'rescued') return undefined
    const served = story.attempts.at(-1)
    if (served?.status !== 'ok' || !saysComplete(served)) return undefined
    const confidence = howEmpty(story, served)
    if (confidence === undefined) return undefined
    const word = served.finishReasons?.[0]
    return {
      confidence: story.sureness === 'certain' ? confidence : 'likely',
      summary: `${describeTarget(served)} ended${word === undefined ? '' : ` with \`${word}\``} and had said nothing; the client was told that the answer is complete.`,
      evidence: mergeEvidence(served.evidence, story.client.evidence),
      cause: 'nothing said',
    }
  },
}

/**
 * Words that promise an answer. A limit, a filter or a stop sequence says why there is none, and a
 * word that nobody knows may.
 */
const PROMISES: ReadonlySet<string> = new Set([
  'stop',
  'end_turn',
  'eos',
  'completed',
  'tool_calls',
  'tool_use',
  'function_call',
])

function saysComplete({ finishReasons = [] }: Attempt): boolean {
  return finishReasons.length > 0 && finishReasons.every((word) => PROMISES.has(word.toLowerCase()))
}

/**
 * Every piece that went to the client was counted, and there was none; or no text was captured and
 * no token was counted, which a tool call or a chain of thought would have been. What was delivered
 * before a rescue counts, and an attempt that does not say what it delivered may have.
 */
function howEmpty({ stream, attempts }: Story, served: Attempt): Confidence | undefined {
  if (attempts.some(({ delivered }) => !isNothing(delivered))) return undefined
  if (stream === true && served.terminal === true && served.delivered?.chunks === 0) {
    return 'certain'
  }
  // A word that tells of a tool call is nothing that the text could have shown.
  if (served.finishReasons?.some((word) => TOOL_WORDS.has(word.toLowerCase()))) return undefined
  return served.delivered?.chars === 0 && served.usage?.outputTokens === 0 ? 'likely' : undefined
}

const TOOL_WORDS: ReadonlySet<string> = new Set(['tool_calls', 'tool_use', 'function_call'])

function isNothing(delivered: Attempt['delivered']): boolean {
  if (delivered === undefined) return false
  const { chunks = 0, chars = 0, toolCalls = 0, kinds = [] } = delivered
  return chunks + chars + toolCalls + kinds.length === 0
}
