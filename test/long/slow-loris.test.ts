import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { chatFrames, LAST_CHUNK, startFakeUpstream, STREAM_HEAD } from '../support/fake-upstream.ts'
import { postChat } from '../support/scripted-chain.ts'
import { startRouter } from '../support/start-router.ts'

/** Each holds a connection and trickles: a header a second, or a byte of the body. */
const HOSTILE = 1000

/** Seconds until the last of them is closed, and how many honest requests were served meanwhile. */
async function besiege(head: string, drop: string): Promise<{ seconds: number; served: number }> {
  const upstream = await startFakeUpstream((exchange) => {
    exchange.send(STREAM_HEAD)
    for (const frame of chatFrames(['Hi'])) exchange.chunk(frame)
    exchange.send(LAST_CHUNK)
  })
  const router = await startRouter({
    routes: [{ name: 'primary', model: 'openai/gpt-4o', apiBase: `${upstream.url}/v1` }],
  })
  const startMs = performance.now()
  const open = new Set<Socket>()
  for (let count = 0; count < HOSTILE; count += 1) {
    const socket = connect(router.port, '127.0.0.1')
    open.add(socket)
    socket.on('error', () => {
      // Being thrown out is what they are here for.
    })
    socket.write(head)
    const trickle = setInterval(() => socket.write(drop), 1000)
    socket.on('close', () => {
      clearInterval(trickle)
      open.delete(socket)
    })
    socket.resume()
  }
  let served = 0
  while (open.size > 0) {
    // oxlint-disable-next-line no-await-in-loop -- one honest request after another
    const answer = await postChat(router)
    // oxlint-disable-next-line no-await-in-loop -- read to its end
    if ((await answer.text()).includes('[DONE]')) served += 1
    // oxlint-disable-next-line no-await-in-loop -- ten a second
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await router.stop()
  await upstream.stop()
  return { seconds: (performance.now() - startMs) / 1000, served }
}

const LINE = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n'

test.each([
  { name: 'headers', head: LINE, drop: 'x: y\r\n' },
  {
    name: 'bodies',
    head: `${LINE}content-type: application/json\r\ncontent-length: 1000000\r\n\r\n{`,
    drop: ' ',
  },
])(
  'clients that trickle their $name are thrown out, and others are served',
  async ({ head, drop }) => {
    const { seconds, served } = await besiege(head, drop)
    process.stderr.write(`besieged for ${seconds.toFixed(1)} s, ${served} others were served\n`)

    expect(served).toBeGreaterThan(50)
  },
)
