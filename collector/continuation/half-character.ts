/** The first of the two UTF-16 units that JavaScript counts some characters as. */
const isFirstHalf = (code: number): boolean => code >= 0xd800 && code <= 0xdbff

/**
 * A stream may break between the two units of one character. Half a character is nothing that a
 * provider can be sent, or asked to begin with.
 */
export function withoutHalfAtEnd(text: string): string {
  return isFirstHalf(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text
}
