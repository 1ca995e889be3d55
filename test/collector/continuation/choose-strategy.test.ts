import { describe, expect, test } from 'vitest'
import { chooseStrategy } from '../../../collector/continuation/choose-strategy.ts'
import type { StrategyInput } from '../../../collector/continuation/choose-strategy.ts'
import type { RequestFeatures } from '../../../collector/protocol/protocol.ts'
import { STRATEGY_CAUSES } from '../../../collector/vocabulary.ts'
import type { Capability, Strategy } from '../../../collector/vocabulary.ts'

interface Given {
  readonly features?: Partial<RequestFeatures>
  readonly disabled?: boolean
  readonly committed?: boolean
  readonly delivered?: Partial<StrategyInput['delivered']>
  readonly continuation?: Partial<StrategyInput['continuation']>
  readonly prefill?: Capability
  readonly refused?: readonly Strategy[]
}

function choose(given: Given): string {
  const { strategy, why, forced } = chooseStrategy({
    request: {
      features: {
        tools: 0,
        n: 1,
        logprobs: false,
        audio: false,
        hostedTools: false,
        stateful: false,
        thinking: false,
        includeUsage: false,
        stopSequences: [],
        ...given.features,
      },
      options: { disableFallbacks: false, disableContinuation: given.disabled ?? false },
    },
    committed: given.committed ?? true,
    delivered: {
      kinds: ['text'],
      lastKind: 'text',
      toolCalls: 0,
      text: 'Half an',
      textComplete: true,
      ...given.delivered,
    },
    continuation: {
      enabled: true,
      strategy: 'auto',
      withTools: false,
      requireAnchor: false,
      ...given.continuation,
    },
    capability: { prefill: given.prefill ?? 'no', source: 'table' },
    refused: given.refused ?? [],
  })
  return `${strategy} ${why}${forced ? ' forced' : ''}`
}

const cases: readonly (readonly [title: string, given: Given, chosen: string])[] = [
  ['nothing delivered', { committed: false }, 'restart nothing_delivered'],
  [
    'nothing delivered, even where stop is forced',
    { committed: false, continuation: { strategy: 'stop' } },
    'restart nothing_delivered',
  ],
  ['white space delivered', { delivered: { text: ' \n' } }, 'restart nothing_delivered'],
  ['target prefills', { prefill: 'yes' }, 'prefill capability'],
  ['target rejects prefill', { prefill: 'no' }, 'user_turn capability'],
  ['target is not known', { prefill: 'unknown' }, 'user_turn capability'],
  [
    'target prefills, but thinking was asked for',
    { prefill: 'yes', features: { thinking: true } },
    'user_turn thinking',
  ],
  [
    'reasoning and text delivered',
    { delivered: { kinds: ['reasoning', 'text'] } },
    'user_turn capability',
  ],
  [
    'reasoning without text delivered',
    { delivered: { kinds: ['reasoning'], lastKind: 'reasoning', text: '' } },
    'stop thinking',
  ],
  [
    'reasoning and white space delivered',
    { delivered: { kinds: ['reasoning', 'text'], text: ' ' } },
    'stop thinking',
  ],
  [
    'a second thought begun behind text',
    { delivered: { kinds: ['text', 'reasoning'], lastKind: 'reasoning' } },
    'stop thinking',
  ],
  ['a tool call begun', { delivered: { kinds: ['text', 'tool_call'] } }, 'stop tool_call'],
  ['a tool call delivered', { delivered: { toolCalls: 1 } }, 'stop tool_call'],
  ['a tool required', { features: { tools: 1, toolChoice: 'required' } }, 'stop tool_choice'],
  ['a tool named', { features: { tools: 1, toolChoice: 'named' } }, 'stop tool_choice'],
  ['JSON mode', { features: { responseFormat: 'json_object' } }, 'stop schema'],
  ['a schema', { features: { responseFormat: 'json_schema' } }, 'stop schema'],
  ['several choices', { features: { n: 2 } }, 'stop n_gt_1'],
  ['logprobs', { features: { logprobs: true } }, 'stop logprobs'],
  ['audio', { features: { audio: true } }, 'stop audio'],
  ['hosted tools', { features: { hostedTools: true } }, 'stop hosted_tools'],
  ['state at one provider', { features: { stateful: true } }, 'stop stateful'],
  ['a refusal delivered', { delivered: { kinds: ['refusal'] } }, 'stop capability'],
  ['an unknown event delivered', { delivered: { kinds: ['text', 'other'] } }, 'stop capability'],
  ['more text than is kept', { delivered: { textComplete: false } }, 'stop capability'],
  ['tools, and prefill', { prefill: 'yes', features: { tools: 2 } }, 'prefill capability'],
  ['tools, and no prefill', { features: { tools: 2 } }, 'stop tools_present'],
  ['tools on auto', { features: { tools: 2, toolChoice: 'auto' } }, 'stop tools_present'],
  ['tools on none', { features: { tools: 2, toolChoice: 'none' } }, 'user_turn capability'],
  [
    'tools, and the operator accepts it',
    { features: { tools: 2 }, continuation: { withTools: true } },
    'user_turn capability',
  ],
  ['disabled by the request', { disabled: true }, 'restart continuation_disabled'],
  [
    'disabled by configuration',
    { continuation: { enabled: false, strategy: 'prefill' } },
    'restart continuation_disabled',
  ],
  [
    'disabled, and a tool call begun',
    { disabled: true, delivered: { kinds: ['tool_call'] } },
    'stop tool_call',
  ],
  ['prefill forced', { continuation: { strategy: 'prefill' } }, 'prefill forced forced'],
  [
    'user_turn forced',
    { continuation: { strategy: 'user_turn' }, prefill: 'yes', features: { tools: 1 } },
    'user_turn forced forced',
  ],
  ['restart forced', { continuation: { strategy: 'restart' } }, 'restart forced forced'],
  ['stop forced', { continuation: { strategy: 'stop' } }, 'stop forced forced'],
  [
    'prefill forced, and a schema',
    { continuation: { strategy: 'prefill' }, features: { responseFormat: 'json_schema' } },
    'stop schema',
  ],
  [
    'prefill forced and refused: nothing else is tried',
    { continuation: { strategy: 'prefill' }, refused: ['prefill'] },
    'stop forced forced',
  ],
  [
    'prefill refused: the next honest one',
    { prefill: 'yes', refused: ['prefill'] },
    'user_turn capability',
  ],
  [
    'prefill refused with tools',
    { prefill: 'yes', refused: ['prefill'], features: { tools: 1 } },
    'stop tools_present',
  ],
  ['both refused', { prefill: 'yes', refused: ['prefill', 'user_turn'] }, 'stop capability'],
]

describe('chooseStrategy', () => {
  test.each(cases)('%s', (_, given, chosen) => {
    expect(choose(given)).toBe(chosen)
  })

  test('every cause of the vocabulary is given for something', () => {
    const given = new Set(cases.map(([, , chosen]) => chosen.split(' ')[1]))
    expect(STRATEGY_CAUSES.filter((cause) => !given.has(cause))).toEqual([])
  })
})
