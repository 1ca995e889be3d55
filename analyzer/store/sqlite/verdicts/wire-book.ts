import { packWire, unpackWire } from './pack-wire.ts'
import type { SqliteDatabase } from '../open-database.ts'

/** Forms that are remembered; each is a route, a model and how a request went, some 500 bytes. */
const FORMS_MAX = 4000
/** A longer request has much to tell that no other has. */
const PLAIN_CHARS_MAX = 4000
/** Of one request; each is a byte of the count, and a byte of its own length. */
const VALUES_MAX = 200
const VALUE_CHARS_MAX = 120

/** Bytes that begin a packed request. */
const DEFLATED = 0
const FORMED = 1

/** What differs between requests that went alike: who asked, ids, times, durations, releases. */
const VALUES = /"caller":\{"[^}]*\}|[0-9a-f]{16,}|[0-9][0-9.:TZ-]*/gu
const LATIN1 = /^[\u0020-\u00ff]*$/u
/** `JSON.stringify` escapes it: it stands in no text. */
const GAP = '\u0001'

/**
 * Requests as they are served, packed. Nearly all of a day went well, and read alike but for some
 * ids and times: of those the form is kept once. It costs a tenth of deflating each, and half the
 * bytes. Whatever has more to tell, or comes when there are forms enough, is deflated.
 */
export class WireBook {
  readonly #statements: ReturnType<typeof prepare>
  readonly #ids = new Map<string, number>()
  readonly #forms = new Map<number, readonly string[]>()

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
    this.reload()
  }

  /** After a transaction that failed. */
  reload(): void {
    this.#ids.clear()
    this.#forms.clear()
    for (const { id, form } of this.#statements.all.all()) this.#know(id, form)
  }

  /** `isPlain`: nothing went wrong. May write a form: part of a transaction of the caller's. */
  pack(json: string, isPlain: boolean): Buffer {
    return (isPlain ? this.#packByForm(json) : undefined) ?? withKind(DEFLATED, packWire(json))
  }

  unpack(bytes: Buffer): string {
    return bytes[0] === FORMED ? this.#fill(bytes) : unpackWire(bytes.subarray(1))
  }

  #packByForm(json: string): Buffer | undefined {
    if (json.length > PLAIN_CHARS_MAX) return undefined
    const values: string[] = []
    const form = json.replace(VALUES, (value) => {
      values.push(value)
      return GAP
    })
    if (values.length > VALUES_MAX || !values.every(canBeKept)) return undefined
    const id = this.#ids.get(form) ?? this.#learn(form)
    return id === undefined ? undefined : encode(id, values)
  }

  #learn(form: string): number | undefined {
    if (this.#ids.size >= FORMS_MAX) return undefined
    const id = this.#statements.add.get(form)?.id
    if (id !== undefined) this.#know(id, form)
    return id
  }

  #know(id: number, form: string): void {
    this.#ids.set(form, id)
    this.#forms.set(id, form.split(GAP))
  }

  #fill(bytes: Buffer): string {
    const { id, values } = decode(bytes)
    const parts = this.#forms.get(id) ?? []
    return parts.map((part, index) => `${part}${values[index] ?? ''}`).join('')
  }
}

function canBeKept(value: string): boolean {
  return value.length <= VALUE_CHARS_MAX && LATIN1.test(value)
}

/**
 * The kind, the form's number, then each value: 0x80 and the number of an equal one before it, or
 * its length in bytes and itself, where 0x7f stands before an id, whose digits are half as many.
 */
function encode(id: number, values: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(5 + 2 * values.length + values.join('').length)
  bytes.writeUInt8(FORMED, 0)
  let at = bytes.writeUInt32LE(id, 1)
  for (const [index, value] of values.entries()) {
    const before = values.indexOf(value)
    if (before < index && before < 0x80) {
      at = bytes.writeUInt8(0x80 | before, at)
      continue
    }
    const isId = value.length >= 16 && value.length % 2 === 0 && ID.test(value)
    if (isId) at = bytes.writeUInt8(ID_FOLLOWS, at)
    at = bytes.writeUInt8(isId ? value.length / 2 : value.length, at)
    at += bytes.write(value, at, isId ? 'hex' : 'latin1')
  }
  return bytes.subarray(0, at)
}

const ID_FOLLOWS = 0x7f
const ID = /^[0-9a-f]*$/u

function decode(bytes: Buffer): { readonly id: number; readonly values: readonly string[] } {
  const values: string[] = []
  for (let at = 5; at < bytes.length;) {
    const head = bytes.readUInt8(at)
    at += 1
    if (head >= 0x80) {
      values.push(values[head & 0x7f] ?? '')
      continue
    }
    const isId = head === ID_FOLLOWS
    const length = isId ? bytes.readUInt8(at) : head
    if (isId) at += 1
    values.push(bytes.toString(isId ? 'hex' : 'latin1', at, at + length))
    at += length
  }
  return { id: bytes.readUInt32LE(1), values }
}

function withKind(kind: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([kind]), bytes])
}

function prepare(database: SqliteDatabase) {
  return {
    all: database.prepare<[], { id: number; form: string }>('SELECT id, form FROM wire_forms'),
    add: database.prepare<[string], { id: number }>(
      'INSERT INTO wire_forms (form) VALUES (?) RETURNING id',
    ),
  }
}
