import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtobufReader } from '../../../collector/telemetry/protobuf-reader.ts'
import {
  ProtobufWriter,
  fieldBytes,
  varintBytes,
} from '../../../collector/telemetry/protobuf-writer.ts'

const written = (write: (out: ProtobufWriter) => void): Uint8Array => {
  // So small that it grows in the middle of anything.
  const out = new ProtobufWriter(1)
  write(out)
  return out.take()
}

describe('a protobuf writer', () => {
  test('writes any whole number as its shortest varint, a negative one in ten bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = written((out) => out.varint(value))
        expect(new ProtobufReader(bytes).int64()).toBe(value)
        expect(bytes).toHaveLength(value < 0 ? 10 : varintBytes(value))
      }),
    )
  })

  test('writes nanoseconds exactly, which no double can hold', () => {
    fc.assert(
      fc.property(fc.nat(4_294_967_295), fc.nat(999_999_999), (seconds, nanos) => {
        const bytes = written((out) => out.nanoseconds(seconds, nanos))
        const expected = BigInt(seconds) * 1_000_000_000n + BigInt(nanos)
        expect(new ProtobufReader(bytes).fixed64()).toBe(expected)
      }),
    )
  })

  test('gives a message its length, however long it became', () => {
    for (const size of [0, 1, 127, 128, 16_383, 16_384, 300_000]) {
      const content = Buffer.alloc(size, 7)
      const bytes = written((out) => {
        const start = out.open(0x0a)
        out.raw(content)
        out.close(start)
        out.byte(0x55)
      })
      const reader = new ProtobufReader(bytes)
      expect(bytes).toHaveLength(fieldBytes(size) + 1)
      expect(reader.varint()).toBe(0x0a)
      expect(Buffer.from(reader.bytes()).equals(content)).toBe(true)
      expect(reader.varint()).toBe(0x55)
    }
  })

  test('begins anew after each message, and after one that was given up', () => {
    const out = new ProtobufWriter()
    out.byte(1)
    out.reset()
    out.byte(2)
    expect([...out.take()]).toEqual([2])
    out.byte(3)
    expect([...out.take()]).toEqual([3])
  })
})
