/** One line on a terminal that is written over and over; nothing where there is none. */
export class ProgressLine {
  readonly isWatched: boolean
  readonly #stream: NodeJS.WritableStream
  #isShown = false

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
    this.isWatched = 'isTTY' in stream && stream.isTTY === true
  }

  show(text: string): void {
    if (!this.isWatched) return
    this.#stream.write(`${LINE_START}${text}`)
    this.#isShown = true
  }

  clear(): void {
    if (this.#isShown) this.#stream.write(LINE_START)
    this.#isShown = false
  }
}

/** Back to the beginning of the line, and nothing on it. */
const LINE_START = '\r\u001B[K'
