import { Client, credentials, status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'

import type { IngestAnswer } from '../../analyzer/ingest/ingestor.ts'
import type { RefusedRequest } from '../../analyzer/ingest/receive/receiver.ts'
import { startOtlpGrpc, startOtlpHttp } from '../../analyzer/listeners.ts'
import { openQueue } from '../support/open-queue.ts'
import { buildSpan, protobufRequest } from '../support/otlp.ts'

/** Invariant I9: one bound for what both protocols bring. */
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const STORED: IngestAnswer = { kind: 'stored', stored: 1, rejected: 0, reasons: {} }
const ANYWHERE = { host: '127.0.0.1', port: 0 }
const BODY = protobufRequest([buildSpan()])

const identity = (bytes: Buffer): Buffer => bytes

async function bothReceivers() {
  const queue = openQueue()
  const refused: RefusedRequest[] = []
  const receiver = {
    ingest: () => Promise.resolve(STORED),
    queue,
    admitsHost: () => true,
    authorise: () => ({ kind: 'ok' }) as const,
    onRefused: (refusal: RefusedRequest) => void refused.push(refusal),
    log: () => undefined,
  }
  const http = await startOtlpHttp(receiver, ANYWHERE)
  const grpc = await startOtlpGrpc(receiver, ANYWHERE)
  const client = new Client(grpc.url.replace('http://', ''), credentials.createInsecure())
  onTestFinished(async () => {
    client.close()
    await Promise.all([http.stop(), grpc.stop()])
  })
  return {
    queue,
    refused,
    post: async (): Promise<number> => {
      const headers = { 'content-type': 'application/x-protobuf' }
      const init = { method: 'POST', headers, body: Uint8Array.from(BODY) }
      return (await fetch(`${http.url}/v1/traces`, init)).status
    },
    call: (): Promise<number> =>
      new Promise((resolve) => {
        client.makeUnaryRequest(EXPORT, identity, identity, BODY, (error) =>
          resolve(error === null ? status.OK : error.code),
        )
      }),
  }
}

test('a queue that is full is full for both protocols, and has room again for both', async () => {
  const { queue, refused, post, call } = await bothReceivers()
  const { bytesMax } = queue.level()
  const held = queue.begin(() => undefined)
  expect(held?.take(bytesMax)).toBe(true)
  held?.arrived()
  expect(await post()).toBe(503)
  expect(await call()).toBe(status.UNAVAILABLE)
  expect(refused.map(({ reason }) => reason)).toEqual(['busy', 'busy'])
  held?.release()
  expect(await post()).toBe(200)
  expect(await call()).toBe(status.OK)
  expect(queue.level().bytes).toBe(0)
})
