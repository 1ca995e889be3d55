/**
 * A stream's frames differ in little but their text. What a frame meant, all frames mean that have
 * the same bytes around another plain text: those are compared, not parsed.
 */
export class TextTemplate {
  readonly #head: Buffer
  readonly #tail: Buffer

  private constructor(head: Buffer, tail: Buffer) {
    this.#head = head
    this.#tail = tail
  }

  /**
   * Learns from a frame that means `text` alone. `meaningOf` reads a frame as always: the same
   * bytes around another text must mean that text, or it is not where it seemed to be.
   */
  static learn(
    raw: Uint8Array,
    text: string,
    meaningOf: (raw: Uint8Array) => string | undefined,
  ): TextTemplate | undefined {
    const bytes = Buffer.from(raw)
    const literal = Buffer.from(`"${text}"`)
    const at = bytes.indexOf(literal)
    if (at === -1) return undefined
    const head = bytes.subarray(0, at + 1)
    const tail = bytes.subarray(at + literal.length - 1)
    const other = `${text}.`
    const isText = meaningOf(Buffer.concat([head, Buffer.from(other), tail])) === other
    return isText ? new TextTemplate(head, tail) : undefined
  }

  /** What a frame says where the template has its text, or undefined where it must be parsed. */
  textOf(raw: Uint8Array): string | undefined {
    const start = this.#head.length
    const end = raw.length - this.#tail.length
    if (end <= start) return undefined
    for (let at = start; at < end; at += 1) {
      if (!isPlain(raw[at] ?? 0)) return undefined
    }
    if (this.#tail.compare(raw, end) !== 0) return undefined
    if (this.#head.compare(raw, 0, start) !== 0) return undefined
    return Buffer.from(raw.buffer, raw.byteOffset + start, end - start).toString()
  }
}

/** JSON writes such a byte as itself: no quote, backslash or control character. */
function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte !== 0x22 && byte !== 0x5c
}
