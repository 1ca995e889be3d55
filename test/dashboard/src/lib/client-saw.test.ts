import { expect, test } from 'vitest'
import { describeClientSaw, describeComplete } from '../../../../dashboard/src/lib/client-saw.ts'

test.each([
  [{ statusCode: 200, complete: true }, 'HTTP 200, complete answer'],
  [{ statusCode: 200, complete: false }, 'HTTP 200, then cut'],
  [
    { statusCode: 200, errorType: 'api_error', complete: false },
    'HTTP 200, then an error frame, api_error',
  ],
  [{ statusCode: 200, complete: null }, 'HTTP 200, end unknown'],
  [
    { statusCode: 503, errorType: 'overloaded_error', complete: false },
    'HTTP 503, overloaded_error',
  ],
  [{ statusCode: 400, complete: null }, 'HTTP 400'],
  [{ complete: null }, 'status unknown'],
])('what the client saw is told in one line: %o', (saw, text) => {
  expect(describeClientSaw(saw)).toBe(text)
})

test('what the spans cannot tell is not called a no', () => {
  expect(describeComplete(null)).toBe('The spans cannot tell')
  expect(describeComplete(false)).toBe('No')
})
