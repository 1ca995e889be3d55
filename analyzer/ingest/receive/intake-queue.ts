import type { BodyQueue, HeldBody } from './receiver.ts'
import { PressureGauge } from './pressure-gauge.ts'
import type { ShedSignal } from '../shed-signal.ts'
import { spreadRetryMs } from '../spread-retry.ts'

export interface IntakeQueueOptions {
  readonly bodyBytesMax: number
  readonly bytesMax: number
  readonly now: () => number
  /** Read by the thread that works the queue off. */
  readonly shed: ShedSignal
}

export interface IntakeLevel {
  readonly bytes: number
  readonly bytesMax: number
  /** Since when healthy bodies are asked to come again. */
  readonly pressedSinceMs: number | undefined
}

/**
 * Under pressure the room above this share of the queue is kept for bodies with failures. What is
 * below it is enough to keep the writer busy: a thread that turned everything away would stand idle
 * until the pressure is over.
 */
const HEALTHY_SHARE = 0.25

/**
 * Bodies under way, empty ones too: each costs some 10 KiB beside its bytes (a stream, its timer,
 * its objects), and a connection of HTTP/2 brings a hundred. Exporters have one or two each.
 */
export const BODIES_MAX = 2048

/**
 * A body that arrives for longer than this gives way where the room is needed. Exporters need
 * milliseconds, and come again for longer than this; whoever holds a body back on purpose would
 * otherwise keep all others out.
 */
export const GIVES_WAY_AFTER_MS = 5000

/**
 * The one bounded queue before the store (invariant I9): the bytes of bodies from their first byte
 * to their answer, of both protocols, compressed as they came. What a body unfolds to is not in
 * it, for they are unfolded one at a time.
 */
export class IntakeQueue implements BodyQueue {
  readonly bodyBytesMax: number
  readonly #options: IntakeQueueOptions
  readonly #gauge: PressureGauge
  readonly #held = new Set<Body>()
  /** Those of them that are not whole yet, the oldest first. */
  readonly #arriving = new Set<Body>()
  #bytes = 0
  /** Of whole bodies: what the writer has to work off. */
  #wholeBytes = 0

  constructor(options: IntakeQueueOptions) {
    this.bodyBytesMax = options.bodyBytesMax
    this.#options = options
    this.#gauge = new PressureGauge(options.now)
  }

  begin(giveWay: () => void): HeldBody | undefined {
    if (this.#held.size >= BODIES_MAX && !this.#evictOldest()) {
      this.#measure(1)
      return undefined
    }
    const body: Body = { sinceMs: this.#options.now(), giveWay, bytes: 0 }
    this.#held.add(body)
    this.#arriving.add(body)
    return {
      take: (byteCount) => this.#take(body, byteCount),
      arrived: () => this.#arrived(body),
      release: () => this.#release(body),
    }
  }

  retryAfterMs(): number {
    return spreadRetryMs()
  }

  level(): IntakeLevel {
    const { bytesMax } = this.#options
    this.#measure(this.#bytes / bytesMax)
    return { bytes: this.#bytes, bytesMax, pressedSinceMs: this.#gauge.pressedSinceMs }
  }

  #take(body: Body, byteCount: number): boolean {
    const { bytesMax } = this.#options
    while (this.#bytes + byteCount > bytesMax) {
      if (this.#evictOldest(body)) continue
      // What is refused is pressure as well, however the bytes happen to add up.
      this.#measure(1)
      return false
    }
    if (!this.#held.has(body)) return false
    body.bytes += byteCount
    this.#bytes += byteCount
    this.#measure(this.#bytes / bytesMax)
    return true
  }

  #arrived(body: Body): void {
    if (!this.#arriving.delete(body)) return
    this.#wholeBytes += body.bytes
    this.#measure(this.#bytes / this.#options.bytesMax)
  }

  #release(body: Body): void {
    if (!this.#held.delete(body)) return
    if (!this.#arriving.delete(body)) this.#wholeBytes -= body.bytes
    this.#bytes -= body.bytes
    this.#measure(this.#bytes / this.#options.bytesMax)
  }

  /** Whether one that is slow has made room; the one that asks is not sacrificed to itself. */
  #evictOldest(asking?: Body): boolean {
    const [oldest] = this.#arriving
    if (oldest === undefined || oldest === asking) return false
    if (this.#options.now() - oldest.sinceMs < GIVES_WAY_AFTER_MS) return false
    this.#release(oldest)
    oldest.giveWay()
    return true
  }

  /**
   * Healthy bodies are turned away for the sake of the writer, so only while it has enough to do:
   * what is held back by its senders would keep out what could be written.
   */
  #measure(share: number): void {
    this.#gauge.measure(share)
    const isPressed = this.#gauge.pressedSinceMs !== undefined
    this.#options.shed.set(isPressed && this.#wholeBytes > HEALTHY_SHARE * this.#options.bytesMax)
  }
}

interface Body {
  readonly sinceMs: number
  readonly giveWay: () => void
  bytes: number
}
