/** One line that is written over and over; nothing where nobody watches. */
export class ProgressLine {
  readonly #stream: NodeJS.WritableStream
  readonly #isWatched: boolean
  #width = 0

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
    this.#isWatched = 'isTTY' in stream && stream.isTTY === true
  }

  show(text: string): void {
    if (!this.#isWatched) return
    this.#stream.write(`\r${text.padEnd(this.#width)}`)
    this.#width = text.length
  }

  clear(): void {
    this.show('')
    if (this.#isWatched) this.#stream.write('\r')
  }
}
