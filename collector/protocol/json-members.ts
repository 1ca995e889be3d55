/**
 * Where the members of a JSON object stand in its bytes. Reads only the top level: whatever is
 * inside a value is stepped over.
 */
export interface JsonMembers {
  /** Up to and with the opening brace. */
  readonly head: Uint8Array
  readonly members: readonly JsonMember[]
  /** From the closing brace on. */
  readonly tail: Uint8Array
}

export interface JsonMember {
  readonly key: string
  /** Everything between the commas around it, white space included. */
  readonly whole: Uint8Array
  /** The part of `whole` before the value. */
  readonly upToValue: Uint8Array
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** `bytes` must be an object that `JSON.parse` has read: what it took needs no second judgement. */
export function readMembers(bytes: Uint8Array): JsonMembers {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const members: JsonMember[] = []
  // A byte order mark is no JSON, and decoding took it away.
  const start = hasByteOrderMark(buffer) ? 3 : 0
  const open = buffer.indexOf(OPEN_BRACE, start)
  let from = open + 1
  let at = skipSpace(buffer, from)
  while (buffer[at] === QUOTE) {
    const keyEnd = endOfString(buffer, at)
    const key = keyOf(buffer.toString('utf8', at, keyEnd))
    const valueAt = skipSpace(buffer, buffer.indexOf(COLON, keyEnd) + 1)
    const end = skipSpace(buffer, endOfValue(buffer, valueAt))
    members.push({
      key,
      whole: buffer.subarray(from, end),
      upToValue: buffer.subarray(from, valueAt),
    })
    from = buffer[end] === COMMA ? end + 1 : end
    at = skipSpace(buffer, from)
  }
  return { head: buffer.subarray(start, open + 1), members, tail: buffer.subarray(from) }
}

function keyOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  const key: unknown = JSON.parse(quoted)
  return String(key)
}

function hasByteOrderMark(buffer: Buffer): boolean {
  return buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf
}

function skipSpace(buffer: Buffer, from: number): number {
  let at = from
  while (isSpace(buffer[at])) at += 1
  return at
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/**
 * Just behind the closing quote. Byte by byte, for most strings are short and a native search costs
 * more than they do; a long one is a picture, in which there is nothing to look at on the way.
 */
function endOfString(buffer: Buffer, open: number): number {
  const nearEnd = Math.min(buffer.length, open + SHORT_STRING_BYTES)
  let at = open + 1
  while (at < nearEnd) {
    const byte = buffer[at]
    if (byte === QUOTE) return at + 1
    at += byte === BACKSLASH ? 2 : 1
  }
  at = buffer.indexOf(QUOTE, at)
  while (at !== -1 && isEscaped(buffer, at, open)) at = buffer.indexOf(QUOTE, at + 1)
  return at === -1 ? buffer.length : at + 1
}

const SHORT_STRING_BYTES = 4096

/** An odd run of backslashes before a quote takes it away. */
function isEscaped(buffer: Buffer, at: number, open: number): boolean {
  let run = 0
  while (at - 1 - run > open && buffer[at - 1 - run] === BACKSLASH) run += 1
  return run % 2 === 1
}

function endOfValue(buffer: Buffer, from: number): number {
  const first = buffer[from]
  if (first === QUOTE) return endOfString(buffer, from)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfNested(buffer, from)
  let at = from
  while (at < buffer.length && !endsLiteral(buffer[at])) at += 1
  return at
}

function endsLiteral(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || isSpace(byte)
}

function endOfNested(buffer: Buffer, from: number): number {
  let depth = 0
  for (let at = from; at < buffer.length; at += 1) {
    const byte = buffer[at]
    if (byte === QUOTE) {
      at = endOfString(buffer, at) - 1
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return buffer.length
}
