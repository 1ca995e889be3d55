import { once } from 'node:events'
import { connect, createServer } from 'node:net'

import { expect, onTestFinished, test } from 'vitest'

import { countConnections } from '../../../../analyzer/ingest/receive/connection-count.ts'
import { listen, urlOf } from '../../../../analyzer/api/listen.ts'
import { waitUntil } from '../../../support/wait-until.ts'

test('open connections are counted, and those beyond the limit', async () => {
  const server = createServer((socket) => socket.resume())
  server.maxConnections = 1
  const connections = countConnections(server)
  await listen(server, { host: '127.0.0.1', port: 0, flag: '--port' })
  const port = Number(new URL(urlOf(server, '127.0.0.1')).port)
  onTestFinished(() => void server.close())
  const first = connect(port, '127.0.0.1')
  await waitUntil(() => connections().open === 1)
  const second = connect(port, '127.0.0.1')
  await once(second, 'close')
  expect(connections()).toEqual({ open: 1, refused: 1 })
  first.end().resume()
  await once(first, 'close')
  await waitUntil(() => connections().open === 0)
  expect(connections()).toEqual({ open: 0, refused: 1 })
})
