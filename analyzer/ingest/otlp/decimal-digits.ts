import { isDigit, JSON_BYTES } from './json-bytes.ts'

/** Decimal digits that a number in memory holds exactly. */
export const EXACT_DIGITS_MAX = 15

/** Behind the digits that begin there. */
export function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from
  while (isDigit(bytes[at] ?? 0)) at += 1
  return at
}

/** The number that these digits say; -1 where there is anything else among them. */
export function readDigits(bytes: Uint8Array, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0
    if (!isDigit(byte)) return -1
    value = value * 10 + byte - JSON_BYTES.ZERO
  }
  return value
}
