import type { TimeRange } from '../story/join-window.ts'

/** Microseconds of Unix time, both ends included. */
export interface UsRange {
  readonly fromUs: number
  readonly toUs: number
}

/** The microseconds that a range of nanoseconds touches. */
export function toUsRange({ fromNs, toNs }: TimeRange): UsRange {
  return { fromUs: Number(fromNs / 1000n), toUs: Number(toNs / 1000n) }
}
