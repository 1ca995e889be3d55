import type { MsRange } from '../store/verdict-store.ts'

const MINUTE_MS = 60_000

/** Whole minutes, as counts are kept: a window of a quarter of an hour has fifteen bars. */
export function bucketOf(windowMs: number, buckets: number): number {
  return Math.ceil(windowMs / buckets / MINUTE_MS) * MINUTE_MS
}

/** Ends at the next whole bucket, so that bars stay where they are while time goes on. */
export function alignedRange({
  nowMs,
  windowMs,
  bucketMs,
}: {
  readonly nowMs: number
  readonly windowMs: number
  readonly bucketMs: number
}): MsRange {
  const toMs = (Math.floor(nowMs / bucketMs) + 1) * bucketMs
  return { fromMs: toMs - Math.ceil(windowMs / bucketMs) * bucketMs, toMs }
}
