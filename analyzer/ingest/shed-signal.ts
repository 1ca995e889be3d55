const SLOT = 0

/**
 * Says across threads that healthy bodies are to be turned away. In shared memory: a message would
 * reach the thread only after the bodies that wait before it.
 */
export class ShedSignal {
  readonly #cells: Int32Array

  /** Without a buffer a new one is made; it is handed to the other thread. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.#cells = new Int32Array(buffer)
  }

  get buffer(): SharedArrayBuffer {
    const { buffer } = this.#cells
    if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError('the signal is not shared')
    return buffer
  }

  set(sheds: boolean): void {
    Atomics.store(this.#cells, SLOT, sheds ? 1 : 0)
  }

  get isSet(): boolean {
    return Atomics.load(this.#cells, SLOT) === 1
  }
}
