import { expect, test } from 'vitest'
import { WordMatch, wordsOf } from '../../../../analyzer/ingest/otlp/word-match.ts'

test.each(['true', 'false', '{"key":"', 'stringValue":"'])(
  '%s is found where it stands and nowhere else',
  (text) => {
    const match = new WordMatch(text)
    const bytes = Buffer.from(`##${text}###`)
    const words = wordsOf(bytes.subarray(1))
    const stands = [0, 1, 2, 3].map((at) => match.stands(words, at))
    expect(stands).toEqual([false, true, false, false])
    expect(match.length).toBe(text.length)
  },
)

test('no byte of it may differ', () => {
  const text = 'doubleValue":'
  for (let at = 0; at < text.length; at += 1) {
    const bytes = Buffer.from(text)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    expect(new WordMatch(text).stands(wordsOf(bytes), 0)).toBe(false)
  }
})
