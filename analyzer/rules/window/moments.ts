/** As fine as it must be to tell which of two requests knew of the other. */
export const SLOT_MS = 200
/** Of one minute. */
export const SLOTS = 300

/** Slots whose text is made together. */
const PART_SLOTS = 25
const PARTS = SLOTS / PART_SLOTS

export type MomentKind = 'b' | 'e'

/**
 * Requests that one target failed in one minute, by the slot in which they were sent there and in
 * which that was known. Plain arrays, and a text of which only that part is made anew that changed:
 * while a route fails, this is written with every transaction.
 */
export class Moments {
  readonly began = new Int32Array(SLOTS)
  readonly ended = new Int32Array(SLOTS)
  readonly #number: number
  readonly #texts: (string | undefined)[] = Array.from({ length: PARTS }, () => '')
  /** Slots that hold something. */
  #size = 0

  /** `number` is the target's. */
  constructor(number: number) {
    this.#number = number
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  add(kind: MomentKind, slot: number, count: number): void {
    const slots = kind === 'b' ? this.began : this.ended
    const before = slots[slot]
    // Stored by us; what a broken disk made of it has no place.
    if (before === undefined) return
    const after = before + count
    slots[slot] = after
    this.#size += Number(after !== 0) - Number(before !== 0)
    this.#texts[Math.floor(slot / PART_SLOTS)] = undefined
  }

  /** `["<number><kind><slot>",<count>]` of each slot that holds something, with commas between. */
  text(): string {
    for (const [part, text] of this.#texts.entries()) this.#texts[part] = text ?? this.#print(part)
    return this.#texts.filter((text) => text !== '').join(',')
  }

  #print(part: number): string {
    const texts: string[] = []
    for (let slot = part * PART_SLOTS; slot < (part + 1) * PART_SLOTS; slot += 1) {
      const [began, ended] = [this.began[slot], this.ended[slot]]
      if (began !== 0) texts.push(`["${this.#number}b${slot}",${began}]`)
      if (ended !== 0) texts.push(`["${this.#number}e${slot}",${ended}]`)
    }
    return texts.join(',')
  }
}
