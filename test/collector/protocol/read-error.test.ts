import { expect, test } from 'vitest'
import { readErrorBody } from '../../../collector/protocol/read-error.ts'
import { bytesOf } from '../../support/play-streams.ts'

test.each<[string, string, object]>([
  [
    'OpenAI',
    '{"error":{"message":"No","type":"invalid_request_error","param":"n","code":"context_length_exceeded"}}',
    { message: 'No', type: 'invalid_request_error', param: 'n', code: 'context_length_exceeded' },
  ],
  [
    'Anthropic',
    '{"type":"error","error":{"type":"rate_limit_error","message":"Slow","details":{"error_code":"enforced_spend_limit_reached"}},"request_id":"r"}',
    { message: 'Slow', type: 'rate_limit_error', code: 'enforced_spend_limit_reached' },
  ],
  ['OpenRouter', '{"error":{"message":"Busy","code":502}}', { message: 'Busy', statusCode: 502 }],
  [
    'Gemini',
    '[{"error":{"code":400,"message":"Bad","status":"INVALID_ARGUMENT"}}]',
    { message: 'Bad', type: 'INVALID_ARGUMENT', statusCode: 400 },
  ],
  [
    'vLLM',
    '{"object":"error","message":"Bad","type":"BadRequestError","code":400}',
    { message: 'Bad', type: 'BadRequestError', statusCode: 400 },
  ],
  ['FastAPI', '{"detail":"Not Found"}', { message: 'Not Found' }],
  ['FastAPI with a list', '{"detail":[{"loc":["body"]}]}', { message: '[{"loc":["body"]}]' }],
  ['a string', '{"error":"boom"}', { message: 'boom' }],
  [
    'a page',
    '<html><head><title>502</title></head><body><h1>502 Bad Gateway</h1>\n<hr>nginx</body></html>',
    { message: '502 Bad Gateway nginx' },
  ],
  ['nothing', '', { message: 'HTTP 503 without a message' }],
  ['an empty object', '{}', { message: 'The provider sent an error without a message.' }],
  [
    'hostile keys',
    '{"__proto__":{"message":"no"},"error":{"__proto__":{"message":"no"}}}',
    { message: 'The provider sent an error without a message.' },
  ],
])('reads the error body of %s', (_, body, error) => {
  expect(readErrorBody(503, bytesOf(body))).toEqual(error)
})

test('takes no more of a page than says what happened', () => {
  expect(readErrorBody(500, bytesOf('x'.repeat(100_000))).message).toHaveLength(512)
})
