import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSseFrame } from '../../../../collector/protocol/sse/parse-sse-frame.ts'
import { SseSplitter } from '../../../../collector/protocol/sse/sse-splitter.ts'
import { bytesOf, pieces, textOf } from '../../../support/play-streams.ts'

const limits = { lineBytesMax: 1 << 20, eventBytesMax: 4 << 20 }

interface Told {
  readonly raw: string
  readonly event?: string
  readonly data?: string
  readonly defect?: string
}

const maker = { read: parseSseFrame, next: () => undefined }

function split(bytes: Uint8Array, cuts: readonly number[] = [], within = limits): readonly Told[] {
  const splitter = new SseSplitter(within, maker)
  const frames = pieces(bytes, cuts).flatMap((piece) => splitter.push(piece))
  return [...frames, ...splitter.end()].map((frame) => ({ ...frame, raw: textOf(frame.raw) }))
}

const bom = '\uFEFF'
const hostile = [
  ': a comment first\n\n',
  'data: {"a":1}\n\n',
  'data:no space\r\n\r\n',
  'event: named\rdata: with CR only\r\r',
  'data: two\ndata:  lines \ndata\n\n',
  'id: 7\nretry: 10\nx-custom: ignored\ndata: fields\n\n',
  'data: grüße 🌍 — 世界\n\n',
  '\n\n\ndata: after blank lines\n\n',
  'event: alone\n\n',
  'data: mixed\r\n\ndata: next\n\r\n',
  'data: unterminated',
].join('')

describe('SseSplitter', () => {
  test('gives the same frames wherever the bytes are cut', () => {
    const bytes = bytesOf(bom + hostile)
    const whole = split(bytes)
    expect(whole.map(({ data }) => data)).toEqual([
      undefined,
      '{"a":1}',
      'no space',
      'with CR only',
      'two\n lines \n',
      'fields',
      'grüße 🌍 — 世界',
      'after blank lines',
      undefined,
      'mixed',
      'next',
    ])
    for (let at = 1; at < bytes.length; at += 1) expect(split(bytes, [at])).toEqual(whole)
    const everyByte = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1)
    expect(split(bytes, everyByte)).toEqual(whole)
  })

  test('keeps the exact bytes: the frames together are the body', () => {
    const bytes = bytesOf(hostile)
    const raw = split(bytes)
      .map((frame) => frame.raw)
      .join('')
    expect(`${raw}data: unterminated`).toBe(hostile)
  })

  test('any stream of lines, in any chunks, gives the same frames and the same bytes', () => {
    const line = fc.constantFrom('data: x', 'data', 'event: e', ': c', 'data: ü🌍', '', '', 'a b')
    const end = fc.constantFrom('\n', '\r', '\r\n')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, end), { maxLength: 24 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (lines, cuts) => {
          const bytes = bytesOf(lines.flat().join(''))
          const sorted = cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b)
          const whole = split(bytes)
          expect(split(bytes, sorted)).toEqual(whole)
          const raw = whole.map((frame) => frame.raw).join('')
          expect(textOf(bytes).startsWith(raw)).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('does not receive a last frame without its blank line', () => {
    expect(split(bytesOf('data: a\n\ndata: b\n'))).toHaveLength(1)
    expect(split(bytesOf('data: a\n\ndata: b'))).toHaveLength(1)
  })

  test('receives a last frame that ends in bare CRs when the body ends', () => {
    expect(split(bytesOf('data: a\r\r'))).toEqual([{ raw: 'data: a\r\r', data: 'a' }])
  })

  test('tells a page in mid-stream from a field that nobody knows', () => {
    const [page] = split(bytesOf('<html><body>504 Gateway Time-out</body></html>\n\n'))
    expect(page?.defect).toBe('a line that is no event-stream field')
    const [text] = split(bytesOf('upstream connect error or disconnect\n\n'))
    expect(text?.defect).toBeDefined()
    const [unknown] = split(bytesOf('x-trace: 1\ndata: a\n\n'))
    expect(unknown).toMatchObject({ data: 'a' })
    expect(unknown?.defect).toBeUndefined()
  })

  test.each([
    ['a line', 'data: 0123456789abcdef\n\n', { lineBytesMax: 16, eventBytesMax: 1000 }],
    ['an event', 'data: 01\ndata: 23\ndata: 45\n\n', { lineBytesMax: 16, eventBytesMax: 20 }],
    ['blank lines for ever', '\n'.repeat(40), { lineBytesMax: 16, eventBytesMax: 20 }],
    ['no line end for ever', 'x'.repeat(40), { lineBytesMax: 16, eventBytesMax: 1000 }],
  ])('gives up at the limit: %s', (_, body, within) => {
    const bytes = bytesOf(`data: ok\n\n${body}data: after\n\n`)
    const frames = split(bytes, [], within)
    expect(frames).toHaveLength(2)
    expect(frames[1]?.defect).toMatch(/^(?:a line|an event) of over \d+ bytes$/)
    for (let at = 1; at < bytes.length; at += 1) expect(split(bytes, [at], within)).toEqual(frames)
  })

  test('takes tiny events by the hundred thousand', () => {
    const splitter = new SseSplitter(limits, maker)
    const chunk = bytesOf('data\n\n'.repeat(10_000))
    let frames = 0
    for (let round = 0; round < 20; round += 1) frames += splitter.push(chunk).length
    expect(frames).toBe(200_000)
  })
})
