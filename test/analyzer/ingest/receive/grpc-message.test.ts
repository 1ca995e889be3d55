import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { MessageReader } from '../../../../analyzer/ingest/receive/grpc-message.ts'
import { grpcFrame } from '../../../support/raw-grpc.ts'

const reader = (encoding = 'identity') => new MessageReader({ bodyBytesMax: 1000, encoding })

test('a message is read however its bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 1000 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
      fc.boolean(),
      (message, sizes, gzip) => {
        const frame = grpcFrame(message, { flag: gzip ? 1 : 0 })
        const reading = reader('gzip')
        for (let start = 0, index = 0; start < frame.length; index += 1) {
          const end = start + (sizes[index % sizes.length] ?? 1)
          expect(reading.write(frame.subarray(start, end))).toBeUndefined()
          start = end
        }
        expect(reading.finish()).toEqual({ body: message, gzip })
      },
    ),
  )
})

test('a length over the limit is refused as it is announced, before a byte of it comes', () => {
  const head = grpcFrame(Buffer.alloc(0), { length: 1001 })
  expect(reader().write(head)).toMatchObject({ reason: 'too-large', code: 8 })
})

test('a message that is cut off at any byte is none', () => {
  const frame = grpcFrame(Buffer.from('message'))
  for (let length = 0; length < frame.length; length += 1) {
    const reading = reader()
    expect(reading.write(frame.subarray(0, length))).toBeUndefined()
    expect(reading.finish()).toMatchObject({ code: 13 })
  }
})

test('a byte behind the message is refused as it comes', () => {
  const reading = reader()
  expect(reading.write(grpcFrame(Buffer.from('message')))).toBeUndefined()
  expect(reading.write(Buffer.from([0]))).toMatchObject({ code: 12 })
})
