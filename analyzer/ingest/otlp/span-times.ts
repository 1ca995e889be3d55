import type { MessageScan } from './message-scan.ts'

/** Where the two times of a span stand: each is eight bytes, little-endian, of nanoseconds. */
export interface SpanTimes {
  readonly startAt: number
  readonly endAt: number
  /** It was said to end before it started. */
  readonly isBackwards: boolean
}

/**
 * A span without a start began at its end; clocks that ran backwards are set to no duration.
 * Undefined where there is no time at all, or one that does not fit in 63 bits.
 */
export function findTimes(
  bytes: Buffer,
  scan: MessageScan,
  { start, end }: { readonly start: number; readonly end: number },
): SpanTimes | undefined {
  const hasStart = scan.has(start) && !isZero(bytes, scan.start(start))
  const hasEnd = scan.has(end) && !isZero(bytes, scan.start(end))
  if (!hasStart && !hasEnd) return undefined
  const startAt = scan.start(hasStart ? start : end)
  const endAt = scan.start(hasEnd ? end : start)
  if (isBeyond63Bits(bytes, startAt) || isBeyond63Bits(bytes, endAt)) return undefined
  const isBackwards = isBefore(bytes, endAt, startAt)
  return { startAt, endAt: isBackwards ? startAt : endAt, isBackwards }
}

/** Microseconds, rounded down; exact without a 64-bit integer. */
export function microsecondsAt(bytes: Buffer, at: number): number {
  const low = bytes.readUInt32LE(at)
  const high = bytes.readUInt32LE(at + 4)
  const rest = (high % 1000) * 2 ** 32 + low
  return Math.floor(high / 1000) * 2 ** 32 + Math.floor(rest / 1000)
}

function isZero(bytes: Buffer, at: number): boolean {
  return bytes.readUInt32LE(at) === 0 && bytes.readUInt32LE(at + 4) === 0
}

function isBeyond63Bits(bytes: Buffer, at: number): boolean {
  return bytes.readUInt32LE(at + 4) >= 2 ** 31
}

function isBefore(bytes: Buffer, at: number, otherAt: number): boolean {
  const high = bytes.readUInt32LE(at + 4)
  const otherHigh = bytes.readUInt32LE(otherAt + 4)
  return (
    high < otherHigh || (high === otherHigh && bytes.readUInt32LE(at) < bytes.readUInt32LE(otherAt))
  )
}
