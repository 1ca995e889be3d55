import { isArray, isObject, own } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { Said } from './conversation.ts'
import type { TranslationNotes } from './translation-notes.ts'

/**
 * Reads one object of a client's request field by field. It remembers what was asked for, so that
 * whatever nobody asked for is dropped with a word and never in silence.
 */
export class Fields {
  readonly notes: TranslationNotes
  readonly path: string
  readonly #object: JsonObject
  readonly #read = new Set<string>()

  constructor(object: JsonObject, notes: TranslationNotes, path = '') {
    this.#object = object
    this.notes = notes
    this.path = path
  }

  pathOf(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`
  }

  value(key: string): JsonValue | undefined {
    this.#read.add(key)
    return own(this.#object, key) ?? undefined
  }

  /** One of a few words; what is no text is none of them. */
  word(key: string): string | undefined {
    const value = this.value(key)
    return typeof value === 'string' ? value : undefined
  }

  string(key: string): Said<string> | undefined {
    const value = this.value(key)
    if (typeof value === 'string') return this.#said(key, value)
    return this.#mustBe(key, 'a string')
  }

  number(key: string): Said<number> | undefined {
    const value = this.value(key)
    if (typeof value === 'number' && Number.isFinite(value)) return this.#said(key, value)
    return this.#mustBe(key, 'a number')
  }

  boolean(key: string): Said<boolean> | undefined {
    const value = this.value(key)
    if (typeof value === 'boolean') return this.#said(key, value)
    return this.#mustBe(key, 'true or false')
  }

  object(key: string): Said<JsonObject> | undefined {
    const value = this.value(key)
    if (isObject(value)) return this.#said(key, value)
    return this.#mustBe(key, 'an object')
  }

  /** The fields of an object inside this one. */
  inside(key: string): Fields | undefined {
    const said = this.object(key)
    return said && new Fields(said.value, this.notes, said.field)
  }

  list(key: string): readonly JsonValue[] {
    const value = this.value(key)
    if (isArray(value)) return value
    this.#mustBe(key, 'a list')
    return []
  }

  /** The objects of a list; what else is in it is refused by its place. */
  objects(key: string): readonly Fields[] {
    return this.list(key).flatMap((value, index) => {
      const path = `${this.pathOf(key)}[${index}]`
      if (isObject(value)) return [new Fields(value, this.notes, path)]
      this.notes.refuse(path, 'it must be an object')
      return []
    })
  }

  /** Says nothing that has to be said: bookkeeping, or something that another field says too. */
  skip(...keys: readonly string[]): void {
    for (const key of keys) this.#read.add(key)
  }

  /** Refuses by its name each field that is given: no word for it would be a lie. */
  refuseGiven(refused: Readonly<Record<string, string>>): void {
    for (const [key, detail] of Object.entries(refused)) {
      if (isGiven(this.value(key))) this.notes.refuse(this.pathOf(key), detail)
    }
  }

  dropRest(): void {
    for (const [key, value] of Object.entries(this.#object)) {
      if (!this.#read.has(key) && isGiven(value)) this.notes.drop(this.pathOf(key))
    }
  }

  #said<T>(key: string, value: T): Said<T> {
    return { field: this.pathOf(key), value }
  }

  #mustBe(key: string, expected: string): undefined {
    if (this.value(key) !== undefined) this.notes.refuse(this.pathOf(key), `it must be ${expected}`)
  }
}

/** Null, false, zero and empty say the same as a field that is not there. */
function isGiven(value: JsonValue | undefined): boolean {
  if (isArray(value)) return value.length > 0
  if (isObject(value)) return Object.keys(value).length > 0
  return Boolean(value)
}
