/** Why one span was not taken while the rest of its batch was. Counted and told to the sender. */
export const REJECT_REASONS = [
  'trace-id-invalid',
  'span-id-invalid',
  'parent-span-id-invalid',
  'time-invalid',
  'kind-invalid',
  'nested-too-deep',
  'too-many-values',
  'too-many-spans',
  'not-a-span',
] as const
export type RejectReason = (typeof REJECT_REASONS)[number]

export type RejectCounts = Readonly<Partial<Record<RejectReason, number>>>

/** Thrown while one span is read: rejects that span, not its batch. */
export class RejectedError extends Error {
  readonly reason: RejectReason

  constructor(reason: RejectReason) {
    super(reason)
    this.reason = reason
  }
}

/** Counts the spans of one body that were not taken. */
export class Rejections {
  total = 0
  readonly #reasons = new Map<RejectReason, number>()

  add(reason: RejectReason, count = 1): void {
    this.total += count
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + count)
  }

  addAll(counts: RejectCounts): void {
    for (const reason of REJECT_REASONS) {
      const count = counts[reason]
      if (count !== undefined) this.add(reason, count)
    }
  }

  reasons(): RejectCounts {
    return Object.fromEntries(this.#reasons)
  }
}
