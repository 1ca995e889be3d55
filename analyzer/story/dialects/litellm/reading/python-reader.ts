/** Reads what Python printed into an error, from one place of the text on. */
export class PythonReader {
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  /** A list of strings, to its end; undefined where it is cut off, or holds anything else. */
  strings(): readonly string[] | undefined {
    if (!this.takes('[')) return undefined
    const strings: string[] = []
    if (this.takes(']')) return strings
    for (;;) {
      const string = this.string()
      if (string === undefined) return undefined
      strings.push(string)
      if (this.takes(']')) return strings
      if (!this.takes(',')) return undefined
    }
  }

  /** In whichever quotes Python chose, with `\\` before what would end it. */
  string(): string | undefined {
    this.#skipSpace()
    const quote = this.#text[this.#at]
    if (quote !== "'" && quote !== '"') return undefined
    let string = ''
    for (let at = this.#at + 1; at < this.#text.length; at += 1) {
      const character = this.#text[at]
      if (character === quote) {
        this.#at = at + 1
        return string
      }
      if (character === '\\') at += 1
      string += this.#text[at] ?? ''
    }
    return undefined
  }

  takes(character: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1
  }
}
