import type { Span } from '../../span.ts'

/**
 * Libraries that learn of a call from LangChain's callbacks: their span of it is never the current
 * one, so what the client library below notes of the same call stands beside it, in the same trace
 * or in one of its own (https://github.com/Arize-ai/openinference/issues/1103).
 */
export function isOfCallbackTracer({ scope }: Span): boolean {
  return /langchain|langsmith/iu.test(scope.name)
}

/** How long after the library above the one below may note the call (recorded: 0.8 to 12 ms). */
const BEGINS_WITHIN_MS = 200

/** Each has its own clock reading, some cut to the millisecond. */
const CLOCK_MS = 10

export const BEGINS_WITHIN_NS = BigInt(BEGINS_WITHIN_MS) * 1_000_000n
export const CLOCK_NS = BigInt(CLOCK_MS) * 1_000_000n
