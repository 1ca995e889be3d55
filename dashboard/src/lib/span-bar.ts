import type { SpanRow } from './span-tree.ts'

export interface TraceRange {
  readonly startNs: bigint
  readonly durationNs: number
}

export interface SpanBar {
  /** Of the axis, 0 to 100. */
  readonly x: number
  readonly width: number
}

/** A span of a nanosecond in a trace of a minute must still be seen. */
const WIDTH_MIN_PERCENT = 0.3

/** From the first start to the last end, whatever the trace says of itself. */
export function rangeOf(rows: readonly SpanRow[]): TraceRange {
  let startNs: bigint | undefined
  let endNs = 0n
  for (const row of rows) {
    if (startNs === undefined || row.startNs < startNs) startNs = row.startNs
    if (row.endNs > endNs) endNs = row.endNs
  }
  const start = startNs ?? 0n
  return { startNs: start, durationNs: Math.max(1, Number(endNs - start)) }
}

export function placeBar(row: SpanRow, range: TraceRange): SpanBar {
  const x = (Number(row.startNs - range.startNs) / range.durationNs) * 100
  const width = Math.max(
    WIDTH_MIN_PERCENT,
    (Number(row.endNs - row.startNs) / range.durationNs) * 100,
  )
  const placed = Math.min(Math.max(0, x), 100 - WIDTH_MIN_PERCENT)
  return { x: placed, width: Math.min(width, 100 - placed) }
}
