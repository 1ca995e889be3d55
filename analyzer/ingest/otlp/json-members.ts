import type { JsonTape } from './json-tape.ts'

/** The token of a member that an object does not have. */
export const ABSENT = -1

interface Known {
  readonly name: Buffer
  readonly slot: number
}

/** OTLP has no longer name. */
const NAME_BYTES_MAX = 32

/**
 * Finds the members of an object that have a meaning, each in the slot that its name has in the
 * list. Of two members of one name the last counts, as `JSON.parse` has it; others are ignored. The
 * next object takes the place of the last.
 */
export class JsonMembers {
  readonly #byLength: readonly (readonly Known[])[]
  readonly #tokens: Int32Array

  constructor(names: readonly string[]) {
    const byLength: Known[][] = Array.from({ length: NAME_BYTES_MAX + 1 }, () => [])
    for (const [slot, name] of names.entries()) {
      byLength[name.length]?.push({ name: Buffer.from(name), slot })
    }
    this.#byLength = byLength
    this.#tokens = new Int32Array(names.length)
  }

  /** Looks at a value; false where it is no object, which then has no members. */
  read(tape: JsonTape, token: number): boolean {
    const tokens = this.#tokens
    // By hand: there are few, and calling out costs more.
    for (let slot = 0; slot < tokens.length; slot += 1) tokens[slot] = ABSENT
    const end = tape.membersEnd(token)
    for (let name = token + 1; name < end;) {
      const slot = tape.isEscaped(name) ? this.#slotOfText(tape.text(name)) : this.#slot(tape, name)
      if (slot !== ABSENT) tokens[slot] = name + 1
      name = tape.after(name + 1)
    }
    return end > 0
  }

  /** The token of a member; `ABSENT` where there is none. */
  at(slot: number): number {
    return this.#tokens[slot] ?? ABSENT
  }

  #slot(tape: JsonTape, token: number): number {
    const from = tape.start(token) + 1
    return this.#find(tape.bytes, from, tape.end(token) - 1)
  }

  #slotOfText(text: string): number {
    const name = Buffer.from(text)
    return this.#find(name, 0, name.length)
  }

  #find(bytes: Buffer, from: number, to: number): number {
    const candidates = this.#byLength[to - from]
    if (candidates === undefined) return ABSENT
    for (const { name, slot } of candidates) {
      let index = 0
      while (index < name.length && bytes[from + index] === name[index]) index += 1
      if (index === name.length) return slot
    }
    return ABSENT
  }
}
