import type { Attempt, Story } from '../story/story.ts'

/** What an attempt put before the client; undefined where the spans cannot tell. */

export function toolCallsOf({ delivered, finishReasons }: Attempt): number | undefined {
  if (delivered?.toolCalls !== undefined) return delivered.toolCalls
  if (delivered?.kinds?.includes('tool_call') === true) return 1
  if (finishReasons?.some((reason) => TOOL_ENDS.has(reason)) === true) return 1
  // An end that was no call was reached without one; a stream that broke says nothing of it.
  return finishReasons?.some((reason) => PROSE_ENDS.has(reason)) === true ? 0 : undefined
}

export function hasToolCall(attempt: Attempt): boolean {
  return (toolCallsOf(attempt) ?? 0) > 0
}

/**
 * Characters count reasoning too: whoever reads it has read it. Without their kinds they are text
 * only where no tool call was among them.
 */
export function hasText({ delivered }: Attempt): boolean {
  if (delivered?.chars === undefined || delivered.chars <= 0) return false
  return delivered.kinds?.some(isProse) ?? delivered.toolCalls === 0
}

/** How this attempt was asked to go on, where it was not the first. */
export function continuationOf(
  story: Story,
  attempt: Attempt,
): Story['continuations'][number] | undefined {
  return story.continuations.find((continuation) => continuation.attempt === attempt.number)
}

function isProse(kind: string): boolean {
  return kind !== 'tool_call'
}

/** The words of Chat Completions and of Messages for an answer that ends with a call. */
const TOOL_ENDS: ReadonlySet<string> = new Set(['tool_calls', 'tool_use', 'function_call'])

const PROSE_ENDS: ReadonlySet<string> = new Set(['stop', 'end_turn', 'stop_sequence'])
