import { expect, test } from 'vitest'
import { readHeaderOptions } from '../../../collector/protocol/litellm-headers.ts'

/** What a client says to the router where it cannot say it in the body. */

test('a header says what the body’s field of that name does', () => {
  const headers = {
    'x-litellm-num-retries': '3',
    'x-litellm-timeout': '30',
    'x-litellm-stream-timeout': ' 2.5 ',
  }

  expect(readHeaderOptions(headers)).toEqual({
    kind: 'read',
    options: { retriesMax: 3, timeoutMs: 30_000, streamTimeoutMs: 2500 },
  })
})

test('other headers say nothing, LiteLLM’s own among them', () => {
  const headers = { 'x-litellm-tags': 'a,b', 'x-litellm-spend-logs-metadata': '{', timeout: '3' }

  expect(readHeaderOptions(headers)).toEqual({ kind: 'read', options: {} })
})

test('the first that is no such number is named', () => {
  const headers = { 'x-litellm-timeout': ['1', '2'], 'x-litellm-num-retries': '1.5' }

  expect(readHeaderOptions(headers)).toMatchObject({
    kind: 'invalid',
    param: 'x-litellm-num-retries',
  })
})
