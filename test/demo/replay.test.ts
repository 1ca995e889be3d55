import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readExport, readRecordings, replay, ROUTER_CONFIG_FILE } from '../../demo/replay.ts'

interface SentSpan {
  readonly traceId: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

let server: Server
let received: SentSpan[][]

beforeEach(async () => {
  received = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()) as {
        resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[]
      }
      received.push(
        body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      )
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

test('every recording is sent whole, each at its own place before now', async () => {
  const nowNs = 1_800_000_000_000_000_000n
  const recordings = await readRecordings()
  const sent = await replay(url(), nowNs)
  expect(received).toHaveLength(recordings.length)
  expect(received.map((spans) => spans.length)).toEqual(recordings.map(({ spans }) => spans))
  expect(sent).toBe(received.flat().length)
  const places = received.map((spans) => ({
    startNs: spans.map((span) => BigInt(span.startTimeUnixNano)).reduce((a, b) => (b < a ? b : a)),
    endNs: spans.map((span) => BigInt(span.endTimeUnixNano)).reduce((a, b) => (b > a ? b : a)),
  }))
  const gapsNs = places.slice(1).map(({ startNs }, index) => startNs - (places[index]?.endNs ?? 0n))
  expect(gapsNs.filter((gapNs) => gapNs < 1_000_000_000n)).toEqual([])
  expect(places.at(-1)?.endNs).toBe(nowNs)
  expect(nowNs - (places[0]?.startNs ?? 0n)).toBeLessThan(5n * 60n * 1_000_000_000n)
})

test('a receiver that refuses a recording is an error that says what it answered', async () => {
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    request.resume()
    response.writeHead(503).end('busy')
  })
  await expect(replay(url(), 1_800_000_000_000_000_000n)).rejects.toThrow('503 busy')
})

test('routes are unique to a recording, and the router configuration has all of them', async () => {
  const recordings = await readRecordings()
  const config = parse(readFileSync(ROUTER_CONFIG_FILE, 'utf8')) as {
    model_list: { model_name: string }[]
  }
  const own = recordings.map(({ config: one }) =>
    (one as typeof config).model_list.map(({ model_name: route }) => route),
  )
  expect(new Set(own.flat()).size).toBe(own.flat().length)
  expect(config.model_list.map(({ model_name: route }) => route).toSorted()).toEqual(
    own.flat().toSorted(),
  )
  const texts = await Promise.all(recordings.map(readExport))
  const named = texts.map((text, index) => own[index]?.some((route) => text.includes(route)))
  expect(named.filter((isNamed) => isNamed !== true)).toEqual([])
})

test('the choice mixes releases, modes and verdicts, and has healthy requests too', async () => {
  const recordings = await readRecordings()
  expect(recordings.length).toBeGreaterThanOrEqual(30)
  expect(
    new Set(recordings.map(({ litellmVersion }) => litellmVersion)).size,
  ).toBeGreaterThanOrEqual(5)
  expect(new Set(recordings.map(({ mode }) => mode)).size).toBeGreaterThanOrEqual(5)
  const demanded = new Set(recordings.flatMap(({ expected }) => expected.must))
  expect([...demanded].toSorted()).toEqual([
    'aresponses-fallback-bypassed',
    'error-masked',
    'fallback-bypassed',
    'fallback-exhausted',
    'no-fallback-configured',
    'prefill-rejected',
  ])
  const allowed = recordings.flatMap(({ expected }) => expected.outcome)
  expect(allowed).toEqual(expect.arrayContaining(['ok', 'rescued', 'failed']))
})
