import { afterEach, describe, expect, test } from 'vitest'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { createHttpConnection } from '../../../collector/server/http-connection.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

/** More than the kernel's buffers of one connection hold on any system. */
const LARGE = Buffer.alloc(128 * 1024 * 1024)
const MINUTE_MS = 60_000

let server: Server | undefined
let client: Socket | undefined

afterEach(() => {
  client?.destroy()
  server?.closeAllConnections()
  server?.close()
})

/** A client that has sent a request and reads nothing, seen from the server's side. */
async function silentClient(): Promise<{ raw: ServerResponse; clock: FakeClock }> {
  server = createServer()
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.pause()
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const [, raw] = (await once(server, 'request')) as [unknown, ServerResponse]
  return { raw, clock: createFakeClock() }
}

describe('a client that takes nothing', () => {
  test('is let go in the midst of its stream', async () => {
    const { raw, clock } = await silentClient()
    const connection = createHttpConnection(raw, clock)
    let isGone = false
    connection.onGone(() => (isGone = true))
    expect(connection.write(LARGE)).toBe(false)
    const closed = once(raw, 'close')
    clock.advance(MINUTE_MS)
    await closed

    expect(isGone).toBe(true)
  })

  test('is let go when its answer has ended, with time for a slow line', async () => {
    const { raw, clock } = await silentClient()
    const connection = createHttpConnection(raw, clock)
    connection.onGone(() => {})
    connection.end(LARGE)
    clock.advance(MINUTE_MS)
    expect(raw.destroyed).toBe(false)
    clock.advance(LARGE.length / 16 + MINUTE_MS)

    expect(raw.destroyed).toBe(true)
  })
})

test('a client that took its answer leaves no timer behind', async () => {
  const { raw, clock } = await silentClient()
  const connection = createHttpConnection(raw, clock)
  connection.onGone(() => {})
  const closed = once(raw, 'close')
  connection.end(Buffer.from('whole'))
  client?.resume()
  await closed

  expect(clock.timers()).toBe(0)
})
