import { afterEach, describe, expect, test } from 'vitest'
import {
  createUpstreamClient,
  type Exchange,
  type ResponseHead,
  type UpstreamClient,
} from '../../../collector/upstream/send.ts'
import {
  jsonResponse,
  LAST_CHUNK,
  startFakeUpstream,
  STREAM_HEAD,
  type FakeUpstream,
  type Script,
} from '../../support/fake-upstream.ts'

let upstream: FakeUpstream | undefined
let client: UpstreamClient | undefined

afterEach(async () => {
  await client?.close()
  await upstream?.stop()
  upstream = undefined
})

interface Heard {
  readonly heads: readonly ResponseHead[]
  readonly body: string
  readonly end: string
}

/** Sends one call and resolves with everything that the listener heard. */
function send(url: string, onData?: (exchange: Exchange) => void): Promise<Heard> {
  const opened = createUpstreamClient()
  client = opened
  return new Promise((resolve) => {
    const heads: ResponseHead[] = []
    let body = ''
    const exchange = opened.send(
      {
        url: new URL(url),
        headers: { 'content-type': 'application/json' },
        body: Buffer.from('{}'),
      },
      {
        connected() {
          // Timers are the caller's; this one has none.
        },
        head: (head) => void heads.push(head),
        data(chunk) {
          body += Buffer.from(chunk).toString()
          onData?.(exchange)
        },
        end: () => resolve({ heads, body, end: 'clean' }),
        failed: ({ code }) => resolve({ heads, body, end: code }),
      },
    )
  })
}

async function against(script: Script): Promise<Heard> {
  upstream = await startFakeUpstream(script)
  return send(`${upstream.url}/v1/chat/completions`)
}

const INTERIM = 'HTTP/1.1 103 Early Hints\r\n\r\n'

/** Enough for a race to show itself, and a moment's work. */
const CALLS = 2000

describe('one HTTP attempt', () => {
  test.each<{ readonly name: string; readonly script: Script; readonly end: RegExp }>([
    { name: 'a reset before headers', script: (exchange) => exchange.rst(), end: /^ECONNRESET$/ },
    {
      name: 'a close before headers',
      script: (exchange) => exchange.fin(),
      end: /^UND_ERR_SOCKET$/,
    },
    {
      name: 'a reset in the body',
      script: (exchange) => {
        exchange.send(STREAM_HEAD)
        exchange.chunk('data: 1\n\n')
        setImmediate(() => exchange.rst())
      },
      // Which of the two depends on whether the body was read before the reset came.
      end: /^(ECONNRESET|UND_ERR_SOCKET)$/,
    },
    {
      name: 'a close between two chunks',
      script: (exchange) => {
        exchange.send(STREAM_HEAD)
        exchange.chunk('data: 1\n\n')
        exchange.fin()
      },
      end: /^UND_ERR_SOCKET$/,
    },
    {
      name: 'a body short of its length',
      script: (exchange) => {
        exchange.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort')
        exchange.fin()
      },
      end: /^UND_ERR_SOCKET$/,
    },
    {
      name: 'a chunk size that is none',
      script: (exchange) => exchange.send(`${STREAM_HEAD}zz\r\nhello\r\n`),
      end: /^HTTPParserError$/,
    },
    {
      name: 'headers without end',
      script: (exchange) => exchange.send(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(64 * 1024)}\r\n\r\n`),
      end: /^UND_ERR_HEADERS_OVERFLOW$/,
    },
    {
      name: 'a clean end, which says nothing of the answer',
      script: (exchange) => {
        exchange.send(STREAM_HEAD)
        exchange.chunk('data: 1\n\n')
        exchange.send(LAST_CHUNK)
      },
      end: /^clean$/,
    },
    {
      name: 'an interim response before the real one',
      script: (exchange) => exchange.send(INTERIM + jsonResponse(200, {})),
      end: /^clean$/,
    },
  ])('tells $name', async ({ script, end }) => {
    const heard = await against(script)

    expect(heard.end).toMatch(end)
    expect(heard.heads.every((head) => head.statusCode === 200)).toBe(true)
  })

  test('tells a port where nobody listens', async () => {
    upstream = await startFakeUpstream()
    const { url } = upstream
    await upstream.stop()

    expect((await send(url)).end).toBe('ECONNREFUSED')
  })

  test('tells a name that does not resolve', async () => {
    expect((await send('http://nowhere.invalid/v1')).end).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/)
  })

  test('is silent after it was given up, and closes its connection', async () => {
    let closed: Promise<void> | undefined
    upstream = await startFakeUpstream((exchange) => {
      closed = exchange.closed
      exchange.send(STREAM_HEAD)
      exchange.chunk('data: 1\n\n')
    })
    const heard = send(upstream.url, (exchange) => exchange.abort())
    await upstream.waitForRequests(1)
    await closed

    await expect(Promise.race([heard, Promise.resolve('silent')])).resolves.toBe('silent')
  })
})

/** Sends one call after another over one client, each when the one before has ended. */
async function sendInTurn(url: string, count: number): Promise<readonly string[]> {
  const opened = createUpstreamClient()
  client = opened
  const ends: string[] = []
  for (let sent = 0; sent < count; sent += 1) {
    // oxlint-disable-next-line no-await-in-loop -- the connection must be idle again
    const end = await new Promise<string>((resolve) => {
      opened.send(
        { url: new URL(url), headers: {}, body: Buffer.from('{}') },
        {
          connected() {
            // Timers are the caller's; this one has none.
          },
          head() {
            // The status is not what is looked at here.
          },
          data() {
            // Nor is the body.
          },
          end: () => resolve('clean'),
          failed: ({ code }) => resolve(code),
        },
      )
    })
    ends.push(end)
    // oxlint-disable-next-line no-await-in-loop -- only now is it idle
    await new Promise((resolve) => setImmediate(resolve))
  }
  return ends
}

const answer: Script = (exchange) => exchange.send(jsonResponse(200, {}))

describe('a kept connection', () => {
  test.each<{ readonly name: string; readonly close: Script }>([
    { name: 'reset', close: (exchange) => exchange.rst() },
    { name: 'closed', close: (exchange) => exchange.fin() },
  ])(
    'that is $name as it is used again costs nothing: the call goes out anew',
    async ({ close }) => {
      upstream = await startFakeUpstream(answer, close, answer)

      expect(await sendInTurn(upstream.url, 2)).toEqual(['clean', 'clean'])
      expect(upstream.requests).toHaveLength(3)
    },
  )

  test('is not tried a third time', async () => {
    upstream = await startFakeUpstream(answer, (exchange) => exchange.rst())

    expect(await sendInTurn(upstream.url, 2)).toEqual(['clean', 'ECONNRESET'])
    expect(upstream.requests).toHaveLength(3)
  })

  test('that breaks in the midst of a head is a failure: somebody was at work', async () => {
    upstream = await startFakeUpstream(answer, (exchange) => {
      exchange.send('HTTP/1.1 200 OK\r\ncontent-')
      exchange.fin()
    })

    expect(await sendInTurn(upstream.url, 2)).toEqual(['clean', 'UND_ERR_SOCKET'])
    expect(upstream.requests).toHaveLength(2)
  })

  test('is nothing that a fresh one that breaks is taken for', async () => {
    upstream = await startFakeUpstream((exchange) => exchange.rst())

    expect(await sendInTurn(upstream.url, 1)).toEqual(['ECONNRESET'])
    expect(upstream.requests).toHaveLength(1)
  })
})

test('calls by the thousand over kept connections get each its own answer', async () => {
  upstream = await startFakeUpstream((exchange) => {
    const { n } = JSON.parse(exchange.request.body) as { readonly n: number }
    // One in ten is the last of its connection, told by the head or by nothing at all.
    const how = n % 10
    exchange.send(jsonResponse(200, { n }, how === 3 ? { connection: 'close' } : {}))
    if (how === 3 || how === 7) exchange.fin()
  })
  const opened = createUpstreamClient()
  client = opened
  let crossed = 0
  let failed = 0
  const call = (n: number): Promise<void> =>
    new Promise((resolve) => {
      const parts: Uint8Array[] = []
      opened.send(
        {
          url: new URL(upstream?.url ?? ''),
          headers: {},
          body: Buffer.from(JSON.stringify({ n })),
        },
        {
          connected() {
            // Timers are the caller's; this one has none.
          },
          head() {
            // The status is not what is looked at here.
          },
          data: (chunk) => void parts.push(chunk),
          end() {
            const body = JSON.parse(Buffer.concat(parts).toString()) as { readonly n: number }
            if (body.n !== n) crossed += 1
            resolve()
          },
          failed() {
            failed += 1
            resolve()
          },
        },
      )
    })
  for (let first = 0; first < CALLS; first += 50) {
    // oxlint-disable-next-line no-await-in-loop -- fifty at a time keep connections in use
    await Promise.all(Array.from({ length: 50 }, (_, index) => call(first + index)))
  }

  expect(crossed).toBe(0)
  expect(failed).toBe(0)
})
