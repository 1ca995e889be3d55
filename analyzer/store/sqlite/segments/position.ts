/**
 * The place of a chunk in the order of arrival, of all that were ever stored. It names the segment
 * by itself, so that one watermark is a watermark of each segment, and it is never given twice.
 */
export interface Place {
  readonly segment: number
  readonly row: number
}

/** Rows of one segment: far more than fit. Two million segments stay exact in a number. */
const ROWS_MAX = 2 ** 32

export function toPosition({ segment, row }: Place): number {
  return segment * ROWS_MAX + row
}

export function toPlace(position: number): Place {
  const segment = Math.floor(position / ROWS_MAX)
  return { segment, row: position - segment * ROWS_MAX }
}
