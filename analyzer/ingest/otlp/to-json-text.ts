import { isUtf8 } from 'node:buffer'

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** Valid UTF-8 without a byte order mark, which JSON must not have and some senders write. */
export function toJsonText(body: Uint8Array): Buffer {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  // Decoding replaces what is invalid by U+FFFD, and drops the mark as well.
  if (!isUtf8(bytes)) return Buffer.from(new TextDecoder().decode(bytes))
  const { length } = BYTE_ORDER_MARK
  return bytes.subarray(0, length).equals(BYTE_ORDER_MARK) ? bytes.subarray(length) : bytes
}
