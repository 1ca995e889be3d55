import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../../ingest/otlp/span-ids.ts'

/**
 * A stored span begins with its two ids, each behind a tag and a length: what looks for ids does
 * not decode it.
 */
const TRACE_ID_TAG = 0x0a
const SPAN_ID_TAG = 0x12

export const TRACE_ID_AT = 2
export const TRACE_ID_END = TRACE_ID_AT + TRACE_ID_BYTES
export const SPAN_ID_AT = TRACE_ID_END + 2
const SPAN_ID_END = SPAN_ID_AT + SPAN_ID_BYTES

/** Whether the ids stand where a stored span has them. */
export function hasIds(span: Buffer): boolean {
  return (
    span.length >= SPAN_ID_END &&
    hasTraceId(span, 0) &&
    span[SPAN_ID_AT - 2] === SPAN_ID_TAG &&
    span[SPAN_ID_AT - 1] === SPAN_ID_BYTES
  )
}

/** Whether the span that begins there begins with a trace id. */
export function hasTraceId(bytes: Buffer, at: number): boolean {
  return bytes[at] === TRACE_ID_TAG && bytes[at + 1] === TRACE_ID_BYTES
}

export function traceIdOf(span: Buffer): Buffer {
  return span.subarray(TRACE_ID_AT, TRACE_ID_END)
}

/** The trace id as hex. */
export function traceIdTextOf(span: Buffer): string {
  return span.toString('hex', TRACE_ID_AT, TRACE_ID_END)
}

/** One character for each byte: shorter to make and to compare than hex. */
export function traceKeyOf(span: Buffer): string {
  return span.toString('latin1', TRACE_ID_AT, TRACE_ID_END)
}

export function spanKeyOf(span: Buffer): string {
  return span.toString('latin1', SPAN_ID_AT, SPAN_ID_END)
}
