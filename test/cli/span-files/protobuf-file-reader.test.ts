import { expect, test } from 'vitest'

import { ProtobufFileReader } from '../../../cli/span-files/protobuf-file-reader.ts'
import type { Found } from '../../../cli/span-files/span-file-reader.ts'
import { withLength } from '../../support/otlp-files.ts'
import { buildSpan, protobufRequest } from '../../support/otlp.ts'

const SPANS = [buildSpan(), buildSpan({ name: 'x'.repeat(200) }), buildSpan({ name: '' })]
const ROW = protobufRequest(SPANS)
const WITH_LENGTHS = Buffer.concat(SPANS.map((span) => withLength([span])))

function readAll(hasLengths: boolean, chunks: readonly Buffer[]): readonly Found[] {
  const reader = new ProtobufFileReader({ hasLengths })
  return [...chunks.flatMap((chunk) => [...reader.push(chunk)]), ...reader.end()]
}

const told = (found: readonly Found[]): readonly (string | number)[] =>
  found.map((one) => (one.kind === 'piece' ? one.piece.spans : one.message))

test.each([
  ['in a row', false, ROW],
  ['behind lengths', true, WITH_LENGTHS],
])('messages %s come out wherever the chunks are cut', (_, hasLengths, bytes) => {
  for (let at = 0; at <= bytes.length; at += 1) {
    const chunks = [bytes.subarray(0, at), bytes.subarray(at)]
    expect(told(readAll(hasLengths, chunks))).toEqual([1, 1, 1])
  }
  const single = [...bytes].map((byte) => Buffer.from([byte]))
  expect(told(readAll(hasLengths, single))).toEqual([1, 1, 1])
})

test.each([
  ['in a row', false, ROW],
  ['behind lengths', true, WITH_LENGTHS],
])('messages %s that are cut anywhere give what was whole', (_, hasLengths, bytes) => {
  for (let length = 1; length < bytes.length; length += 1) {
    const found = told(readAll(hasLengths, [bytes.subarray(0, length)]))
    // Between two messages nothing is missing that could be missed.
    const cut = found.filter((one) => typeof one === 'string')
    expect(cut.length).toBeLessThanOrEqual(1)
    expect(found.slice(0, found.length - cut.length).every((spans) => spans === 1)).toBe(true)
  }
})

test('a bad message behind a length costs itself only', () => {
  const bad = Buffer.from('00000003ffffff', 'hex')
  const bytes = Buffer.concat([withLength(SPANS), bad, withLength(SPANS)])
  expect(told(readAll(true, [bytes]))).toEqual([
    1,
    1,
    1,
    expect.stringContaining('no field of protobuf; the rest of this message is left out'),
    1,
    1,
    1,
  ])
})

test('garbage in a row ends the reading and says where', () => {
  const found = readAll(false, [Buffer.concat([ROW, Buffer.from([0xff, 0xff]), ROW])])
  expect(told(found)).toEqual([1, 1, 1, expect.stringContaining('nothing behind it can be read')])
  expect(told(found)[3]).toContain(`byte ${ROW.length}: `)
})

test('an element that is no protobuf inside costs itself only', () => {
  const bytes = Buffer.concat([ROW, Buffer.from([0x0a, 2, 0xff, 0xff]), ROW])
  expect(told(readAll(false, [bytes]))).toEqual([
    1,
    1,
    1,
    expect.stringContaining('an element of resource_spans is not protobuf'),
    1,
    1,
    1,
  ])
})

test('an element that is larger than what is held is left out', () => {
  const head = Buffer.from([0x0a, 0x80, 0x80, 0x80, 0x88, 0x01])
  const chunks = [head, ...Array.from({ length: 34 }, () => Buffer.alloc(8 * 1024 * 1024)), ROW]
  expect(told(readAll(false, chunks))).toEqual([
    expect.stringContaining('larger than 256 MiB'),
    1,
    1,
    1,
  ])
})
