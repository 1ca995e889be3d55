import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Secret } from '../../../collector/config/secret.ts'
import { createProtobufSender } from '../../../collector/telemetry/protobuf-sender.ts'
import type { TraceSender } from '../../../collector/telemetry/trace-sender.ts'
import { type OtlpReceiver, startOtlpReceiver } from '../../support/otlp-receiver.ts'
import { loadTestConfig } from '../../support/start-router.ts'

let receiver: OtlpReceiver
let sender: TraceSender
beforeEach(async () => {
  receiver = await startOtlpReceiver()
  const route = { name: 'any', model: 'openai/any', apiBase: 'http://127.0.0.1:1' }
  sender = createProtobufSender({
    ...loadTestConfig({ routes: [route] }).telemetry,
    tracesUrl: `${receiver.url}/v1/traces`,
    headers: new Map([['authorization', new Secret('Bearer token')]]),
  })
})
afterEach(async () => {
  sender.abort()
  await receiver.stop()
})

describe('a protobuf sender', () => {
  test('says what it sends and who it is', async () => {
    expect(await sender.send([])).toEqual({ kind: 'sent', refusedSpans: 0 })
    expect(receiver.headers()).toMatchObject({
      'content-type': 'application/x-protobuf',
      authorization: 'Bearer token',
    })
  })

  test.each([
    [400, 'refused'],
    [413, 'refused'],
    [401, 'later'],
    [404, 'later'],
    [302, 'later'],
    [500, 'later'],
    [503, 'later'],
  ])('takes HTTP %i for: %s', async (status, kind) => {
    receiver.answer(status)
    expect(await sender.send([])).toMatchObject({ kind })
  })

  test.each([
    ['7', 7000],
    ['0', 0],
    [new Date(0).toUTCString(), 0],
    ['soon', undefined],
  ])('hears Retry-After: %s', async (header, retryAfterMs) => {
    receiver.answer(429, { 'retry-after': header })
    const outcome = await sender.send([])
    expect('retryAfterMs' in outcome ? outcome.retryAfterMs : undefined).toBe(retryAfterMs)
  })
})
