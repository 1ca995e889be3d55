import { attemptList } from '../attempt-list.ts'
import { toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ClientError } from '../protocol.ts'

/** Anthropic's own error types; clients switch on them. */
const TYPES: ReadonlySet<string> = new Set([
  'invalid_request_error',
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'conflict_error',
  'request_too_large',
  'rate_limit_error',
  'api_error',
  'timeout_error',
  'overloaded_error',
])

const TYPES_BY_STATUS: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [409, 'conflict_error'],
  [413, 'request_too_large'],
  [422, 'invalid_request_error'],
  [429, 'rate_limit_error'],
  [503, 'overloaded_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
])

export function messagesErrorBody(error: ClientError): JsonObject {
  return {
    type: 'error',
    error: { type: messagesErrorType(error), message: error.message, ...attemptList(error) },
    ...(error.requestId === undefined ? {} : { request_id: error.requestId }),
  }
}

export function encodeMessagesError(error: ClientError): Uint8Array {
  return toBytes(JSON.stringify(messagesErrorBody(error)))
}

/**
 * Another provider's word (`server_error`, `insufficient_quota`) becomes Anthropic's for its
 * status.
 */
function messagesErrorType({ type, statusCode }: ClientError): string {
  if (TYPES.has(type)) return type
  return TYPES_BY_STATUS.get(statusCode) ?? 'api_error'
}
