import { createServer, type IncomingMessage } from 'node:http'

import { expect, onTestFinished, test } from 'vitest'

import { listen, urlOf } from '../../../../analyzer/api/listen.ts'
import { readBody, type ReadResult } from '../../../../analyzer/ingest/receive/read-body.ts'
import { bufferBytes } from '../../../support/buffer-bytes.ts'
import { openQueue } from '../../../support/open-queue.ts'
import { RawConnection, rawRequest } from '../../../support/raw-http.ts'
import { waitUntil } from '../../../support/wait-until.ts'

const MIB = 1024 * 1024

test('a body that is sent away leaves nothing in memory, though its connection stays', async () => {
  let nowMs = 0
  const queue = openQueue({ bodyBytesMax: 16 * MIB, bytesMax: 16 * MIB, now: () => nowMs })
  const requests: IncomingMessage[] = []
  const results: ReadResult[] = []
  const server = createServer((request) => {
    requests.push(request)
    void readBody(request, queue).then((result) => results.push(result))
  })
  await listen(server, { host: '127.0.0.1', port: 0, flag: '--port' })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const headers = { 'content-length': String(16 * MIB) }
  const part = rawRequest({ headers, body: Buffer.alloc(15 * MIB) })
  const more = rawRequest({ headers, body: Buffer.alloc(2 * MIB) })
  const slow = await RawConnection.open(urlOf(server, '127.0.0.1'))
  const next = await RawConnection.open(urlOf(server, '127.0.0.1'))
  const before = bufferBytes()
  slow.write(part)
  await waitUntil(() => queue.level().bytes === 15 * MIB, 'all but the last bytes')
  expect(bufferBytes() - before).toBeGreaterThan(15 * MIB)

  nowMs += 60_000
  next.write(more)
  await waitUntil(() => queue.level().bytes === 2 * MIB, 'the next one in its place')
  expect(results).toEqual([{ kind: 'slow' }])
  expect(requests[0]?.socket.destroyed).toBe(false)
  expect(bufferBytes() - before).toBeLessThan(8 * MIB)
})
