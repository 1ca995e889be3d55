import type { HrTime } from '@opentelemetry/api'
import type { Clock } from '../routing/clock.ts'

/**
 * The times of one request: anchored to the wall clock once, then counted by the monotonic one, so
 * that no child span can begin before its parent when the wall clock is set back.
 */
export function createRequestClock(clock: Pick<Clock, 'now' | 'wallNow'>): () => HrTime {
  const startEpochMs = clock.wallNow()
  const startMs = clock.now()
  return () => {
    const epochMs = startEpochMs + (clock.now() - startMs)
    const seconds = Math.floor(epochMs / 1000)
    return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)]
  }
}
