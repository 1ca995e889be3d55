import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPartialSuccess } from '../../../collector/telemetry/read-partial-success.ts'

const json = (value: unknown) =>
  readPartialSuccess(Buffer.from(JSON.stringify(value)), 'application/json')
const protobuf = (...bytes: readonly number[]) =>
  readPartialSuccess(Uint8Array.from(bytes), 'application/x-protobuf')

describe('a receiver’s answer', () => {
  test('says how many spans it refused, in either encoding', () => {
    const expected = { refusedSpans: 3, detail: 'no' }
    expect(json({ partialSuccess: { rejectedSpans: '3', errorMessage: 'no' } })).toEqual(expected)
    expect(protobuf(0x0a, 6, 0x08, 3, 0x12, 2, 0x6e, 0x6f)).toEqual(expected)
  })

  test.each([
    ['is empty', protobuf()],
    ['is an empty object', json({})],
    ['only warns', json({ partialSuccess: { rejectedSpans: 0, errorMessage: 'slow down' } })],
    ['is null', json(null)],
    ['refuses a negative number', json({ partialSuccess: { rejectedSpans: -1 } })],
    ['is another message', protobuf(0x12, 0)],
    ['is cut', protobuf(0x0a, 6, 0x08)],
  ])('refuses nothing where it %s', (_, partial) => {
    expect(partial).toEqual({ refusedSpans: 0 })
  })

  test('may be any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.constantFrom('application/json', 'application/x-protobuf', ''),
        (bytes, type) => {
          expect(readPartialSuccess(bytes, type).refusedSpans).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })
})
