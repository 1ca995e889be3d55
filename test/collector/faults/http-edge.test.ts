import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from 'node:net'
import {
  chatFrames,
  LAST_CHUNK,
  startFakeUpstream,
  STREAM_HEAD,
  type FakeUpstream,
} from '../../support/fake-upstream.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'

/**
 * What no honest client sends: told by a status or by a closed connection, never sent on, and the
 * process lives. Every row goes over a raw socket, for no HTTP client would write it.
 */

let upstream: FakeUpstream
let router: TestRouter

beforeAll(async () => {
  upstream = await startFakeUpstream((exchange) => {
    exchange.send(
      STREAM_HEAD.replace(
        '\r\n\r\n',
        '\r\nset-cookie: a=b\r\nx-evil: yes\r\nx-request-id: req_1\r\n\r\n',
      ),
    )
    for (const frame of chatFrames(['Hi'])) exchange.chunk(frame)
    exchange.send(LAST_CHUNK)
  })
  router = await startRouter({
    routes: [
      {
        name: 'route',
        model: 'openai/gpt-4o',
        apiBase: `${upstream.url}/v1`,
        info: { id: 'модель-模型\u0007-1' },
      },
    ],
  })
})

afterAll(async () => {
  await router.stop()
  await upstream.stop()
})

const BODY = JSON.stringify({
  model: 'route',
  stream: true,
  messages: [{ role: 'user', content: 'Hello.' }],
})
const TARGET = '/v1/chat/completions'
const TYPE = 'content-type: application/json'
const LENGTH = `content-length: ${BODY.length}`

/** Writes exactly these bytes; resolves with all that came back once the connection is closed. */
function talk(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(router.port, '127.0.0.1')
    let heard = ''
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      heard += text
    })
    socket.on('error', () => {
      // A reset is an answer too; `close` follows.
    })
    socket.on('close', () => resolve(heard))
    socket.write(bytes)
  })
}

function request(
  lines: readonly string[],
  { method = 'POST', target = TARGET, version = 'HTTP/1.1', body = BODY } = {},
): string {
  const head = [`${method} ${target} ${version}`, 'connection: close', ...lines]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

const PLAIN = ['host: localhost', TYPE, LENGTH]

interface Row {
  readonly name: string
  readonly bytes: string
  /** `0`: closed without a word. */
  readonly statuses: readonly number[]
}

const TARGETS = [
  '//',
  '///',
  '//[',
  'http://',
  'http://[::1',
  'http://evil.example/v1/chat/completions/x',
  '*',
  '/%E0%A4%A',
  '/v1/chat/completions%00',
  '/v1/chat/completions/../../etc/passwd',
  '/__proto__',
  '/constructor',
  `/${'a'.repeat(10_000)}`,
  `/v1/chat/completions${'/'.repeat(500)}`,
].map((target): Row => ({
  name: `target ${target.slice(0, 40)}`,
  bytes: request(PLAIN, { target }),
  statuses: [400, 404, 414],
}))

const METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'PRI'].map(
  (method): Row => ({
    name: `method ${method}`,
    bytes: request(PLAIN, { method }),
    statuses: [400, 404, 405],
  }),
)

const FRAMING: readonly Row[] = [
  {
    name: 'a length and a chunked body at once',
    bytes: request([...PLAIN, 'transfer-encoding: chunked']),
    statuses: [400],
  },
  {
    name: 'two lengths that differ',
    bytes: request(['host: localhost', TYPE, 'content-length: 5', LENGTH]),
    statuses: [400],
  },
  {
    name: 'a length below nothing',
    bytes: request(['host: localhost', TYPE, 'content-length: -1']),
    statuses: [400],
  },
  {
    name: 'a length that is no number',
    bytes: request(['host: localhost', TYPE, 'content-length: 1e3']),
    statuses: [400],
  },
  {
    name: 'a body over the limit, by its length alone',
    bytes: request(['host: localhost', TYPE, 'content-length: 99999999'], { body: '' }),
    statuses: [413],
  },
  {
    name: 'a chunk whose size is no number',
    bytes: request(['host: localhost', TYPE, 'transfer-encoding: chunked'], {
      body: 'zz\r\nhello\r\n0\r\n\r\n',
    }),
    statuses: [400],
  },
  {
    name: 'an unknown transfer coding',
    bytes: request(['host: localhost', TYPE, 'transfer-encoding: gzip']),
    statuses: [400, 501],
  },
  {
    name: 'no body at all',
    bytes: request(['host: localhost', TYPE], { body: '' }),
    statuses: [400],
  },
]

const HEADERS: readonly Row[] = [
  { name: 'no Host', bytes: request([TYPE, LENGTH]), statuses: [400] },
  {
    name: 'a Host of somebody else',
    bytes: request(['host: evil.example', TYPE, LENGTH]),
    statuses: [421],
  },
  {
    name: 'ten thousand headers',
    bytes: request([...PLAIN, ...Array.from({ length: 10_000 }, (_, index) => `x-${index}: y`)]),
    statuses: [431],
  },
  {
    name: 'a header of a megabyte',
    bytes: request([...PLAIN, `x: ${'y'.repeat(1 << 20)}`]),
    statuses: [431, 0],
  },
  { name: 'a header without a colon', bytes: request([...PLAIN, 'nonsense']), statuses: [400] },
  { name: 'a space before a colon', bytes: request([...PLAIN, 'x-odd : y']), statuses: [400] },
  { name: 'a NUL in a header', bytes: request([...PLAIN, 'x-odd: a\u0000b']), statuses: [400] },
  {
    name: 'an expectation of its own',
    bytes: request([...PLAIN, 'expect: miracles']),
    statuses: [417],
  },
  {
    name: 'a body in gzip',
    bytes: request([...PLAIN, 'content-encoding: gzip']),
    statuses: [415],
  },
  {
    name: 'a chain of encodings',
    bytes: request([...PLAIN, `content-encoding: ${'gzip, '.repeat(1000)}gzip`]),
    statuses: [415, 431],
  },
]

const PROTOCOLS: readonly Row[] = [
  {
    name: 'a tunnel',
    bytes: 'CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n',
    statuses: [405],
  },
  {
    name: 'a web socket',
    bytes: request(
      [
        'host: localhost',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
      ],
      { method: 'GET', target: '/v1/responses', body: '' },
    ),
    statuses: [405],
  },
  { name: 'HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', statuses: [400, 505, 0] },
  {
    name: 'a version of the future',
    bytes: request(PLAIN, { version: 'HTTP/9.9' }),
    statuses: [400, 505],
  },
  { name: 'no version', bytes: `POST ${TARGET}\r\n\r\n`, statuses: [400, 421] },
  {
    name: 'a TLS hello',
    bytes: '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n',
    statuses: [400],
  },
  { name: 'no HTTP', bytes: 'EHLO example.com\r\n\r\n', statuses: [400] },
  { name: 'nothing but line ends', bytes: `${'\r\n'.repeat(1000)}X\r\n\r\n`, statuses: [400] },
]

describe('a request that no client sends', () => {
  test.each([...TARGETS, ...METHODS, ...FRAMING, ...HEADERS, ...PROTOCOLS])(
    '$name',
    async ({ bytes, statuses }) => {
      const before = upstream.requests.length
      const heard = await talk(Buffer.from(bytes, 'latin1'))
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1] ?? 0)

      expect(statuses).toContain(status)
      expect(heard.split('HTTP/1.1 ').length - 1).toBeLessThanOrEqual(1)
      expect(upstream.requests).toHaveLength(before)
      const alive = await talk(request(PLAIN))
      expect(alive).toContain('200 OK')
    },
  )

  test('is not smuggled behind another', async () => {
    const before = upstream.requests.length
    const inner = request(['host: localhost', TYPE, LENGTH])
    const body = `0\r\n\r\n${inner}`
    await talk(
      `POST ${TARGET} HTTP/1.1\r\nhost: localhost\r\n${TYPE}\r\ncontent-length: ${body.length}\r\ntransfer-encoding: chunked\r\n\r\n${body}`,
    )

    expect(upstream.requests).toHaveLength(before)
  })
})

// RFC 9110 7.8: an upgrade may be ignored. Java's client offers h2c with every first request, and
// would not be served if that were refused; nothing of it is sent on.
describe('what is odd and allowed', () => {
  test.each([
    ['an upgrade that is not taken', [...PLAIN, 'upgrade: h2c', 'http2-settings: AAMAAABk']],
    ['a header of the prototype', [...PLAIN, '__proto__: polluted', 'constructor: x']],
    ['an expectation to go on', [...PLAIN, 'expect: 100-continue']],
    ['a body in chunks with extensions', ['host: localhost', TYPE, 'transfer-encoding: chunked']],
  ])('%s is served', async (name, lines) => {
    const chunked = `${BODY.length.toString(16)};ext="x"\r\n${BODY}\r\n0\r\ntrailer: yes\r\n\r\n`
    const heard = await talk(request(lines, name.includes('chunks') ? { body: chunked } : {}))

    expect(heard).toContain('200 OK')
    expect(heard).toContain('[DONE]')
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined()
  })

  test("nothing of the client's head is sent on but what a provider is to know", async () => {
    await talk(
      request([
        ...PLAIN,
        'authorization: Bearer sk-client',
        'x-api-key: sk-client',
        'cookie: session=1',
        'x-forwarded-for: 10.0.0.1',
        'baggage: a=b',
        'traceparent: 00-11111111111111111111111111111111-2222222222222222-01',
        'x-whatever: 1',
        'accept-encoding: gzip, br',
        'user-agent: curl/8',
        'upgrade: h2c',
        'http2-settings: AAMAAABk',
      ]),
    )
    const { head, headers } = upstream.requests.at(-1) ?? { head: '', headers: new Map() }

    expect(head).not.toMatch(/sk-client|cookie|forwarded|baggage|traceparent|x-whatever|curl/i)
    expect(head).not.toMatch(/upgrade|http2-settings/i)
    expect(headers.get('accept-encoding')).toBe('identity')
    expect(headers.get('authorization')).toBe('Bearer sk-provider-key-1234')
  })

  test("nothing of the provider's head is passed on, and a name that is no header breaks nothing", async () => {
    const heard = await talk(request(PLAIN))

    expect(heard).not.toMatch(/set-cookie|x-evil/i)
    expect(heard).toMatch(/x-secondwind-deployment: [\u0020-\u007e]*-1\r\n/)
  })
})

test.each([true, false])(
  'a provider is told of the trace where the configuration says so: %s',
  async (propagate) => {
    const provider = await startFakeUpstream((exchange) => {
      exchange.send(STREAM_HEAD)
      for (const frame of chatFrames(['Hi'])) exchange.chunk(frame)
      exchange.send(LAST_CHUNK)
    })
    const other = await startRouter({
      routes: [{ name: 'route', model: 'openai/gpt-4o', apiBase: `${provider.url}/v1` }],
      secondwind: { propagate_trace_context: propagate },
    })
    const answer = await fetch(`${other.url}${TARGET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: BODY,
    })
    await answer.text()
    const told = provider.requests[0]?.headers.get('traceparent')

    // The provider's spans belong under the attempt, not beside it.
    const traceId = answer.headers.get('x-secondwind-trace-id')
    expect(told).toBe(propagate ? `00-${traceId}-0000000000000001-01` : undefined)
    expect(answer.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-/)
    await other.stop()
    await provider.stop()
  },
)

test('headers that a provider adds behind its answer are no part of it', async () => {
  const odd = await startFakeUpstream((exchange) => {
    exchange.send('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')
    exchange.send(STREAM_HEAD)
    for (const frame of chatFrames(['Hi'])) exchange.chunk(frame)
    exchange.send('0\r\nx-trailer: yes\r\n\r\n')
  })
  const other = await startRouter({
    routes: [{ name: 'route', model: 'openai/gpt-4o', apiBase: `${odd.url}/v1` }],
  })
  const answer = await fetch(`${other.url}${TARGET}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
  })

  expect(await answer.text()).toBe(chatFrames(['Hi']).join(''))
  await other.stop()
  await odd.stop()
})
