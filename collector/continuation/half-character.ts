/**
 * JavaScript counts a text in UTF-16 units, and a stream may break between the two of one
 * character. Half a character is nothing that a provider can be sent, or asked to begin with.
 */

export function withoutHalfAtEnd(text: string): string {
  return isBetween(text.charCodeAt(text.length - 1), 0xd800, 0xdbff) ? text.slice(0, -1) : text
}

export function withoutHalfAtStart(text: string): string {
  return isBetween(text.charCodeAt(0), 0xdc00, 0xdfff) ? text.slice(1) : text
}

function isBetween(code: number, first: number, last: number): boolean {
  return code >= first && code <= last
}
