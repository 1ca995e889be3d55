import type { Recorder, RequestRecorder } from '../../collector/routing/recorder.ts'

/** A recorder whose calls throw whenever `isDue` says so. */
export function breakRecorder(recorder: Recorder, isDue: () => boolean): Recorder {
  const maybe = <T>(call: () => T): T => {
    if (isDue()) throw new Error('telemetry is broken')
    return call()
  }
  const breakRequest = (request: RequestRecorder): RequestRecorder => ({
    traceId: request.traceId,
    traceparent: request.traceparent,
    startAttempt: (start) =>
      maybe(() => {
        const attempt = request.startAttempt(start)
        return {
          traceparent: () => maybe(() => attempt.traceparent()),
          firstContent: (kind, preludeEvents) =>
            maybe(() => attempt.firstContent(kind, preludeEvents)),
          end: (summary) => maybe(() => attempt.end(summary)),
        }
      }),
    recordFallback: (decision) =>
      maybe(() => {
        const fallback = request.recordFallback(decision)
        return { end: (seam) => maybe(() => fallback.end(seam)) }
      }),
    end: (summary) => maybe(() => request.end(summary)),
  })
  return { startRequest: (start) => maybe(() => breakRequest(recorder.startRequest(start))) }
}
