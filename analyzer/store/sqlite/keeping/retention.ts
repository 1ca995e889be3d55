import type { SpanLimits, StorePart } from '../../store.ts'

/**
 * Whether the oldest part goes next, whole, and why. Never the one that is written to, and never a
 * younger one before it.
 */
export function nextDrop(
  parts: readonly StorePart[],
  limits: SpanLimits,
  nowMs: number,
): 'age' | 'size' | undefined {
  const [oldest] = parts
  if (oldest === undefined || oldest.kind === 'open' || parts.length === 1) return undefined
  // Where it is not known what a part holds, only its size can decide.
  const isOld = oldest.lastReceivedMs > 0 && oldest.lastReceivedMs < nowMs - limits.ageMsMax
  if (isOld) return 'age'
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  return bytes > limits.bytesMax ? 'size' : undefined
}
