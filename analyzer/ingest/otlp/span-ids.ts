/** Of the ids of W3C Trace Context, in bytes; all zero, they are no ids. */
export const TRACE_ID_BYTES = 16
export const SPAN_ID_BYTES = 8

export function isAllZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (bytes[index] !== 0) return false
  return true
}
