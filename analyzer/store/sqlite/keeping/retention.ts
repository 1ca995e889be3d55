import type { SpanLimits, StorePart } from '../../store.ts'

export interface Kept {
  /** The oldest first. */
  readonly parts: readonly StorePart[]
  /** Of damaged files of spans, which take of the same room. */
  readonly asideBytes: number
}

/**
 * Whether the oldest part goes next, whole, and why. Never the one that is written to, and never a
 * younger one before it.
 */
export function nextDrop(
  { parts, asideBytes }: Kept,
  limits: SpanLimits,
  nowMs: number,
): 'age' | 'size' | undefined {
  const [oldest] = parts
  if (oldest === undefined || oldest.kind === 'open' || parts.length === 1) return undefined
  if (newestIn(parts.slice(0, -1), nowMs) < nowMs - limits.ageMsMax) return 'age'
  const bytes = parts.reduce((sum, part) => sum + part.bytes, asideBytes)
  return bytes > limits.bytesMax ? 'size' : undefined
}

/**
 * When the last span of the oldest part came, at the latest. One that cannot be read does not tell,
 * nor does one that was written while the clock was ahead: they are older than the next part that
 * does. They would hold back all that is behind them.
 */
function newestIn(parts: readonly StorePart[], nowMs: number): number {
  const told = parts.find(({ lastReceivedMs }) => lastReceivedMs > 0 && lastReceivedMs <= nowMs)
  return told?.lastReceivedMs ?? Infinity
}
