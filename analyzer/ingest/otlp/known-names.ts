/** Senders do not have more names than this; where one has, some are read anew. */
const SLOTS = 4096
/** Longer ones are texts, and come once. */
const NAME_BYTES_MAX = 64

class KnownName {
  readonly text: string
  readonly #bytes: Uint8Array
  /** What came after it the last time: a sender's spans name their attributes in one order. */
  next: KnownName | undefined

  constructor(source: Buffer, start: number, end: number) {
    this.#bytes = Uint8Array.from(source.subarray(start, end))
    this.text = source.toString('utf8', start, end)
  }

  stands(source: Buffer, start: number, end: number): boolean {
    const own = this.#bytes
    const { length } = own
    if (length !== end - start) return false
    for (let at = 0; at < length; at += 1) if (own[at] !== source[start + at]) return false
    return true
  }
}

/** Names found by their bytes, so that no string is made of them again and again. */
export class KnownNames {
  readonly #slots: (KnownName | undefined)[] = Array.from({ length: SLOTS })
  #last: KnownName | undefined

  /** Invalid UTF-8 becomes U+FFFD. */
  read(source: Buffer, start: number, end: number): string {
    const last = this.#last
    const expected = last?.next
    if (expected !== undefined && expected.stands(source, start, end)) {
      this.#last = expected
      return expected.text
    }
    const known = this.#lookUp(source, start, end)
    if (last !== undefined) last.next = known
    this.#last = known
    return known.text
  }

  #lookUp(source: Buffer, start: number, end: number): KnownName {
    if (end - start > NAME_BYTES_MAX) return new KnownName(source, start, end)
    let hash = 0x811c9dc5
    for (let at = start; at < end; at += 1) {
      hash = Math.imul(hash ^ (source[at] ?? 0), 0x0100_0193)
    }
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    const known = this.#slots[slot]
    if (known !== undefined && known.stands(source, start, end)) return known
    const learnt = new KnownName(source, start, end)
    this.#slots[slot] = learnt
    return learnt
  }
}
