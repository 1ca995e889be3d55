import { REFUSAL_REASONS, type RefusalReason, type RefusedRequest } from './receiver.ts'

/** Requests that were refused for one reason, of one machine. */
export interface RefusedSender {
  readonly reason: RefusalReason
  /** Empty where the connection was already gone. */
  readonly remoteAddress: string
  readonly count: number
  readonly firstAtMs: number
  readonly lastAtMs: number
}

/** Whoever opens connections decides how many there are; a list for people is read to its end. */
const SENDERS_MAX = 50

/** These pass by themselves: nobody has to change anything at the sender. */
const TRANSIENT: ReadonlySet<RefusalReason> = new Set(['slow', 'busy', 'unavailable'])

/**
 * Who was refused and why, since this process started: a router that cannot reach the analyzer is
 * otherwise seen by nobody. It is told by its address; no part of a token is kept.
 */
export class RefusedSenders {
  readonly #now: () => number
  readonly #totals = new Map<RefusalReason, number>(REFUSAL_REASONS.map((reason) => [reason, 0]))
  readonly #senders = new Map<string, RefusedSender>()

  constructor(now: () => number) {
    this.#now = now
  }

  note({ reason, remoteAddress }: RefusedRequest): void {
    this.#totals.set(reason, (this.#totals.get(reason) ?? 0) + 1)
    if (TRANSIENT.has(reason)) return
    const address = plainAddress(remoteAddress ?? '')
    const key = `${reason} ${address}`
    const known = this.#senders.get(key)
    const nowMs = this.#now()
    // Last in the map is who was refused last: the first goes when there are too many.
    this.#senders.delete(key)
    this.#senders.set(key, {
      reason,
      remoteAddress: address,
      count: (known?.count ?? 0) + 1,
      firstAtMs: known?.firstAtMs ?? nowMs,
      lastAtMs: nowMs,
    })
    const [oldest] = this.#senders.keys()
    if (this.#senders.size > SENDERS_MAX && oldest !== undefined) this.#senders.delete(oldest)
  }

  /** The latest first. */
  senders(): readonly RefusedSender[] {
    return [...this.#senders.values()].toReversed()
  }

  /** Every reason, also those that never were. */
  totals(): ReadonlyMap<RefusalReason, number> {
    return this.#totals
  }
}

/** A socket for both families writes an IPv4 address as IPv6. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/iu, '')
}
