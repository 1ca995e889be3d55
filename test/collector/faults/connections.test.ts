import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startRouter, type TestRouter } from '../../support/start-router.ts'
import { waitUntil } from '../../support/wait-until.ts'

/** Nobody can hold more sockets of the process than it has for them (I9). */

async function open(router: TestRouter): Promise<Socket> {
  const socket = connect(router.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {
    // Being closed is what the test is about.
  })
  await new Promise((resolve) => socket.on('connect', resolve))
  return socket
}

/** Whatever is said in answer until the connection is closed. */
function heard(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (data: string) => {
    text += data
  })
  return new Promise((resolve) => socket.on('close', () => resolve(text)))
}

const PROBE = 'GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'

test('connections beyond the limit are closed and counted, those within it are served', async () => {
  const router = await startRouter({
    routes: [{ name: 'route', model: 'openai/gpt-4o', apiBase: 'http://127.0.0.1:1' }],
    secondwind: { limits: { connections_max: 2 } },
  })
  onTestFinished(() => router.stop())
  const [first, second] = [await open(router), await open(router)]
  const third = await open(router)
  expect(await heard(third)).toBe('')

  first.destroy()
  // The server hears of it a moment later.
  const metrics = await waitUntil(async () => {
    const socket = await open(router)
    socket.write(PROBE)
    const text = await heard(socket)
    return text.includes('200 OK') && text
  })
  const [, refused] = /^secondwind_sidecar_connections_refused_total (\d+)$/m.exec(metrics) ?? []
  expect(Number(refused)).toBeGreaterThanOrEqual(1)

  second.write(PROBE)
  expect(await heard(second)).toContain('200 OK')
})
