import { RejectedError } from '../otlp/rejections.ts'
import { KeyTable, type KnownKey } from './key-table.ts'
import { ATTRIBUTES_MAX } from '../limits.ts'
import { type MessageScan, writeDropped } from '../otlp/message-scan.ts'
import { WIRE_BYTES } from '../otlp/protobuf-reader.ts'
import type { ProtobufWriter } from '../otlp/protobuf-writer.ts'
import { readKeyValue } from '../otlp/read-value.ts'
import { ValueStripper, type ValueStripperOptions } from './strip-value.ts'
import { TwoGenerations } from './two-generations.ts'

export interface AttributeStripperOptions extends ValueStripperOptions {
  readonly writer: ProtobufWriter
  /** Whether a value that cannot be taken is left out; otherwise its span is rejected for it. */
  readonly lenient: boolean
}

/** Their numbers in the message that has them. */
export interface AttributeFields {
  readonly attributes: number
  /** Of the count that a sender dropped itself. */
  readonly dropped: number
}

/** Attributes up to this are remembered with what became of them: most come again. */
const REMEMBERED_BYTES_MAX = 160
const REMEMBERED_MAX = 4096

interface Stripped {
  readonly bytes: Uint8Array
  /** How many values it took to read. */
  readonly values: number
}

/**
 * Copies the attributes of a message and strips them on the way. Numbers, and texts that are sure
 * to stay as they are, are copied as bytes, whole runs of them at once; all others are read.
 */
export class AttributeStripper {
  readonly #options: AttributeStripperOptions
  readonly #values: ValueStripper
  readonly #keys: KeyTable
  readonly #remembered = new TwoGenerations<Stripped>(REMEMBERED_MAX)

  constructor(options: AttributeStripperOptions) {
    this.#options = options
    this.#values = new ValueStripper(options)
    this.#keys = new KeyTable(options.treatmentOf)
  }

  /** Writes what the scan found in these fields: the attributes, and how many were dropped. */
  strip(scan: MessageScan, { attributes, dropped }: AttributeFields): void {
    const { reader, writer } = this.#options
    const own = this.#stripAll(scan, attributes)
    writeDropped(writer, dropped, own + scan.uint32(reader, dropped))
  }

  /** How many were dropped. */
  #stripAll(scan: MessageScan, field: number): number {
    const count = scan.count(field)
    if (count === 0) return 0
    if (count > ATTRIBUTES_MAX) return this.#stripSome(scan, field)
    const { reader, writer } = this.#options
    const { source } = reader
    const end = scan.end(field)
    let dropped = 0
    /** Where the bytes begin that are to be copied as they are. */
    let run = scan.first(field)
    for (let at = run, stop = run; at < end; at = stop) {
      let start = at + 2
      stop = start + (source[at + 1] ?? LONG)
      // A tag and a length of one byte each, which nearly all have; what was scanned ends in time.
      let isOurs = source[at] === field * 8 + WIRE_BYTES && stop - start < LONG
      if (!isOurs) {
        start = this.#step(at, end)
        stop = reader.position
        isOurs = reader.field === field
      }
      if (isOurs && this.#passes(start, stop)) continue
      writer.raw(source, run, at)
      if (isOurs && !this.#write(field, start, stop)) dropped += 1
      run = stop
    }
    writer.raw(source, run, end)
    return dropped
  }

  /** Steps over the field that stands there; where its content begins, if it has a length. */
  #step(at: number, end: number): number {
    const { reader } = this.#options
    reader.seek(at, end)
    reader.next()
    if (reader.wire !== WIRE_BYTES) {
      reader.skip()
      return at
    }
    const outerEnd = reader.enter()
    const start = reader.position
    reader.leave(outerEnd)
    return start
  }

  /**
   * Whether the `KeyValue` that stands there is written as everybody writes it, and needs no
   * treatment.
   */
  #passes(start: number, end: number): boolean {
    const { source: bytes } = this.#options.reader
    const keyStart = start + 2
    const keyLength = bytes[start + 1] ?? LONG
    if (bytes[start] !== KEY_TAG || keyLength >= LONG) return false
    const keyEnd = keyStart + keyLength
    if (keyEnd + 2 > end || bytes[keyEnd] !== VALUE_TAG) return false
    let valueStart = keyEnd + 2
    let valueLength = bytes[keyEnd + 1] ?? 0
    if (valueLength >= LONG) {
      const high = bytes[valueStart] ?? LONG
      if (high >= LONG) return false
      valueLength = (valueLength & 0x7f) | (high << 7)
      valueStart += 1
    }
    if (valueStart + valueLength !== end) return false
    const known = this.#keys.find(bytes, keyStart, keyEnd)
    if (known === undefined || !this.#valuePasses(known, valueStart, end)) return false
    const { budget, lenient } = this.#options
    if (lenient && budget.isSpent()) return false
    budget.spendMany(1)
    return true
  }

  /** The `AnyValue` that stands there and ends where it has to. */
  #valuePasses(known: KnownKey, start: number, end: number): boolean {
    const { source: bytes } = this.#options.reader
    if (start === end) return true
    switch (bytes[start] ?? 0) {
      case TEXT_TAG: {
        let textStart = start + 2
        let length = bytes[start + 1] ?? 0
        if (length >= LONG) {
          length = (length & 0x7f) | ((bytes[textStart] ?? 0) << 7)
          textStart += 1
        }
        if (textStart + length !== end || textStart > end) return false
        return length === 0 || (known.check?.passes(bytes, textStart, end) ?? false)
      }
      case BOOL_TAG:
      case INT_TAG:
        return isVarint(bytes, start + 1, end)
      case DOUBLE_TAG:
        return end - start === 9
      default:
        return false
    }
  }

  /** Of an attribute that cannot be taken: false where that is its own affair. */
  #forgiving(take: () => boolean): boolean {
    try {
      return take()
    } catch (error: unknown) {
      if (!this.#options.lenient || !(error instanceof RejectedError)) throw error
      return false
    }
  }

  /** Writes the attribute as it is kept, if it is. */
  #write(field: number, start: number, end: number): boolean {
    const { reader, writer, budget } = this.#options
    const isShort = end - start <= REMEMBERED_BYTES_MAX
    const raw = isShort ? reader.source.toString('latin1', start, end) : ''
    const remembered = isShort ? this.#remembered.get(raw) : undefined
    if (remembered !== undefined) {
      budget.spendMany(remembered.values)
      writer.bytesField(field, remembered.bytes)
      return true
    }
    return this.#forgiving(() => {
      const { spent, stringIndexes } = budget
      const stripped = this.#values.keyValue(start, end)
      if (stripped === undefined) return false
      writer.bytesField(field, stripped)
      if (isShort && budget.stringIndexes === stringIndexes) {
        const bytes = Uint8Array.from(stripped)
        this.#remembered.set(raw, { bytes, values: budget.spent - spent })
      }
      return true
    })
  }

  /** Of more attributes than are kept: the first ones, each as it stands the last time. */
  #stripSome(scan: MessageScan, field: number): number {
    const { reader, budget } = this.#options
    const end = scan.end(field)
    const admitted = new Map<string, readonly [start: number, end: number]>()
    const before = budget.spent
    let dropped = 0
    for (let at = scan.first(field); at < end;) {
      const start = this.#step(at, end)
      at = reader.position
      if (reader.field !== field) continue
      reader.seek(start, at)
      const place = [start, at] as const
      const isAdmitted = this.#forgiving(() => {
        const [key] = readKeyValue(reader, { depth: 1, budget })
        if (admitted.size >= ATTRIBUTES_MAX && !admitted.has(key)) return false
        admitted.set(key, place)
        return true
      })
      if (!isAdmitted) dropped += 1
    }
    // What is kept was counted with the rest, and is not counted twice.
    const { spent } = budget
    budget.spent = before
    for (const place of admitted.values()) if (!this.#write(field, ...place)) dropped += 1
    budget.spent = spent
    return dropped
  }
}

const KEY_TAG = 0x0a
const VALUE_TAG = 0x12
const TEXT_TAG = 0x0a
const BOOL_TAG = 0x10
const INT_TAG = 0x18
const DOUBLE_TAG = 0x21
/** From here on a length takes more than one byte. */
const LONG = 0x80
const VARINT_BYTES_MAX = 10

/** Whether exactly one number stands there. */
function isVarint(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > VARINT_BYTES_MAX) return false
  for (let index = start; index < end - 1; index += 1) {
    if ((bytes[index] ?? 0) < LONG) return false
  }
  return end > start && (bytes[end - 1] ?? LONG) < LONG
}
