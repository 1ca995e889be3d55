import type { StopKind } from '../event.ts'

/**
 * OpenAI's five words, and those that compatible servers use instead. A word that is not here is
 * `other`: complete in its own protocol, and nothing that another one could be told.
 */
const STOPS: ReadonlyMap<string, StopKind> = new Map([
  ['stop', 'end'],
  ['end_turn', 'end'],
  ['stop_sequence', 'end'],
  ['eos', 'end'],
  ['eos_token', 'end'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['tool_use', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'filtered'],
  ['refusal', 'filtered'],
  ['safety', 'filtered'],
])

export function stopOfFinishReason(native: string): StopKind {
  return STOPS.get(native.toLowerCase()) ?? 'other'
}

/** `error` is OpenRouter's; Portkey writes Anthropic's error type (`overloaded_error`) there. */
export function isErrorFinish(native: string): boolean {
  return native === 'error' || native.endsWith('_error')
}

export function finishReasonOf(stop: StopKind, native: string): string {
  switch (stop) {
    case 'end':
      return 'stop'
    case 'length':
      return 'length'
    case 'tool-calls':
      return 'tool_calls'
    case 'filtered':
      return 'content_filter'
    case 'paused':
    case 'other':
      return native
    default:
      return stop satisfies never
  }
}
