/** Numbers for each token: where it begins, and one that its kind gives a meaning to. */
const STRIDE = 2
const TOKENS_AT_FIRST = 16 * 1024
/** What a large body needed is not held for the small ones that follow. */
const TOKENS_KEPT_MAX = 1024 * 1024

/** The values of a text in the order in which they begin, as numbers: no object is made of one. */
export class JsonTokens {
  #numbers = new Int32Array(STRIDE * TOKENS_AT_FIRST)
  #count = 0

  get count(): number {
    return this.#count
  }

  clear(): void {
    this.#count = 0
  }

  forget(): void {
    if (this.#numbers.length <= STRIDE * TOKENS_KEPT_MAX) return
    this.#numbers = new Int32Array(STRIDE * TOKENS_AT_FIRST)
  }

  begin(start: number): number {
    const token = this.#count
    if (STRIDE * (token + 1) > this.#numbers.length) {
      const longer = new Int32Array(2 * this.#numbers.length)
      longer.set(this.#numbers)
      this.#numbers = longer
    }
    this.#numbers[STRIDE * token] = start
    this.#count = token + 1
    return token
  }

  finish(token: number, end: number): void {
    this.#numbers[STRIDE * token + 1] = end
  }

  start(token: number): number {
    return this.#numbers[STRIDE * token] ?? 0
  }

  end(token: number): number {
    return this.#numbers[STRIDE * token + 1] ?? 0
  }
}
