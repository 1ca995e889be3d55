import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { BodyBuffer } from '../../../../analyzer/ingest/receive/body-buffer.ts'

test('what was appended comes out, alone in its memory', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 12 }),
      fc.boolean(),
      (chunks, isAnnounced) => {
        const expected = Buffer.concat(chunks)
        const body = new BodyBuffer(isAnnounced ? expected.length : 64 * 1024 * 1024)
        for (const chunk of chunks) body.append(chunk)
        const bytes = body.finish()
        expect(body.length).toBe(expected.length)
        expect(Buffer.from(bytes)).toEqual(expected)
        // Or a thread would be handed more than the body, or what another body needs.
        expect(bytes.buffer.byteLength).toBe(expected.length)
        structuredClone(bytes, { transfer: [bytes.buffer] })
      },
    ),
  )
})

test('a chunk is copied: what it was cut from may change or go', () => {
  const read = Buffer.from('abc')
  const body = new BodyBuffer(3)
  body.append(read.subarray(0, 1))
  read.fill(0)
  body.append(Buffer.from('bc'))
  expect(Buffer.from(body.finish()).toString()).toBe('abc')
})
