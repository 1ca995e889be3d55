import { JSON_DEPTH_MAX, JSON_NODES_MAX } from '../limits.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * What is wrong with the size or the depth of JSON bytes, told before anything is parsed from them:
 * a parser that has begun has already spent the memory. Whether they are JSON is not looked at.
 */
export function scanJson(bytes: Uint8Array): string | undefined {
  let depth = 0
  let nodes = 0
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0
    switch (byte) {
      case QUOTE:
        index = endOfString(bytes, index)
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1
        nodes += 1
        if (depth > JSON_DEPTH_MAX) return `nested deeper than ${JSON_DEPTH_MAX} levels`
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1
        break
      case COMMA:
        nodes += 1
        if (nodes > JSON_NODES_MAX) return `more than ${JSON_NODES_MAX} values`
        break
      default:
    }
  }
  return undefined
}

/** The index of the closing quote, or of the end. */
function endOfString(bytes: Uint8Array, open: number): number {
  let index = open + 1
  while (index < bytes.length && bytes[index] !== QUOTE) {
    index += bytes[index] === BACKSLASH ? 2 : 1
  }
  return index
}
