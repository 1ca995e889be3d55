import type { PayloadShape } from '../protocol/protocol.ts'
import type { FallbackDecision } from '../routing/recorder.ts'
import * as v from '../vocabulary.ts'
import type { SpanValues } from './span-writer.ts'

/** Shape of the client's own request: counts and names, never content. */
export function requestShapeValues(shape: PayloadShape | undefined): SpanValues<'request'> {
  if (shape === undefined) return {}
  return {
    [v.ATTR_SHAPE_MESSAGES]: shape.messages,
    [v.ATTR_SHAPE_LAST_ROLE]: shape.lastRole,
    [v.ATTR_SHAPE_PREFILL]: shape.prefill,
    [v.ATTR_SHAPE_BYTES]: shape.bytes,
    [v.ATTR_SHAPE_TOOLS]: shape.tools,
    [v.ATTR_SHAPE_TOOL_CHOICE]: shape.toolChoice,
    [v.ATTR_SHAPE_RESPONSE_FORMAT]: shape.responseFormat,
    [v.ATTR_SHAPE_MAX_TOKENS]: shape.maxTokens,
  }
}

/** Shape of the request that a fallback sends. */
export function fallbackPayloadValues(
  payload: FallbackDecision['payload'],
): SpanValues<'fallback'> {
  if (payload === undefined) return {}
  return {
    [v.ATTR_PAYLOAD_MESSAGES]: payload.messages,
    [v.ATTR_PAYLOAD_MESSAGES_ADDED]: payload.messagesAdded,
    [v.ATTR_PAYLOAD_LAST_ROLE]: payload.lastRole,
    [v.ATTR_PAYLOAD_PREFILL]: payload.prefill,
    [v.ATTR_PAYLOAD_BYTES]: payload.bytes,
    [v.ATTR_PAYLOAD_PARTIAL_CHARS]: payload.partialChars,
    [v.ATTR_PAYLOAD_TOOLS]: payload.tools,
    [v.ATTR_PAYLOAD_TOOL_CHOICE]: payload.toolChoice,
    [v.ATTR_PAYLOAD_RESPONSE_FORMAT]: payload.responseFormat,
    [v.ATTR_PAYLOAD_MAX_TOKENS]: payload.maxTokens,
  }
}
