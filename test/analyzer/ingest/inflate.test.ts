import { gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { inflate } from '../../../analyzer/ingest/inflate.ts'

const LIMIT = 64 * 1024
const body = Buffer.from('spans, spans, spans')

test('what was compressed comes back, of several members too', () => {
  const members = Buffer.concat([gzipSync(body), gzipSync(body)])
  expect(inflate(gzipSync(body), LIMIT)).toEqual({ kind: 'inflated', body })
  expect(inflate(members, LIMIT)).toEqual({ kind: 'inflated', body: Buffer.concat([body, body]) })
  expect(inflate(gzipSync(''), LIMIT)).toEqual({ kind: 'inflated', body: Buffer.alloc(0) })
})

test('a body may be as large as its limit, and no byte larger', () => {
  expect(inflate(gzipSync(Buffer.alloc(LIMIT)), LIMIT).kind).toBe('inflated')
  expect(inflate(gzipSync(Buffer.alloc(LIMIT + 1)), LIMIT)).toEqual({ kind: 'too-large' })
})

test('a bomb stops at the limit, in its second member too', () => {
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024))
  expect(inflate(bomb, LIMIT)).toEqual({ kind: 'too-large' })
  expect(inflate(Buffer.concat([gzipSync(body), bomb]), LIMIT)).toEqual({ kind: 'too-large' })
})

test('what is cut off anywhere is malformed: nothing of it is taken', () => {
  const whole = gzipSync(body)
  for (let end = 0; end < whole.length; end += 1) {
    expect(inflate(whole.subarray(0, end), LIMIT)).toEqual({ kind: 'malformed' })
  }
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['plain text', body],
  ['something behind the last member', Buffer.concat([gzipSync(body), Buffer.from('more')])],
  ['a second member that is cut', Buffer.concat([gzipSync(body), gzipSync(body).subarray(0, 12)])],
  ['a wrong checksum', Buffer.concat([gzipSync(body).subarray(0, -8), Buffer.alloc(8)])],
])('%s is malformed', (_, bytes) => {
  expect(inflate(bytes, LIMIT)).toEqual({ kind: 'malformed' })
})
