const LF = 0x0a
const CR = 0x0d

/**
 * A stream's frames differ in little but their text. What a frame meant, all frames mean that have
 * the same bytes around another plain text: those are compared, not parsed.
 */
export class TextTemplate {
  readonly #head: Buffer
  readonly #tail: Buffer
  readonly #delimitsItself: boolean

  private constructor(head: Buffer, tail: Buffer) {
    this.#head = head
    this.#tail = tail
    this.#delimitsItself = delimitsItself(Buffer.concat([head, tail]))
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
  textOf(raw: Buffer): string | undefined {
    return this.#endOf(raw, 0) === raw.length ? this.#textIn(raw, 0, raw.length) : undefined
  }

  /**
   * The frame that begins at `start` of a body, and its text; undefined where it must be looked for
   * and parsed. A body is not even searched for line ends where its frames are known.
   */
  next(body: Buffer, start: number): { readonly raw: Buffer; readonly text: string } | undefined {
    if (!this.#delimitsItself) return undefined
    const end = this.#endOf(body, start)
    if (end === -1) return undefined
    const isAll = start === 0 && end === body.length
    return { raw: isAll ? body : body.subarray(start, end), text: this.#textIn(body, start, end) }
  }

  #textIn(bytes: Buffer, start: number, end: number): string {
    return bytes.toString('utf8', start + this.#head.length, end - this.#tail.length)
  }

  /** Where a frame that begins at `start` and has the template's bytes ends, or -1. */
  #endOf(bytes: Buffer, start: number): number {
    const textAt = start + this.#head.length
    let at = textAt
    while (at < bytes.length && isPlain(bytes[at] ?? 0)) at += 1
    const end = at + this.#tail.length
    // An empty text means something else than a text.
    if (at === textAt || end > bytes.length) return -1
    if (this.#tail.compare(bytes, at, end) !== 0) return -1
    return this.#head.compare(bytes, start, textAt) === 0 ? end : -1
  }
}

/**
 * Whether a frame with these bytes around a plain text ends where they end and nowhere before: at
 * its only blank line, with no carriage return that could belong to the next frame's line end.
 */
function delimitsItself(around: Buffer): boolean {
  const blankLine = around.indexOf('\n\n')
  return around[0] !== LF && !around.includes(CR) && blankLine === around.length - 2
}

/** JSON writes such a byte as itself: no quote, backslash or control character. */
function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte !== 0x22 && byte !== 0x5c
}
