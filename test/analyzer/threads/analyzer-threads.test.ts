import { createServer } from 'node:http'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import { listen, urlOf } from '../../../analyzer/api/listen.ts'
import type { WireProblem } from '../../../analyzer/api/wire.ts'
import { startAnalyzer } from '../../../analyzer/main.ts'
import { ON_LOOPBACK } from '../../support/running-analyzer.ts'
import { unpackDataFolder } from '../../support/unpack-data-folder.ts'
import { waitUntil } from '../../support/wait-until.ts'

/** One that nothing listens at; whoever starts there is known before it says so. */
async function freePort(): Promise<number> {
  const server = createServer()
  await listen(server, { host: '127.0.0.1', port: 0, flag: '--port' })
  const { port } = new URL(urlOf(server, '127.0.0.1'))
  await new Promise((resolve) => server.close(resolve))
  return Number(port)
}

/** Of release 0.1.0, with so many rows that they are not taken over in a moment. */
function largeOldFolder(rows: number): string {
  const path = unpackDataFolder('0.1.0')
  const database = new Database(join(path, 'spans.db'))
  const count = database.prepare<[], number>('SELECT count(*) FROM spans').pluck()
  const more = database.prepare(
    `INSERT INTO spans
     SELECT NULL, randomblob(16), randomblob(8), source_id, context_id, received_ms, start_ns,
       end_ns, is_error, bytes
     FROM spans`,
  )
  while ((count.get() ?? 0) < rows) more.run()
  database.close()
  return path
}

const EXPORT = { method: 'POST', headers: { 'content-type': 'application/x-protobuf' } }

test('while older data is taken over it listens, lives, tells how far it is, and takes nothing', async () => {
  const [port, otlpHttpPort] = [await freePort(), await freePort()]
  const page = `http://127.0.0.1:${port}`
  const starting = startAnalyzer({
    ...ON_LOOPBACK,
    port,
    otlpHttpPort,
    dataDir: largeOldFolder(50_000),
    log: () => undefined,
  })
  onTestFinished(async () => (await starting).stop())
  const problem = await waitUntil(async () => {
    const response = await fetch(`${page}/readyz`).catch(() => undefined)
    const told = response?.status === 503 && ((await response.json()) as WireProblem)
    return told !== false && /taken over/u.test(told.detail ?? '') && told
  }, 'the start to tell how far it is')
  expect(problem.title).toBe('Starting')
  expect(problem.detail).toMatch(/^The data of an older release is taken over: \d+ of \d+ spans/u)
  expect((await fetch(`${page}/livez`)).status).toBe(200)
  expect((await fetch(`${page}/api/v1/health`)).status).toBe(503)
  // Asked to come again, or waited for where it is done a moment later: never refused for good.
  const sent = await fetch(`http://127.0.0.1:${otlpHttpPort}/v1/traces`, EXPORT)
  expect([200, 503]).toContain(sent.status)
  expect(sent.headers.has('retry-after')).toBe(sent.status === 503)
  await starting
  expect((await fetch(`${page}/readyz`)).status).toBe(200)
  expect((await fetch(`http://127.0.0.1:${otlpHttpPort}/v1/traces`, EXPORT)).status).toBe(200)
}, 60_000)

test('a port that is taken is told at once, not after the data was taken over', async () => {
  const holder = createServer()
  await listen(holder, { host: '127.0.0.1', port: 0, flag: '--port' })
  onTestFinished(() => void holder.close())
  const logged: string[] = []
  const start = startAnalyzer({
    ...ON_LOOPBACK,
    otlpHttpPort: Number(new URL(urlOf(holder, '127.0.0.1')).port),
    dataDir: largeOldFolder(50_000),
    log: (line) => logged.push(line),
  })
  await expect(start).rejects.toMatchObject({ code: 'ANALYZER_PORT_IN_USE' })
  expect(logged.filter((line) => /^\d+ spans were taken over/u.test(line))).toEqual([])
}, 60_000)
