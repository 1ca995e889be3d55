import { once } from 'node:events'
import { connect, createServer, type ServerHttp2Stream } from 'node:http2'

import { expect, onTestFinished, test } from 'vitest'

import { listen, urlOf } from '../../../../analyzer/api/listen.ts'
import { readMessage, type ReadMessage } from '../../../../analyzer/ingest/receive/read-message.ts'
import { bufferBytes } from '../../../support/buffer-bytes.ts'
import { openQueue } from '../../../support/open-queue.ts'
import { grpcFrame } from '../../../support/raw-grpc.ts'
import { waitUntil } from '../../../support/wait-until.ts'

const MIB = 1024 * 1024

test('a message that is sent away leaves nothing in memory, though its call is open', async () => {
  let nowMs = 0
  const queue = openQueue({ bodyBytesMax: 16 * MIB, bytesMax: 16 * MIB, now: () => nowMs })
  const streams: ServerHttp2Stream[] = []
  const results: ReadMessage[] = []
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream) => {
    streams.push(stream)
    const head = {
      kind: 'call',
      encoding: 'identity',
      source: undefined,
      timeoutMs: undefined,
    } as const
    void readMessage(stream, { head, queue }).then((result) => results.push(result))
  })
  await listen(server, { host: '127.0.0.1', port: 0, flag: '--port' })
  const client = connect(urlOf(server, '127.0.0.1'))
  onTestFinished(() => {
    client.close()
    server.close()
  })
  await once(client, 'connect')
  const [slow, next] = [
    client.request({ ':method': 'POST' }),
    client.request({ ':method': 'POST' }),
  ]
  const part = grpcFrame(Buffer.alloc(15 * MIB), { length: 16 * MIB })
  const more = grpcFrame(Buffer.alloc(2 * MIB), { length: 16 * MIB })
  const before = bufferBytes()
  slow.write(part)
  await waitUntil(() => queue.level().bytes === part.length, 'all but the last bytes')
  expect(bufferBytes() - before).toBeGreaterThan(15 * MIB)

  nowMs += 60_000
  next.write(more)
  await waitUntil(() => queue.level().bytes === more.length, 'the next one in its place')
  expect(results).toMatchObject([{ kind: 'refused', refusal: { reason: 'slow' } }])
  expect(streams[0]?.closed).toBe(false)
  expect(bufferBytes() - before).toBeLessThan(8 * MIB)
  for (const stream of [slow, next, ...streams]) stream.on('error', () => undefined).close()
})
