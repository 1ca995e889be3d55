/** The bytes that JSON is told apart by (RFC 8259). */
export const JSON_BYTES = {
  QUOTE: 0x22,
  PLUS: 0x2b,
  COMMA: 0x2c,
  MINUS: 0x2d,
  DOT: 0x2e,
  ZERO: 0x30,
  COLON: 0x3a,
  UPPER_E: 0x45,
  OPEN_BRACKET: 0x5b,
  BACKSLASH: 0x5c,
  CLOSE_BRACKET: 0x5d,
  LOWER_E: 0x65,
  LOWER_F: 0x66,
  LOWER_N: 0x6e,
  LOWER_T: 0x74,
  LOWER_U: 0x75,
  OPEN_BRACE: 0x7b,
  CLOSE_BRACE: 0x7d,
} as const

const NINE = 0x39
const SPACE = 0x20

/** Not 0 for what cannot stand within a text as it is: its end, an escape, a control character. */
export const STRING_STOPS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === JSON_BYTES.QUOTE || byte === JSON_BYTES.BACKSLASH || byte < SPACE ? 1 : 0,
)

/** What may follow a backslash, but for the four digits behind a `u`. */
export const ESCAPED: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'))

export function isDigit(byte: number): boolean {
  return byte >= JSON_BYTES.ZERO && byte <= NINE
}

export function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09
}
