import { array, assert, maxSafeNat, nat, property, record, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'

import { MalformedError } from '../../../../../analyzer/ingest/otlp/protobuf-reader.ts'
import {
  decodeTracePart,
  encodeTracePart,
} from '../../../../../analyzer/store/sqlite/packing/trace-part.ts'

const chunk = record({
  row: nat(),
  contextId: nat(),
  receivedMs: maxSafeNat(),
  startUs: maxSafeNat(),
  bytes: uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
})

test('gives back every part of a block by its offset', () => {
  assert(
    property(array(array(chunk, { minLength: 1, maxLength: 4 })), (parts) => {
      const encoded = parts.map(encodeTracePart)
      const block = Buffer.concat(encoded)
      let offset = 0
      for (const [index, part] of parts.entries()) {
        expect(decodeTracePart(block, offset)).toEqual(part)
        offset += encoded[index]?.length ?? 0
      }
    }),
  )
})

test('refuses an offset at which no part begins, and a part that is cut off', () => {
  const bytes = Buffer.from('x')
  const part = encodeTracePart([{ row: 1, contextId: 2, receivedMs: 3, startUs: 4, bytes }])
  expect(() => decodeTracePart(part, part.length)).toThrow(MalformedError)
  expect(() => decodeTracePart(part, 10 * part.length)).toThrow(MalformedError)
  for (let length = 0; length < part.length; length += 1) {
    expect(() => decodeTracePart(part.subarray(0, length), 0)).toThrow(MalformedError)
  }
})
