import { expect, test } from 'vitest'
import type { StreamEvent } from '../../../../collector/protocol/event.ts'
import { protocolOf } from '../../../../collector/protocol/index.ts'
import { chatBody, parse, textOf } from '../../../support/play-streams.ts'

function encode(events: readonly StreamEvent[]): string {
  const encoder = protocolOf('chat').createEncoder({
    request: parse('chat', chatBody),
    createdSeconds: 1,
    nowSeconds: () => 9,
    createId: (prefix) => `${prefix}1`,
  })
  return textOf(encoder.encode(events))
}

/** The arguments of each call, put together as every SDK does. */
function argumentsIn(stream: string): readonly string[] {
  const calls: string[] = []
  for (const frame of stream.split('\n\n').filter((text) => text.startsWith('data: {'))) {
    const [choice] = JSON.parse(frame.slice('data: '.length)).choices
    for (const { index, function: called } of choice?.delta.tool_calls ?? []) {
      calls[index] = (calls[index] ?? '') + (called.arguments ?? '')
    }
  }
  return calls
}

const TWO_CALLS: readonly StreamEvent[] = [
  { kind: 'tool-call', index: 0, id: 'toolu_1', name: 'now' },
  { kind: 'tool-call', index: 1, id: 'toolu_2', name: 'find' },
  { kind: 'tool-arguments', index: 1, json: '{"a":1}' },
]

test('a call that was given no arguments has an empty object, for who parses what it gets', () => {
  const ended = encode([...TWO_CALLS, { kind: 'terminal', native: 'tool_use', stop: 'tool-calls' }])
  expect(argumentsIn(ended)).toEqual(['{}', '{"a":1}'])
  expect(ended.indexOf('"{}"')).toBeLessThan(ended.indexOf('"finish_reason":"tool_calls"'))
})

test('a call that the limit cut off before its arguments is given none', () => {
  const cut = encode([...TWO_CALLS, { kind: 'terminal', native: 'max_tokens', stop: 'length' }])
  expect(argumentsIn(cut)).toEqual(['', '{"a":1}'])
})
