import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import {
  createUpstreamClient,
  type Exchange,
  type UpstreamClient,
} from '../../../collector/upstream/send.ts'

let server: Server | undefined
let client: UpstreamClient | undefined

afterEach(async () => {
  await client?.close()
  if (server === undefined) return
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  server = undefined
})

interface Provider {
  readonly send: (onData?: (exchange: Exchange) => void) => Promise<string>
  readonly connections: () => number
}

/** A provider that counts its connections; `answer` writes each answer. */
async function startProvider(answer: (response: ServerResponse) => void): Promise<Provider> {
  let connections = 0
  const opened = createServer((request, response) => {
    request.resume().on('end', () => answer(response))
  })
  opened.on('connection', () => {
    connections += 1
  })
  opened.listen(0, '127.0.0.1')
  await once(opened, 'listening')
  server = opened
  const address = opened.address()
  const port = typeof address === 'object' ? address?.port : undefined
  client = createUpstreamClient()
  return {
    send: sender(client, new URL(`http://127.0.0.1:${port}/v1`)),
    connections: () => connections,
  }
}

/** Sends one call; resolves with the whole body, or with why there is none. */
function sender(upstream: UpstreamClient, url: URL): Provider['send'] {
  return (onData) =>
    new Promise((resolve) => {
      let body = ''
      const exchange = upstream.send(
        { url, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') },
        {
          connected() {
            // Timers are the caller's; this one has none.
          },
          head() {
            // The status is not what is looked at here.
          },
          data(chunk) {
            body += Buffer.from(chunk).toString()
            onData?.(exchange)
          },
          end: () => resolve(body),
          failed: ({ code }) => resolve(code),
        },
      )
    })
}

/** A connection is free again one turn after its answer. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

describe('connections', () => {
  test('are used again by the requests that follow', async () => {
    const { send, connections } = await startProvider((response) => response.end('{}'))

    for (let request = 0; request < 5; request += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is what is tested
      expect(await send()).toBe('{}')
      // oxlint-disable-next-line no-await-in-loop -- only now is it idle
      await nextTurn()
    }
    expect(connections()).toBe(1)
  })

  test('carry one request each, and as many stay open as were busy', async () => {
    const waiting: ServerResponse[] = []
    const { send, connections } = await startProvider((response) => {
      waiting.push(response)
      if (waiting.length < 3) return
      for (const one of waiting.splice(0)) one.end('{}')
    })

    for (let round = 0; round < 3; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- each round needs the connections of the last
      expect(await Promise.all([send(), send(), send()])).toEqual(['{}', '{}', '{}'])
      // oxlint-disable-next-line no-await-in-loop -- only now are they idle
      await nextTurn()
    }
    expect(connections()).toBe(3)
  })

  test('that broke are used after those that are open', async () => {
    const waiting: ServerResponse[] = []
    const { send, connections } = await startProvider((response) => waiting.push(response))
    const both = [send(), send()]
    await expect.poll(() => waiting.length).toBe(2)
    waiting[0]?.end('{}')
    await Promise.race(both)
    await nextTurn()
    // The one that ends last would be the next to be taken.
    waiting[1]?.write('{')
    waiting[1]?.destroy()
    expect((await Promise.all(both)).toSorted()).toEqual(['UND_ERR_SOCKET', '{}'])
    await nextTurn()

    const next = send()
    await expect.poll(() => waiting.length).toBe(3)
    waiting[2]?.end('{}')

    expect(await next).toBe('{}')
    expect(connections()).toBe(2)
  })

  test.each([
    { name: 'was given up in mid-answer', isGivenUp: true },
    { name: 'its provider closes', isGivenUp: false },
  ])('give way to another where one $name', async ({ isGivenUp }) => {
    let answers = 0
    const { send } = await startProvider((response) => {
      answers += 1
      if (answers === 1 && !isGivenUp) response.setHeader('connection', 'close')
      response.write('{')
      if (answers > 1 || !isGivenUp) response.end('}')
    })
    const next: Promise<string>[] = []
    const first = send((exchange) => {
      if (isGivenUp) exchange.abort()
      // In the same turn: what was just given up is not usable yet.
      if (next.length === 0) next.push(send(), send())
    })
    if (!isGivenUp) await first
    await expect.poll(() => next.length).toBe(2)

    expect(await Promise.all(next)).toEqual(['{}', '{}'])
  })
})
