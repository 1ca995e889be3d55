import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { MalformedError, ProtobufReader } from '../../../../analyzer/ingest/otlp/protobuf-reader.ts'

/** As protobuf writes it; `padding` bytes longer than it need be, which is allowed. */
function varint(value: bigint, padding = 0): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  do {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  } while (rest > 0n)
  for (let more = 0; more < padding && bytes.length < 10; more += 1) bytes.push(0x80)
  bytes.push((bytes.pop() ?? 0) & 0x7f)
  return Uint8Array.from(bytes)
}

/** Where a number becomes a byte longer, and where it is no safe integer any more. */
const EDGES = [7n, 14n, 21n, 28n, 35n, 42n, 49n, 53n, 56n, 63n].flatMap((bits) => [
  2n ** bits - 1n,
  2n ** bits,
])

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(...EDGES.flatMap((edge) => [edge, -edge])).map((n) => BigInt.asIntN(64, n)),
)

test('reads every 64-bit integer exactly, as a number where one holds it', () => {
  fc.assert(
    fc.property(int64, fc.nat(9), (value, padding) => {
      const reader = new ProtobufReader(varint(value, padding))
      const isSafe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      expect(reader.int64()).toBe(isSafe ? Number(value) : value)
      expect(reader.next()).toBe(false)
    }),
  )
})

test('reads every fixed 64-bit number, wherever it stands', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(9), (value, before) => {
      const bytes = Buffer.alloc(before + 8)
      bytes.writeBigUInt64LE(value, before)
      const reader = new ProtobufReader(bytes, before)
      expect(reader.fixed64()).toBe(value)
      expect(reader.next()).toBe(false)
    }),
  )
})

test('takes no number from behind the end of the message', () => {
  const whole = varint(2n ** 62n)
  for (let length = 0; length < whole.length; length += 1) {
    expect(() => new ProtobufReader(whole, 0, length).int64()).toThrow(MalformedError)
  }
  expect(() => new ProtobufReader(Buffer.alloc(8), 1).fixed64()).toThrow(MalformedError)
  expect(() => new ProtobufReader(Buffer.alloc(11, 0x80)).int64()).toThrow(MalformedError)
})
