import type { Recorder, RequestRecorder, RequestStart } from '../routing/recorder.ts'
import { formatTraceparent, parseTraceparent } from './trace-context.ts'

const NOTHING_RECORDED = {
  startAttempt: () => ({
    traceparent: () => undefined,
    firstContent: () => undefined,
    end: () => undefined,
  }),
  recordFallback: () => ({ end: () => undefined }),
  end: () => undefined,
} as const satisfies Partial<RequestRecorder>

/**
 * Records nothing, yet hands out a trace id, which clients are promised in every response: where
 * telemetry is switched off, and where it failed.
 */
export function createSilentRecorder(createId: (bytes: number) => string): Recorder {
  return {
    startRequest: (start: RequestStart): RequestRecorder => {
      const traceId = parseTraceparent(start.traceparent)?.traceId ?? createId(16)
      const traceparent = formatTraceparent({ traceId, spanId: createId(8) })
      return { traceId, traceparent, ...NOTHING_RECORDED }
    },
  }
}
