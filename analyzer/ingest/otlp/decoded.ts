import type { SpanRecord } from '../../store/span-record.ts'
import { MalformedError } from './protobuf-reader.ts'
import { VALUE_DEPTH_MAX, VALUES_MAX } from '../limits.ts'

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

/** What a sender should know although its spans were taken. */
export const DECODE_NOTES = {
  /** Fields that only profiles may use (`key_strindex`, `string_value_strindex`). */
  stringIndex: 'keys or values that refer to a string table were ignored: traces have none',
} as const
export type DecodeNote = (typeof DECODE_NOTES)[keyof typeof DECODE_NOTES]

/** What came of a body that could be read as OTLP: every span in it is in one of the two. */
export interface DecodedRecords {
  readonly records: readonly SpanRecord[]
  readonly rejected: number
  readonly reasons: RejectCounts
  readonly notes: readonly DecodeNote[]
}

/** Not OTLP at all; `message` is for the developer of the sender. */
export interface Malformed {
  readonly kind: 'malformed'
  readonly message: string
}

export type Decoded = ({ readonly kind: 'decoded' } & DecodedRecords) | Malformed

/** Malformed input is an answer, not an exception. */
export function orMalformed(decode: () => Decoded): Decoded {
  try {
    return decode()
  } catch (error: unknown) {
    if (error instanceof MalformedError) return { kind: 'malformed', message: error.message }
    throw error
  }
}

/** Thrown while one span is read: rejects that span, not its batch. */
export class RejectedError extends Error {
  readonly reason: RejectReason

  constructor(reason: RejectReason) {
    super(reason)
    this.reason = reason
  }
}

/** Made once: a hostile body can have each of a million spans rejected. */
const NESTED_TOO_DEEP = new RejectedError('nested-too-deep')
const TOO_MANY_VALUES = new RejectedError('too-many-values')

/** Counts attribute values, so that no body makes more than its share. */
export class ValueBudget {
  spent = 0
  /** References to a string table among them, which a trace has none of. */
  stringIndexes = 0

  reset(): void {
    this.spent = 0
    this.stringIndexes = 0
  }

  /** Counts what was read under another budget; whether it was too much is told later. */
  add({ spent, stringIndexes }: Pick<ValueBudget, 'spent' | 'stringIndexes'>): void {
    this.spent += spent
    this.stringIndexes += stringIndexes
  }

  /** Called before each value is read. */
  spend(depth: number): void {
    if (depth > VALUE_DEPTH_MAX) throw NESTED_TOO_DEEP
    this.spendMany(1)
  }

  isSpent(): boolean {
    return this.spent >= VALUES_MAX
  }

  spendMany(values: number): void {
    this.spent += values
    if (this.spent > VALUES_MAX) throw TOO_MANY_VALUES
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
