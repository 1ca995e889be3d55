import type { Batch } from '../span-files/batch.ts'

/** What became of the spans of one batch. */
export interface Sent {
  readonly accepted: number
  /** By reason. */
  readonly rejected: ReadonlyMap<string, number>
}

export type SendBatch = (batch: Batch) => Promise<Sent>

export function addSent(left: Sent, right: Sent): Sent {
  const rejected = new Map(left.rejected)
  for (const [why, count] of right.rejected) rejected.set(why, (rejected.get(why) ?? 0) + count)
  return { accepted: left.accepted + right.accepted, rejected }
}
