import { expect, test } from 'vitest'
import { ProtobufReader } from '../../../collector/telemetry/protobuf-reader.ts'

test.each([
  ['a varint that does not end', [0x80]],
  ['a varint of eleven bytes', Array.from({ length: 11 }, () => 0x80)],
])('%s is an error, and no endless loop', (_, bytes) => {
  expect(() => new ProtobufReader(Uint8Array.from(bytes)).varint()).toThrow(RangeError)
})

test('a field that is longer than its message is an error', () => {
  expect(() => new ProtobufReader(Uint8Array.from([5, 1])).bytes()).toThrow(RangeError)
})
