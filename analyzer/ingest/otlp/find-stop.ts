import { JSON_BYTES, STRING_STOPS } from './json-bytes.ts'

const WORD_BYTES = 4
const ONES = 0x0101_0101
const TOPS = 0x8080_8080
const BACKSLASHES = JSON_BYTES.BACKSLASH * ONES
/** Puts the quote into the place of the space, the first byte behind the control characters. */
const SWAP = 0x02 * ONES
const BEHIND_SPACES = 0x21 * ONES

/**
 * Where the next byte stands that cannot be within a JSON text as it is: a quote, a backslash, a
 * control character; behind the last byte where there is none. It looks at four bytes at once: a
 * byte is less than n (up to 0x80) where taking n from it sets a top bit that it had not. Of the
 * bits set in a word the lowest is right; those above it may come from a borrow.
 */
export function findStop(bytes: Uint8Array, words: DataView, from: number): number {
  const last = bytes.length - WORD_BYTES
  let at = from
  for (; at <= last; at += WORD_BYTES) {
    const word = words.getInt32(at, true)
    const swapped = word ^ SWAP
    const backslash = word ^ BACKSLASHES
    const stops =
      (((swapped - BEHIND_SPACES) & ~swapped) | ((backslash - ONES) & ~backslash)) & TOPS
    if (stops !== 0) return at + ((31 - Math.clz32(stops & -stops)) >> 3)
  }
  // Past the end stands nothing, which stops as well.
  while (STRING_STOPS[bytes[at] ?? JSON_BYTES.QUOTE] === 0) at += 1
  return at
}
