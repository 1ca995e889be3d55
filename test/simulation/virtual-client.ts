import type { ClientConnection } from '../../collector/routing/client.ts'
import type { FakeClock } from '../support/fake-clock.ts'

export interface ClientHabits {
  /** Leaves then, whatever it has. */
  readonly leavesAfterMs: number | undefined
  /** Takes so many bytes, then rests for `restMs`; absent: reads whatever comes. */
  readonly takesBytes: number | undefined
  readonly restMs: number
}

const COLON = 0x3a

/** One client: what it was sent, and when it had enough. */
export class VirtualClient implements ClientConnection {
  readonly #clock: FakeClock
  readonly #habits: ClientHabits
  #onGone: (() => void) | undefined
  #onDrain: (() => void) | undefined
  #pending = 0
  #leftMs: number | undefined
  #ended = false
  statusCode: number | undefined
  headers: Readonly<Record<string, string>> = {}
  body = ''
  bytesWritten = 0
  /** Writes that came after the end. */
  late = 0
  /** Writes of more than a comment that came though the router had been told to wait. */
  overruns = 0

  constructor(clock: FakeClock, habits: ClientHabits) {
    this.#clock = clock
    this.#habits = habits
    if (habits.leavesAfterMs !== undefined) {
      clock.setTimer(habits.leavesAfterMs, () => this.#leave())
    }
  }

  get isGone(): boolean {
    return this.#leftMs !== undefined
  }

  get leftMs(): number | undefined {
    return this.#leftMs
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The router was told to wait, and has not been told that it may go on. */
  get #isPressed(): boolean {
    return this.#habits.takesBytes !== undefined && this.#pending >= this.#habits.takesBytes
  }

  onGone(callback: () => void): void {
    this.#onGone = callback
  }

  onDrain(callback: () => void): void {
    this.#onDrain = callback
  }

  writeHead(statusCode: number, headers: Readonly<Record<string, string>>): void {
    if (this.isGone) return
    if (this.statusCode !== undefined) this.late += 1
    this.statusCode = statusCode
    this.headers = headers
  }

  write(bytes: Uint8Array): boolean {
    if (this.isGone) return true
    if (this.#isPressed && bytes[0] !== COLON) this.overruns += 1
    this.#take(bytes)
    if (!this.#isPressed) return true
    this.#clock.setTimer(this.#habits.restMs, () => {
      this.#pending = 0
      this.#onDrain?.()
    })
    return false
  }

  end(bytes?: Uint8Array): void {
    if (this.isGone) return
    if (bytes !== undefined) this.#take(bytes)
    if (this.#ended) this.late += 1
    this.#ended = true
  }

  #take(bytes: Uint8Array): void {
    if (this.#ended) this.late += 1
    this.bytesWritten += bytes.length
    this.#pending += bytes.length
    this.body += new TextDecoder().decode(bytes)
  }

  #leave(): void {
    if (this.#ended) return
    this.#leftMs = this.#clock.now()
    this.#onGone?.()
  }
}
