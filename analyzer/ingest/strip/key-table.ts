import { randomInt } from 'node:crypto'

import { NAME_CHARS_MAX } from '../limits.ts'
import { checkOf } from './strip-text.ts'
import type { TextCheck } from './text-check.ts'
import type { Treatment } from './treatment.ts'

/** Senders do not have more keys than this; where one has, some are looked up anew. */
const SLOTS = 4096
/** Slots in which a key may stand: more would let hostile keys make every look-up a long one. */
const PROBES = 4

/** A key as its bytes, with what follows from it. */
export class KnownKey {
  readonly treatment: Treatment
  /** Passes text that needs no treatment under this key; undefined where all of it needs one. */
  readonly check: TextCheck | undefined
  readonly #bytes: Uint8Array
  /** The key that came after this one the last time: senders write theirs in one order. */
  next: KnownKey | undefined

  constructor(bytes: Uint8Array, treatment: Treatment) {
    this.#bytes = bytes
    this.treatment = treatment
    this.check = checkOf(treatment)
  }

  stands(bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes
    const { length } = own
    if (length !== end - start) return false
    for (let index = 0; index < length; index += 1) {
      if (own[index] !== bytes[start + index]) return false
    }
    return true
  }
}

/** Finds what is known of a key by its bytes, without making a string of them. */
export class KeyTable {
  readonly #treatmentOf: (key: string) => Treatment
  readonly #slots: (KnownKey | undefined)[] = Array.from({ length: SLOTS })
  readonly #seed = randomInt(0x7fff_ffff)
  #last: KnownKey | undefined

  constructor(treatment: (key: string) => Treatment) {
    this.#treatmentOf = treatment
  }

  /** Undefined for a key that is not ASCII, or that may be longer than a name may be. */
  find(bytes: Buffer, start: number, end: number): KnownKey | undefined {
    const last = this.#last
    const expected = last?.next
    if (expected !== undefined && expected.stands(bytes, start, end)) {
      this.#last = expected
      return expected
    }
    const known = this.#lookUp(bytes, start, end)
    if (last !== undefined) last.next = known
    this.#last = known
    return known
  }

  #lookUp(bytes: Buffer, start: number, end: number): KnownKey | undefined {
    if (end - start > NAME_CHARS_MAX) return undefined
    let hash = this.#seed
    let seen = 0
    for (let index = start; index < end; index += 1) {
      const byte = bytes[index] ?? 0
      seen |= byte
      hash = Math.imul(hash ^ byte, 0x0100_0193)
    }
    if (seen >= 0x80) return undefined
    hash ^= hash >>> 15
    for (let probe = 0; probe < PROBES; probe += 1) {
      const slot = (hash + probe) & (SLOTS - 1)
      const known = this.#slots[slot]
      if (known === undefined) return this.#learn(slot, bytes.subarray(start, end))
      if (known.stands(bytes, start, end)) return known
    }
    return this.#learn(hash & (SLOTS - 1), bytes.subarray(start, end))
  }

  #learn(slot: number, bytes: Buffer): KnownKey {
    const known = new KnownKey(Uint8Array.from(bytes), this.#treatmentOf(bytes.toString('latin1')))
    this.#slots[slot] = known
    return known
  }
}
