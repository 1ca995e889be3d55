const NO_DIGIT = 0xff
const HEX_VALUES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16)
  return Number.isNaN(value) ? NO_DIGIT : value
})

/** What a digit of base 16 stands for, of either case; above 15 where it is none. */
export function hexValue(byte: number): number {
  return HEX_VALUES[byte] ?? NO_DIGIT
}
