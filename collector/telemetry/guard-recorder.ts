import type {
  AttemptRecorder,
  FallbackRecorder,
  Recorder,
  RequestRecorder,
  RequestStart,
} from '../routing/recorder.ts'

const nothing = () => undefined

export interface GuardOptions {
  /** Takes over a request, an attempt or a decision whose recording failed. */
  readonly silent: Recorder
  readonly onError: (error: unknown) => void
}

/**
 * Invariant I6, in one place: whatever throws inside telemetry is swallowed here and counted, and
 * the request goes on unrecorded.
 */
export function guardRecorder(recorder: Recorder, options: GuardOptions): Recorder {
  const attempt = <T>(call: () => T, instead: () => T): T => {
    try {
      return call()
    } catch (error) {
      options.onError(error)
      return instead()
    }
  }
  const guardAttempt = (inner: AttemptRecorder): AttemptRecorder => ({
    traceparent: () => attempt(() => inner.traceparent(), nothing),
    firstContent: (kind, preludeEvents) =>
      attempt(() => inner.firstContent(kind, preludeEvents), nothing),
    end: (summary) => attempt(() => inner.end(summary), nothing),
  })
  const guardFallback = (inner: FallbackRecorder): FallbackRecorder => ({
    end: (seam) => attempt(() => inner.end(seam), nothing),
  })
  const guardRequest = (inner: RequestRecorder, start: RequestStart): RequestRecorder => ({
    traceId: inner.traceId,
    traceparent: inner.traceparent,
    startAttempt: (attemptStart) =>
      attempt(
        () => guardAttempt(inner.startAttempt(attemptStart)),
        () => options.silent.startRequest(start).startAttempt(attemptStart),
      ),
    recordFallback: (decision) =>
      attempt(
        () => guardFallback(inner.recordFallback(decision)),
        () => options.silent.startRequest(start).recordFallback(decision),
      ),
    end: (summary) => attempt(() => inner.end(summary), nothing),
  })
  return {
    startRequest: (start) =>
      attempt(
        () => guardRequest(recorder.startRequest(start), start),
        // Made only now: the ids that it draws cost as much as a span.
        () => options.silent.startRequest(start),
      ),
  }
}
