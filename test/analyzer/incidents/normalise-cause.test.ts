import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { CAUSE_CHARS_MAX, normaliseCause } from '../../../analyzer/incidents/normalise-cause.ts'

describe('normaliseCause', () => {
  test.each([
    ['connect ECONNREFUSED 10.4.0.12:8443', 'connect ECONNREFUSED 10.9.7.1:443'],
    ['read ECONNRESET api.openai.com:443', 'read ECONNRESET api.openai.com:8443'],
    ['POST https://api.openai.com/v1/x?k=1 failed', 'POST http://127.0.0.1:21472/v1 failed'],
    ['timed out after 30000 ms', 'timed out after 9.5 ms'],
    ['request req_011CQxAbCdEf234567890 failed', 'request req_018ZZqqAbC1234567890x failed'],
    [
      'trace 3f2504e0-4f89-11d3-9a0c-0305e82c3301 lost',
      'trace 9b2504e0-4f89-11d3-9a0c-0305e82c3fff lost',
    ],
    ['span 00f067aa0ba902b7 lost', 'span b9c7c989f97918e1 lost'],
    ['retry at 2026-01-02T03:04:05Z', 'retry at 2027-11-12 13:14:15.123+02:00'],
    ['Date: Sat, 21 Nov 2026 10:22:33 GMT', 'Date: Mon, 1 Jan 2024 01:02:03 GMT'],
    ['at 0x7ffee4b0', 'at 0x12'],
    ['connect [::1]:4318', 'connect [fe80::1%lo0]:9'],
    ['Overloaded', '  overloaded\n'],
  ])('reads %j and %j as one cause', (one, other) => {
    expect(normaliseCause(one)).toBe(normaliseCause(other))
  })

  test.each([
    ['status 429', 'status 503'],
    ['Error code: 400', 'Error code: 500'],
    ['stream-cut mid_stream', 'stream-cut before_content'],
    ['timeout-idle', 'timeout-total'],
    ['ReadTimeout', 'ReadError'],
    ['context_length_exceeded', 'rate_limit_exceeded'],
    ['does not support assistant message prefill', 'does not support tools'],
  ])('tells %j from %j', (one, other) => {
    expect(normaliseCause(one)).not.toBe(normaliseCause(other))
  })

  test('keeps the words that a reader needs', () => {
    expect(normaliseCause('litellm.APIConnectionError: Connection to 10.0.0.1:443 lost')).toBe(
      'litellm.apiconnectionerror: connection to <ip> lost',
    )
  })

  test('changes nothing the second time, and is never longer than its limit', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'http',
        'status',
        'code',
        ' ',
        ':',
        '-',
        '.',
        '=',
        '/',
        'req_',
        '0x',
        '[',
        ']',
      ),
      fc.constantFrom('400', '503', '12', '2026-01-02', '10:11:12', '1.2.3.4', 'abcdef123456'),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const once = normaliseCause(pieces.join(''))
        expect(normaliseCause(once)).toBe(once)
        expect(once.length).toBeLessThanOrEqual(CAUSE_CHARS_MAX)
      }),
      { numRuns: 2000 },
    )
  })
})
