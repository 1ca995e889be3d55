import type { JsonObject } from './json.ts'
import type { ClientError } from './protocol.ts'

/**
 * Every attempt, beside the root cause: what was tried is never hidden from who has to explain it.
 */
export function attemptList(error: ClientError): JsonObject {
  if (error.attempts.length === 0) return {}
  return {
    attempts: error.attempts.map((attempt) => ({
      number: attempt.number,
      deployment: attempt.deployment,
      reason: attempt.reason,
      phase: attempt.phase,
      ...(attempt.statusCode === undefined ? {} : { status_code: attempt.statusCode }),
      message: attempt.message,
    })),
  }
}
