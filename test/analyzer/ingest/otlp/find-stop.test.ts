import { array, assert, integer, nat, property } from 'fast-check'
import { expect, test } from 'vitest'
import { findStop } from '../../../../analyzer/ingest/otlp/find-stop.ts'
import { wordsOf } from '../../../../analyzer/ingest/otlp/word-match.ts'

function stopOf(bytes: Uint8Array, from: number): number {
  return findStop(bytes, wordsOf(bytes), from)
}

function isStop(byte: number): boolean {
  return byte < 0x20 || byte === 0x22 || byte === 0x5c
}

test('exactly quotes, backslashes and control characters stop a text, at any place of a word', () => {
  for (let byte = 0; byte < 256; byte += 1) {
    for (let at = 0; at < 9; at += 1) {
      const bytes = new Uint8Array(9).fill(0x61)
      bytes[at] = byte
      expect([byte, at, stopOf(bytes, 0)]).toEqual([byte, at, isStop(byte) ? at : 9])
    }
  }
})

test('the first stop counts, whatever stands around it', () => {
  // Near to what stops, and to what borrows from its neighbour.
  const byte = integer({ min: 0, max: 4 }).chain((near) =>
    nat(5).map((kind) => ([0x1e, 0x20, 0x5a, 0x7e, 0xfe, 0x9e][kind] ?? 0) + near),
  )
  assert(
    property(array(byte, { maxLength: 24 }), nat(8), nat(24), (list, offset, from) => {
      const held = Uint8Array.from([...Array.from({ length: offset }, () => 0x22), ...list, 0x22])
      const bytes = held.subarray(offset, offset + list.length)
      const expected = bytes.findIndex((value, at) => at >= from && isStop(value & 0xff))
      const found = stopOf(bytes, Math.min(from, bytes.length))
      expect(found).toBe(expected === -1 ? bytes.length : expected)
    }),
    { numRuns: 2000 },
  )
})
