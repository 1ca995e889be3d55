import type { SpanRecord } from '../../store/span-record.ts'
import { MalformedError } from './protobuf-reader.ts'
import type { RejectCounts } from './rejections.ts'

/** What a sender should know although its spans were taken. */
export const DECODE_NOTES = {
  /** Fields that only profiles may use (`key_strindex`, `string_value_strindex`). */
  stringIndex: 'keys or values that refer to a string table were ignored: traces have none',
  /** Clocks that were set while it ran, or a sender that mixes two of them. */
  backwards: 'spans that end before they start are kept without a duration',
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
