import { crc32, deflateRawSync } from 'node:zlib'

import { assert, property, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'

import {
  BLOCK_BYTES_MAX,
  closeBlock,
  openBlock,
} from '../../../../../analyzer/store/sqlite/packing/block.ts'

/** Invariant I11 for what stands on our own disk: damage is told, and costs nothing else. */

const TEXT = Buffer.from('gen_ai.request.model gpt-4o '.repeat(100))

test('gives back what was put in', () => {
  assert(
    property(uint8Array({ maxLength: 5000 }), (bytes) => {
      expect(openBlock(closeBlock(bytes))).toEqual({ kind: 'opened', bytes: Buffer.from(bytes) })
    }),
  )
})

test('tells damage to any one byte', () => {
  const block = closeBlock(TEXT)
  for (let at = 0; at < block.length; at += 1) {
    const damaged = Buffer.from(block)
    damaged[at] = (damaged[at] ?? 0) ^ 0x41
    expect(openBlock(damaged).kind, `byte ${at}`).toBe('damaged')
  }
})

test('tells a block that was cut off anywhere', () => {
  const block = closeBlock(TEXT)
  for (let length = 0; length < block.length; length += 1) {
    expect(openBlock(block.subarray(0, length)).kind, `${length} bytes`).toBe('damaged')
  }
})

test('does not unfold a block that claims more than one may hold', () => {
  expect(openBlock(forged(TEXT, BLOCK_BYTES_MAX + 1))).toEqual({
    kind: 'damaged',
    why: 'too long',
  })
})

test('stops unfolding at the length that the block claims', () => {
  const zeros = Buffer.alloc(10 * 1024 * 1024)
  expect(openBlock(forged(zeros, 100))).toEqual({ kind: 'damaged', why: 'not to be unfolded' })
  expect(openBlock(forged(zeros, zeros.length - 1)).kind).toBe('damaged')
  expect(openBlock(forged(zeros, zeros.length + 1)).kind).toBe('damaged')
})

/** With a checksum that holds, and a length that need not. */
function forged(bytes: Buffer, length: number): Buffer {
  const deflated = deflateRawSync(bytes)
  const header = Buffer.alloc(9)
  header.writeUInt8(1, 0)
  header.writeUInt32LE(length, 1)
  header.writeUInt32LE(crc32(deflated), 5)
  return Buffer.concat([header, deflated])
}
