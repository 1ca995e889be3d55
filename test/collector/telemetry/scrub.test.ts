import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createScrubber } from '../../../collector/telemetry/scrub.ts'

const scrubber = createScrubber([])
const scrub = (text: string, charsMax: number) => scrubber.scrub(text, charsMax)

describe('scrub', () => {
  test.each([
    ['Incorrect API key provided: sk-proj-abc123XYZ_9.', 'Incorrect API key provided: [redacted].'],
    [
      'Incorrect API key provided: sk-ab***********wxyz.',
      'Incorrect API key provided: [redacted].',
    ],
    ['key sk-ant-api03-AAAA-bbbb is invalid', 'key [redacted] is invalid'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer [redacted]'],
    ['{"x-api-key":"hunter2hunter2"}', '{"x-api-key":"[redacted]"}'],
    ['api_key=hunter2 rejected', 'api_key=[redacted] rejected'],
    ['API key not valid: AIzaSyA-1234567890abcdef', 'API key not valid: [redacted]'],
    ['https://user:pass@host/v1 refused', 'https://host/v1 refused'],
    ['GET https://host/v1?key=abc&x=1 failed', 'GET https://host/v1 failed'],
    ['token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl end', 'token [redacted] end'],
    ['AKIAIOSFODNN7EXAMPLE', '[redacted]'],
    ['gsk_abcdefgh12345678 and hf_abcdefgh12345678', '[redacted] and [redacted]'],
  ])('takes the secret out of %j', (text, clean) => {
    expect(scrub(text, 512)).toBe(clean)
  })

  test.each([
    ['read ECONNRESET'],
    ['The model `claude-sonnet-4-6` does not support assistant message prefill.'],
    ['risk-averse task-force on disk-1234567'],
    ['https://docs.example.com/errors'],
    ['This model’s maximum context length is 8192 tokens.'],
  ])('leaves %j as it is', (text) => {
    expect(scrub(text, 512)).toBe(text)
  })

  test('removes the configuration’s own secrets wherever they stand, longest first', () => {
    const own = createScrubber(['plain-password', 'plain-password-longer', 'x'])
    expect(own.scrub('no plain-password-longer, no x-plain-password!', 512)).toBe(
      'no [redacted], no x-[redacted]!',
    )
  })

  test('puts a text on one line and cuts it, without half a character at the end', () => {
    expect(scrub('a\r\nb\u0000c\u001b[31md', 512)).toBe('a b c [31md')
    expect(scrub('abcdef', 4)).toBe('abc…')
    expect(scrub('ab😀cd', 4)).toBe('ab…')
  })

  test('lets no configured secret through, whatever stands around it', () => {
    const secret = 'configured-secret-0815'
    const own = createScrubber([secret])
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 1, max: 600 }), (a, b, limit) => {
        const clean = own.scrub(`${a}${secret}${b}`, limit)
        expect(clean).not.toContain(secret)
        expect(clean.length).toBeLessThanOrEqual(limit)
      }),
    )
  })

  test('takes no longer for hostile texts: every pattern is linear', () => {
    const hostile = ['a://', 'sk-', 'bearer ', 'eyJ', 'x-api-key: ', '@', '?', 'a.'].map((part) =>
      part.repeat(200_000 / part.length),
    )
    // Were one of the patterns quadratic, this alone would run into the test's limit.
    for (const text of hostile) expect(scrub(text, 512).length).toBeLessThanOrEqual(512)
  })
})
