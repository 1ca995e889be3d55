import type { Seam } from '../../collector/continuation/client-stream.ts'
import type {
  AttemptStart,
  AttemptSummary,
  FallbackDecision,
  RequestStart,
  RequestSummary,
  Telemetry,
} from '../../collector/routing/recorder.ts'
import type { ContentKind } from '../../collector/vocabulary.ts'

export interface RecordedAttempt {
  readonly start: AttemptStart
  firstContent?: { readonly kind: ContentKind; readonly preludeEvents: number }
  summary?: AttemptSummary
}

export interface RecordedFallback {
  readonly decision: FallbackDecision
  ended: boolean
  seam?: Seam
}

export interface RecordedRequest {
  readonly start: RequestStart
  readonly attempts: RecordedAttempt[]
  readonly fallbacks: RecordedFallback[]
  readonly summary: RequestSummary
}

export interface RecordingTelemetry extends Telemetry {
  /** Requests that have ended, in that order. */
  readonly requests: readonly RecordedRequest[]
  /** Resolves with the `count`-th request to end. */
  waitForRequest(count?: number): Promise<RecordedRequest>
  readonly stopped: () => boolean
}

/** What routing says, kept as it was said: a sink at the edge, in the exporter's place. */
export function createRecordingTelemetry(): RecordingTelemetry {
  const requests: RecordedRequest[] = []
  const waiting = new Set<() => void>()
  let started = 0
  let stopped = false
  return {
    requests,
    stopped: () => stopped,
    counts: () => new Map([['exported', requests.length]]),
    stop: async () => {
      stopped = true
    },
    async waitForRequest(count = 1) {
      for (;;) {
        const request = requests[count - 1]
        if (request !== undefined) return request
        // oxlint-disable-next-line no-await-in-loop -- one wait per request that ends
        await new Promise<void>((resolve) => waiting.add(resolve))
      }
    },
    startRequest(start) {
      started += 1
      const traceId = started.toString(16).padStart(32, '0')
      const attempts: RecordedAttempt[] = []
      const fallbacks: RecordedFallback[] = []
      return {
        traceId,
        traceparent: `00-${traceId}-00000000000000aa-01`,
        startAttempt(attemptStart) {
          const attempt: RecordedAttempt = { start: attemptStart }
          attempts.push(attempt)
          return {
            traceparent: () => `00-${traceId}-${attempts.length.toString().padStart(16, '0')}-01`,
            firstContent(kind, preludeEvents) {
              attempt.firstContent = { kind, preludeEvents }
            },
            end(summary) {
              if (attempt.summary !== undefined) throw new Error('an attempt ended twice')
              attempt.summary = summary
            },
          }
        },
        recordFallback(decision) {
          const fallback: RecordedFallback = { decision, ended: false }
          fallbacks.push(fallback)
          return {
            end(seam) {
              if (fallback.ended) throw new Error('a fallback ended twice')
              fallback.ended = true
              if (seam !== undefined) fallback.seam = seam
            },
          }
        },
        end(summary) {
          requests.push({ start, attempts, fallbacks, summary })
          for (const wake of waiting) wake()
          waiting.clear()
        },
      }
    },
  }
}
