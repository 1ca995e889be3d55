import type { StopKind } from '../event.ts'

const STOPS: ReadonlyMap<string, StopKind> = new Map([
  ['end_turn', 'end'],
  ['stop_sequence', 'end'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'filtered'],
  // "Send this back to me to go on": no other protocol has a word for it.
  ['pause_turn', 'paused'],
])

export function stopOfStopReason(native: string): StopKind {
  return STOPS.get(native) ?? 'other'
}

export function stopReasonOf(stop: StopKind, native: string): string {
  // The provider's own word says more than the kind: `stop_sequence` and `end_turn` are one kind.
  if (STOPS.get(native) === stop) return native
  switch (stop) {
    case 'end':
      return 'end_turn'
    case 'length':
      return 'max_tokens'
    case 'tool-calls':
      return 'tool_use'
    case 'filtered':
      return 'refusal'
    case 'paused':
    case 'other':
      return native
    default:
      return stop satisfies never
  }
}
