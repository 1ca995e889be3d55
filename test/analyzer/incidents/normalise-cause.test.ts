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
    [
      'Rate limit reached for gpt-4o in organization org-Ab1Cd2Ef3Gh4Ij5K on tokens per min (TPM): Limit 30000, Used 29500, Requested 1200. Please try again in 1.4s.',
      'Rate limit reached for gpt-4o in organization org-Zz9Yy8Xx7Ww6Vv5U on tokens per min (TPM): Limit 450000, Used 449999, Requested 7. Please try again in 6m0s.',
    ],
    ['Please try again in 20ms.', 'Please try again in 1h2m3.5s.'],
    [
      'Incorrect API key provided: sk-ab***************9f2c.',
      'Incorrect API key provided: sk-proj-zz**1234.',
    ],
    [
      '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_011CQxAbCdEf234567890"}',
      '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_018ZZqqAbC1234567890x"}',
    ],
    [
      'litellm.InternalServerError: OpenAIException - Connection error. Received Model Group=a, 21472 ms',
      'litellm.InternalServerError: OpenAIException - Connection error. Received Model Group=a, 3 ms',
    ],
    // However much longer what differs is in the one, the words end at the same place.
    [
      `${'at 1 '.repeat(30)}${'words '.repeat(60)}`,
      `${'at 123456 '.repeat(30)}${'words '.repeat(60)}`,
    ],
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
    ['"code":502', '"code":429'],
    [`{'code': '502'}`, `{'code': '429'}`],
    ['HTTP/1.1 502', 'HTTP/1.1 401'],
    ['status_code=503', 'status_code=429'],
    ['in-band error 500', 'in-band error 429'],
    ['429 Too Many Requests', '400 Bad Request'],
    ['529 overloaded', '504 Gateway Timeout'],
  ])('tells %j from %j', (one, other) => {
    expect(normaliseCause(one)).not.toBe(normaliseCause(other))
  })

  test('keeps the words that a reader needs', () => {
    expect(normaliseCause('litellm.APIConnectionError: Connection to 10.0.0.1:443 lost')).toBe(
      'litellm.apiconnectionerror: connection to <ip> lost',
    )
  })

  test('tells every cause that providers and LiteLLM name from every other', () => {
    const causes = [
      'Overloaded',
      'litellm.InternalServerError: AnthropicException - overloaded_error in-band',
      'litellm.APIConnectionError: APIConnectionError: OpenAIException - Connection error.',
      'litellm.Timeout: APITimeoutError - Request timed out. Error_str: Timeout on reading data from socket',
      'RemoteProtocolError "Stream ended before a finish_reason was received"',
      'This model does not support assistant message prefill. The conversation must end with a user message.',
      'Prefilling assistant messages is not supported for this model.',
      'You exceeded your current quota, please check your plan and billing details.',
      'Your credit balance is too low to access the Anthropic API.',
      'Rate limit reached for requests',
      'The server had an error while processing your request. Sorry about that!',
      "This model's maximum context length is 128000 tokens.",
      'The model `gpt-x` does not exist or you do not have access to it.',
      'Incorrect API key provided: sk-ab***9f2c.',
      'invalid x-api-key',
      'No deployments available for selected model, Try again in 5 seconds',
      'read ECONNRESET',
      'connect ECONNREFUSED 127.0.0.1:8000',
      'getaddrinfo ENOTFOUND api.openai.com',
      'TypeError: terminated',
      'other side closed',
      '502 Bad Gateway',
      '503 Service Unavailable',
      'content_filter',
      'Lifecycle response identity changed.',
    ]
    expect(new Set(causes.map(normaliseCause)).size).toBe(causes.length)
  })

  test('reads the texts of one outage as one, whatever ids, times, addresses and counts they have', () => {
    const digits = fc.stringMatching(/^[0-9]{1,9}$/)
    const hole = fc.oneof(
      fc.record({ kind: fc.constant('count'), text: digits }),
      fc.record({ kind: fc.constant('uuid'), text: fc.uuid() }),
      fc.record({
        kind: fc.constant('request'),
        text: fc.stringMatching(/^req_[0-9][A-Za-z0-9]{12,24}$/),
      }),
      fc.record({
        kind: fc.constant('address'),
        text: fc
          .tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 }))
          .map(([ip, port]) => `${ip}:${port}`),
      }),
      // What may also stand behind an address ends it.
      fc.record({
        kind: fc.constant('url'),
        text: fc.webUrl().filter((url) => !/["'<>)\]}]/u.test(url)),
      }),
      fc.record({
        kind: fc.constant('date'),
        text: fc
          .date({ min: new Date(0), max: new Date('2099-01-01'), noInvalidDate: true })
          .map((date) => date.toISOString()),
      }),
      fc.record({
        kind: fc.constant('duration'),
        text: fc.tuple(digits, fc.constantFrom('ms', 's', 'm', 'h')).map(([n, unit]) => n + unit),
      }),
    )
    const word = fc.constantFrom('reset by peer', 'connection', 'lost', 'after', 'model', 'refused')
    const outage = fc.array(fc.tuple(word, hole, hole), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(outage, (parts) => {
        // Only holes of one kind can stand for each other.
        const alike = parts.filter(([, one, other]) => one.kind === other.kind)
        const textOf = (which: 1 | 2) =>
          alike.map((part) => `${part[0]} ${part[which].text}`).join(' ')
        expect(normaliseCause(textOf(1))).toBe(normaliseCause(textOf(2)))
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    'a'.repeat(1_000_000),
    '1'.repeat(1_000_000),
    '1.'.repeat(500_000),
    '1m'.repeat(500_000),
    'a-'.repeat(500_000),
    'sk-'.repeat(300_000),
    'sk-'.concat('a'.repeat(1_000_000)),
    '['.repeat(1_000_000),
    '[:'.repeat(500_000),
    'a://'.repeat(250_000),
    '\u0130'.repeat(1_000_000),
    ' \t'.repeat(500_000),
    'code code='.repeat(100_000),
    '2026-01-01t'.repeat(100_000),
  ])('reads no more of a hostile text than it keeps, case %#', (text) => {
    expect(normaliseCause(text).length).toBeLessThanOrEqual(CAUSE_CHARS_MAX)
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
