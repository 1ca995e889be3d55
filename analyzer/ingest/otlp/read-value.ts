import type { AttributeValue } from '../../story/span.ts'
import type { ValueBudget } from './value-budget.ts'
import { KnownNames } from './known-names.ts'
import { type ProtobufReader, WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT } from './protobuf-reader.ts'

/** How deep a value stands, and who counts it. */
export interface Nesting {
  readonly depth: number
  readonly budget: ValueBudget
}

/** Keys of attributes: a few hundred, in millions of spans. */
const KEYS = new KnownNames()

/** The `KeyValue` that the reader stands in. Field numbers: opentelemetry-proto `common.proto`. */
export function readKeyValue(reader: ProtobufReader, nesting: Nesting): [string, AttributeValue] {
  let key = ''
  let value: AttributeValue = null
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) key = reader.name(KEYS)
    else if (reader.is(2, WIRE_BYTES)) value = within(reader, nesting, readValue)
    else reader.skip()
  }
  return [key, value]
}

/** `AnyValue`; without any field it is empty, which OTLP allows. */
function readValue(reader: ProtobufReader, nesting: Nesting): AttributeValue {
  nesting.budget.spend(nesting.depth)
  let value: AttributeValue = null
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) value = reader.string()
    else if (reader.is(2, WIRE_VARINT)) value = reader.bool()
    else if (reader.is(3, WIRE_VARINT)) value = reader.int64()
    else if (reader.is(4, WIRE_FIXED64)) value = reader.double()
    else if (reader.is(5, WIRE_BYTES)) value = within(reader, deeper(nesting), readArray)
    else if (reader.is(6, WIRE_BYTES)) value = within(reader, deeper(nesting), readMap)
    // A copy: a view would keep the whole body alive.
    else if (reader.is(7, WIRE_BYTES)) value = Uint8Array.from(reader.bytes())
    else reader.skip()
  }
  return value
}

/** The `ArrayValue` that the reader stands in; `nesting` is that of its items. */
export function readArray(reader: ProtobufReader, nesting: Nesting): AttributeValue {
  const values: AttributeValue[] = []
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) values.push(within(reader, nesting, readValue))
    else reader.skip()
  }
  return values
}

/** The `KeyValueList` that the reader stands in; `nesting` is that of its values. */
export function readMap(reader: ProtobufReader, nesting: Nesting): AttributeValue {
  const values = new Map<string, AttributeValue>()
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) values.set(...within(reader, nesting, readKeyValue))
    else reader.skip()
  }
  return values
}

function deeper({ depth, budget }: Nesting): Nesting {
  return { depth: depth + 1, budget }
}

/** Reads the embedded message that the reader stands before. */
function within<Result>(
  reader: ProtobufReader,
  nesting: Nesting,
  read: (reader: ProtobufReader, nesting: Nesting) => Result,
): Result {
  const outerEnd = reader.enter()
  const result = read(reader, nesting)
  reader.leave(outerEnd)
  return result
}
