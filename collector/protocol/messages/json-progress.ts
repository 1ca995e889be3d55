/** Tells, piece by piece, when a JSON object that is written in pieces is whole. */
export class JsonProgress {
  #depth = 0
  #hasBegun = false
  #inString = false
  #isEscaped = false

  get isWhole(): boolean {
    return this.#hasBegun && this.#depth === 0
  }

  push(text: string): void {
    for (const char of text) {
      if (this.#inString) this.#readString(char)
      else if (char === '"') this.#inString = true
      else if (char === '{' || char === '[') {
        this.#depth += 1
        this.#hasBegun = true
      } else if (char === '}' || char === ']') {
        this.#depth -= 1
      }
    }
  }

  #readString(char: string): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (char === '\\') this.#isEscaped = true
    else if (char === '"') this.#inString = false
  }
}
