import type { ContinuationConfig } from '../config/config.ts'
import type { ClientRequest } from '../protocol/protocol.ts'
import type { Strategy, StrategyCause } from '../vocabulary.ts'
import type { PrefillCapability } from './capability.ts'
import type { ClientStream } from './client-stream.ts'

/** How a target is asked to go on: one pure function of what was delivered and what it can do. */

export interface StrategyInput {
  readonly request: Pick<ClientRequest, 'features' | 'options'>
  readonly committed: boolean
  readonly delivered: Pick<
    ClientStream['delivered'],
    'kinds' | 'lastKind' | 'toolCalls' | 'text' | 'textComplete'
  >
  readonly continuation: ContinuationConfig
  readonly capability: PrefillCapability
  /** Strategies that this target has already refused for this request. */
  readonly refused?: readonly Strategy[]
}

export interface StrategyChoice {
  readonly strategy: Strategy
  readonly why: StrategyCause
  /** Configuration chose it: no other strategy is tried. */
  readonly forced: boolean
}

/** The `stop` conditions win over everything, configuration included; then what is forced. */
export function chooseStrategy(input: StrategyInput): StrategyChoice {
  if (!input.committed) return choice('restart', 'nothing_delivered')
  const cause = stopCause(input)
  if (cause !== undefined) return choice('stop', cause)
  // White space alone cannot be gone on from, and nothing can be said twice by starting again.
  if (input.delivered.text.trim() === '') return choice('restart', 'nothing_delivered')
  if (!input.continuation.enabled || input.request.options.disableContinuation) {
    return unlessRefused(input, choice('restart', 'continuation_disabled'))
  }
  const configured = input.continuation.strategy
  if (configured === 'auto') return chooseBest(input)
  return unlessRefused(input, { strategy: configured, why: 'forced', forced: true })
}

function chooseBest(input: StrategyInput): StrategyChoice {
  const { features } = input.request
  const prefills = input.capability.prefill === 'yes' && !isRefused(input, 'prefill')
  if (prefills && !features.thinking) return choice('prefill', 'capability')
  const mayCallTools = features.tools > 0 && features.toolChoice !== 'none'
  // Asked in prose to go on, a model may forget to call: the answer would be whole and wrong.
  if (mayCallTools && !input.continuation.withTools) return choice('stop', 'tools_present')
  return unlessRefused(input, choice('user_turn', prefills ? 'thinking' : 'capability'))
}

/** What cannot be continued honestly, by anyone. */
function stopCause({ request, delivered }: StrategyInput): StrategyCause | undefined {
  const { features } = request
  if (delivered.toolCalls > 0 || delivered.kinds.includes('tool_call')) return 'tool_call'
  if (features.toolChoice === 'required' || features.toolChoice === 'named') return 'tool_choice'
  if (features.responseFormat !== undefined) return 'schema'
  if (features.n > 1) return 'n_gt_1'
  if (features.logprobs) return 'logprobs'
  if (features.audio) return 'audio'
  if (features.hostedTools) return 'hosted_tools'
  if (features.stateful) return 'stateful'
  // Broken inside a thought, the client holds one without its signature: it can be neither closed
  // nor gone on with, and nobody else can think it to its end.
  const isInThought = delivered.lastKind === 'reasoning'
  const hasOnlyThoughts = delivered.kinds.includes('reasoning') && delivered.text.trim() === ''
  if (isInThought || hasOnlyThoughts) return 'thinking'
  // A refusal, an event that nobody here knows, or more text than is kept: no target can be asked.
  const isTextOnly = delivered.kinds.every((kind) => kind === 'text' || kind === 'reasoning')
  return isTextOnly && delivered.textComplete ? undefined : 'capability'
}

function unlessRefused(input: StrategyInput, chosen: StrategyChoice): StrategyChoice {
  return isRefused(input, chosen.strategy) ? { ...chosen, strategy: 'stop' } : chosen
}

function isRefused(input: StrategyInput, strategy: Strategy): boolean {
  return input.refused?.includes(strategy) === true
}

function choice(strategy: Strategy, why: StrategyCause): StrategyChoice {
  return { strategy, why, forced: false }
}
