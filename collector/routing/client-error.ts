import type { ClientError } from '../protocol/protocol.ts'
import type { Api } from '../vocabulary.ts'
import type { Failure } from '../upstream/failure.ts'
import { messagesErrorType } from '../protocol/messages/messages-error.ts'

/** One failed attempt of a request, as its error lists it. */
export interface FailedAttempt {
  readonly number: number
  readonly deployment: string
  readonly failure: Failure
}

/** Of one request: what went wrong, in order. Never empty. */
export type FailedAttempts = readonly [FailedAttempt, ...FailedAttempt[]]

/**
 * What the client is told when no attempt succeeded: the root cause, which is the first failure,
 * with its own status, type and message; every later one is a detail (I2).
 */
export function toClientError(failures: FailedAttempts, api: Api, requestId: string): ClientError {
  const [root] = failures
  const { failure } = root
  const statusCode = clientStatus(failure)
  const { error } = failure
  return {
    statusCode,
    type: clientType(error?.type, statusCode, api),
    message: failure.message,
    ...(error?.code !== undefined && { code: error.code }),
    ...(error?.param !== undefined && { param: error.param }),
    attempts: failures.map((failed) => ({
      number: failed.number,
      deployment: failed.deployment,
      reason: failed.failure.reason,
      phase: failed.failure.phase,
      ...(failed.failure.statusCode !== undefined && { statusCode: failed.failure.statusCode }),
      message: failed.failure.message,
    })),
    requestId,
  }
}

/** An error of the router's own, which no attempt caused. */
export function ownError(
  error: Pick<ClientError, 'statusCode' | 'message' | 'param' | 'code'>,
  api: Api,
): ClientError {
  return { ...error, type: clientType(undefined, error.statusCode, api), attempts: [] }
}

/** The upstream's own status where it is an error; else what a gateway says of such a failure. */
function clientStatus(failure: Failure): number {
  const { statusCode } = failure
  if (statusCode !== undefined && statusCode >= 400) return statusCode
  if (failure.reason.startsWith('timeout-')) return 504
  // Inside HTTP 200 there is no status; these types have one of their own in the provider's docs.
  return STATUS_BY_TYPE.get(failure.errorType ?? '') ?? 502
}

const STATUS_BY_TYPE: ReadonlyMap<string, number> = new Map([
  ['overloaded_error', 529],
  ['rate_limit_error', 429],
  ['rate_limit_exceeded', 429],
  ['timeout_error', 504],
])

function clientType(type: string | undefined, statusCode: number, api: Api): string {
  if (api === 'messages') return messagesErrorType(type, statusCode)
  if (type !== undefined && type !== '') return type
  if (statusCode === 429) return 'rate_limit_exceeded'
  return statusCode >= 500 ? 'server_error' : 'invalid_request_error'
}
