import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { describe, expect, test } from 'vitest'

import type { WireHealth } from '../../analyzer/api/wire.ts'
import { shareAnalyzer } from '../support/otlp-target.ts'
import { RawConnection, rawRequest } from '../support/raw-http.ts'
import { waitUntil } from '../support/wait-until.ts'

/**
 * OpenTelemetry's exporters of Python, which LiteLLM brings along, before a whole analyzer.
 * `npm run test:interop` installs them.
 */

const MIB = 1024 * 1024
const PYTHON = process.env['SECONDWIND_INTEROP_PYTHON']
const PROGRAM = fileURLToPath(new URL('export-spans.py', import.meta.url))
const target = shareAnalyzer({ config: 'analyzer: { ingest: { body_mib: 8, queue_mib: 8 } }\n' })

interface Exported {
  readonly traceId: string
  readonly errors: readonly string[]
}

async function exportSpans(protocol: string, compression: string, count: number) {
  const url = protocol === 'http' ? target().httpUrl : target().grpcUrl
  const args = [PROGRAM, protocol, url, compression, String(count)]
  const { stdout } = await promisify(execFile)(PYTHON ?? 'python3', args)
  return JSON.parse(stdout) as Exported
}

async function spansStored(): Promise<number> {
  const response = await fetch(`${target().pageUrl}/api/v1/health`)
  return ((await response.json()) as WireHealth).spansStored
}

describe.runIf(PYTHON !== undefined).each(['http', 'grpc'])('over %s', (protocol) => {
  test.each(['none', 'gzip'])(
    'every span arrives, compression %s',
    async (compression) => {
      const before = await spansStored()
      const { traceId, errors } = await exportSpans(protocol, compression, 1500)
      expect(errors).toEqual([])
      await waitUntil(async () => (await spansStored()) === before + 1500, 'all spans')
      const [span] = await target().stored(traceId)
      expect(span).toMatchObject({
        name: 'work',
        status: { code: 'error', message: 'broke' },
        scope: { name: 'app', version: '1.2.3' },
      })
    },
    60_000,
  )

  test('told to wait, it comes again, and each span is stored once', async () => {
    const before = await spansStored()
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': String(8 * MIB) }
    const part = rawRequest({ headers, body: Buffer.alloc(8 * MIB - 1) })
    const holders = await Promise.all([0, 1].map(() => RawConnection.open(target().httpUrl)))
    for (const holder of holders) holder.write(part)
    expect((await Promise.race(holders.map((holder) => holder.answer()))).status).toBe(503)
    const busy = await busyAnswers()
    const exported = exportSpans(protocol, 'none', 100)
    await waitUntil(async () => (await busyAnswers()) > busy, 'the exporter to be sent away')
    for (const holder of holders) holder.destroy()
    expect((await exported).errors).toEqual([])
    await waitUntil(async () => (await spansStored()) >= before + 100, 'all spans')
    expect(await spansStored()).toBe(before + 100)
  }, 90_000)
})

async function busyAnswers(): Promise<number> {
  const metrics = await (await fetch(`${target().pageUrl}/metrics`)).text()
  return Number(/reason="busy"[^\n]*\} (\d+)/u.exec(metrics)?.[1] ?? 0)
}
