import { attemptList } from '../attempt-list.ts'
import { toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ClientError } from '../protocol.ts'

/** Types that Anthropic's SDK knows; https://platform.claude.com/docs/en/api/errors. */
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

export function messagesErrorBody(error: ClientError): JsonObject {
  return {
    type: 'error',
    error: {
      type: messagesErrorType(error.type, error.statusCode),
      message: error.message,
      ...attemptList(error),
    },
    ...(error.requestId === undefined ? {} : { request_id: error.requestId }),
  }
}

export function encodeMessagesError(error: ClientError): Uint8Array {
  return toBytes(JSON.stringify(messagesErrorBody(error)))
}

/**
 * Clients switch on Anthropic's types: another provider's word (`server_error`,
 * `insufficient_quota`), or none, becomes Anthropic's for its status.
 */
export function messagesErrorType(type: string | undefined, statusCode: number): string {
  return type !== undefined && TYPES.has(type) ? type : typeOfStatus(statusCode)
}

function typeOfStatus(statusCode: number): string {
  switch (statusCode) {
    case 401:
      return 'authentication_error'
    case 402:
      return 'billing_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 409:
      return 'conflict_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    case 408:
    case 504:
      return 'timeout_error'
    case 503:
    case 529:
      return 'overloaded_error'
    default:
      return statusCode >= 500 ? 'api_error' : 'invalid_request_error'
  }
}
