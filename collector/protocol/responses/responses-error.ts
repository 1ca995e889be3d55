import { toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ClientError } from '../protocol.ts'
import { chatErrorObject } from '../chat/chat-error.ts'

/** Responses shares OpenAI's error object with Chat. */
export function encodeResponsesError(error: ClientError): Uint8Array {
  return toBytes(JSON.stringify({ error: chatErrorObject(error) }))
}

/** The `error` of a Response that failed, whose `code` is one of a closed list. */
export function responseError(error: ClientError): JsonObject {
  const code = error.statusCode === 429 ? 'rate_limit_exceeded' : 'server_error'
  return { code, message: error.message }
}

/**
 * The `error` event in both of its shapes: flat as the specification has it, nested as OpenAI and
 * Azure send it. Some clients raise on the one, some on the other.
 */
export function errorEventFields(error: ClientError): JsonObject {
  const nested = chatErrorObject(error, 'upstream_stream_failed')
  return {
    code: error.code ?? 'upstream_stream_failed',
    message: error.message,
    param: error.param ?? null,
    error: nested,
  }
}
