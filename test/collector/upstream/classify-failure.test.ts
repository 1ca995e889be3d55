import { describe, expect, test } from 'vitest'
import {
  classifyResponse,
  classifyTransport,
} from '../../../collector/upstream/classify-failure.ts'
import { protocolOf } from '../../../collector/protocol/index.ts'
import type { Api, FailureReason } from '../../../collector/vocabulary.ts'

interface Case {
  readonly status: number
  readonly api?: Api
  readonly type?: string
  readonly code?: string
  readonly message?: string
  readonly details?: object
  readonly is: FailureReason
}

/** As providers really answer; `wire-formats` has the sources. */
const CASES: readonly Case[] = [
  { status: 400, message: "Unknown parameter: 'foo'.", is: 'bad-request' },
  {
    status: 413,
    type: 'request_too_large',
    message: 'Request exceeds the maximum size',
    is: 'bad-request',
  },
  { status: 422, message: 'Input should be a valid string', is: 'bad-request' },
  { status: 401, code: 'invalid_api_key', message: 'Incorrect API key provided', is: 'auth' },
  { status: 403, type: 'permission_error', message: 'not allowed', is: 'auth' },
  { status: 404, code: 'model_not_found', message: 'The model does not exist', is: 'not-found' },
  { status: 405, message: 'Method Not Allowed', is: 'not-found' },
  { status: 402, type: 'billing_error', message: 'pay', is: 'quota-exhausted' },
  { status: 408, message: 'Request timed out', is: 'server-error' },
  { status: 409, type: 'conflict_error', message: 'conflict', is: 'server-error' },
  { status: 429, code: 'rate_limit_exceeded', message: 'Rate limit reached', is: 'rate-limited' },
  {
    status: 429,
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message: 'You exceeded your current quota',
    is: 'quota-exhausted',
  },
  { status: 429, code: 'project_spend_limit_exceeded', message: 'limit', is: 'quota-exhausted' },
  {
    status: 429,
    api: 'messages',
    type: 'rate_limit_error',
    message: 'cap',
    details: { error_code: 'enforced_spend_limit_reached' },
    is: 'quota-exhausted',
  },
  {
    status: 400,
    api: 'messages',
    type: 'invalid_request_error',
    message:
      'You have reached your specified API usage limits. You will regain access on 2026-12-01.',
    is: 'quota-exhausted',
  },
  { status: 500, type: 'server_error', message: 'oops', is: 'server-error' },
  { status: 502, message: 'bad gateway', is: 'server-error' },
  { status: 504, type: 'timeout_error', message: 'late', is: 'server-error' },
  { status: 503, code: 'server_is_overloaded', message: 'busy', is: 'overloaded' },
  {
    status: 529,
    api: 'messages',
    type: 'overloaded_error',
    message: 'Overloaded',
    is: 'overloaded',
  },
  { status: 400, code: 'context_length_exceeded', message: 'too long', is: 'context-too-long' },
  {
    status: 400,
    api: 'messages',
    message: 'prompt is too long: 215000 tokens > 200000 maximum',
    is: 'context-too-long',
  },
  {
    status: 400,
    code: 'content_filter',
    message:
      'The response was filtered due to the prompt triggering Azure OpenAI content management policy',
    is: 'content-filtered',
  },
  {
    status: 400,
    code: 'content_policy_violation',
    message: 'Your request was rejected',
    is: 'content-filtered',
  },
  ...[
    'This model does not support assistant message prefill. The conversation must end with a user message.',
    'Prefilling assistant messages is not supported for this model.',
    'messages: final assistant content cannot end with trailing whitespace',
    'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks).',
    'Requests ending with a model turn are not supported.',
    'Please ensure that multiturn requests end with a user role or a function response',
    'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
  ].map((message): Case => ({
    status: 400,
    api: 'messages',
    type: 'invalid_request_error',
    message,
    is: 'prefill-rejected',
  })),
  { status: 302, message: 'moved', is: 'redirect' },
  { status: 204, message: '', is: 'bad-response' },
]

function classify(one: Case, headers: Record<string, string> = {}) {
  const error = {
    message: one.message,
    ...(one.type !== undefined && { type: one.type }),
    ...(one.code !== undefined && { code: one.code }),
    ...(one.details !== undefined && { details: one.details }),
  }
  const body = Buffer.from(JSON.stringify({ type: 'error', error }))
  const decoded = protocolOf(one.api ?? 'chat').decodeError(one.status, body)
  return classifyResponse({ statusCode: one.status, headers }, decoded, Date.UTC(2026, 10, 21))
}

describe('classifyResponse', () => {
  test.each(CASES)('takes $status $message for $is', (one) => {
    expect(classify(one)).toMatchObject({ reason: one.is, statusCode: one.status })
  })

  test.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after-ms': '1500', 'retry-after': '60' }, 1500],
    [{ 'retry-after': 'Sat, 21 Nov 2026 00:00:07 GMT' }, 7000],
    [{ 'retry-after': 'Fri, 20 Nov 2026 00:00:00 GMT' }, 0],
    [{ 'retry-after': '99999999999999999999' }, 86_400_000],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('reads %j as %s ms', (headers, expected) => {
    const one: Case = { status: 429, message: 'slow down', is: 'rate-limited' }
    expect(classify(one, headers as Record<string, string>).retryAfterMs).toBe(expected)
  })

  test('keeps what an edge says in HTML, in bounds', () => {
    const page = `<html><body><h1>502 Bad Gateway</h1>${'x'.repeat(200_000)}</body></html>`
    const decoded = protocolOf('chat').decodeError(502, Buffer.from(page))
    const failure = classifyResponse({ statusCode: 502, headers: {} }, decoded, 0)

    expect(failure.message).toContain('502 Bad Gateway')
    expect(failure.message.length).toBeLessThan(2100)
  })
})

test('a connection that breaks before headers promised nothing; after them it is a cut', () => {
  const error = { code: 'ECONNRESET', message: 'read ECONNRESET' }

  expect(classifyTransport(error, 'before_headers')).toMatchObject({
    reason: 'connection',
    errorType: 'ECONNRESET',
  })
  expect(classifyTransport(error, 'mid_stream')).toMatchObject({ reason: 'stream-cut' })
})
