import { toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ClientError } from '../protocol.ts'
import { attemptList } from '../attempt-list.ts'

/** OpenAI's error object; all four of its own fields are required by the specification. */
export function chatErrorObject(error: ClientError, fallbackCode?: string): JsonObject {
  return {
    message: error.message,
    type: error.type,
    param: error.param ?? null,
    code: error.code ?? fallbackCode ?? null,
    ...attemptList(error),
  }
}

export function encodeChatError(error: ClientError): Uint8Array {
  return toBytes(JSON.stringify({ error: chatErrorObject(error) }))
}
