import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'

import type { WireHealth } from '../../analyzer/api/wire.ts'
import { connectHttp, type SendResult } from '../bench/load/http-sender.ts'
import { renew, type Template, toTemplate } from '../bench/spans/template.ts'
import { startAnalyzerProcess } from '../system/analyzer-faults/analyzer-process.ts'
import { saltedFolder } from '../system/analyzer-faults/kill-runs.ts'

/**
 * Ten times what can be written, for a minute, at a process with a small heap (invariants I7, I9):
 * it must not die or grow, must refuse before it does, and must take failures first.
 * `SECONDWIND_SOAK_MS` shortens it.
 */
const DURATION_MS = Number(process.env['SECONDWIND_SOAK_MS'] ?? 60_000)
const HEAP_MIB = 192
/** Threads, the page cache of SQLite, and the queue of bodies; then the heaps of four threads. */
const RSS_MIB_MAX = 900

const SPANS_PER_BODY = 512
/** Together their bodies are more than the queue holds. */
const HEALTHY_SENDERS = 400
const FAILING_SENDERS = 8
/** As exporters have it: a body that was refused so often is dropped. */
const TRIES = 5
const COME_AGAIN_MS = 1000

const PROTOBUF = { contentType: 'application/x-protobuf', gzip: false }

interface Tally {
  readonly sent: number
  readonly acked: number
}

test('ten times what can be written for a minute kills nothing, and failures are stored', async () => {
  const analyzer = await startAnalyzerProcess({
    dataDir: saltedFolder(),
    nodeArgs: [`--max-old-space-size=${HEAP_MIB}`],
  })
  const until = performance.now() + DURATION_MS
  const healthy = template('ok')
  const failing = template('error')
  const run = async (body: Template, tries: number): Promise<Tally> => {
    let sender = await connectHttp(analyzer.otlpHttpUrl, PROTOBUF)
    /** Who is refused before its body is there is told to close, and comes again anew. */
    const send = async (bytes: Buffer): Promise<SendResult> => {
      try {
        return await sender.send(bytes)
      } catch (error: unknown) {
        if (!analyzer.isRunning()) throw error
        sender.close()
        sender = await connectHttp(analyzer.otlpHttpUrl, PROTOBUF)
        return 'refused'
      }
    }
    const tally = { sent: 0, acked: 0 }
    const bytes = Buffer.from(body.body)
    while (performance.now() < until) {
      renew(bytes, body, Date.now())
      tally.sent += 1
      for (let asked = 0; asked < tries; asked += 1) {
        // oxlint-disable-next-line no-await-in-loop -- a sender waits for its answer
        if ((await send(bytes)) === 'acknowledged') {
          tally.acked += 1
          break
        }
        // oxlint-disable-next-line no-await-in-loop -- and comes again when it is told to
        await wait(tries === 1 ? 0 : COME_AGAIN_MS)
      }
    }
    sender.close()
    return tally
  }
  const senders = (count: number, body: Template, tries: number): readonly Promise<Tally>[] =>
    Array.from({ length: count }, () => run(body, tries))
  const [failures, others] = await Promise.all([
    Promise.all(senders(FAILING_SENDERS, failing, TRIES)),
    Promise.all(senders(HEALTHY_SENDERS, healthy, 1)),
  ])
  const peakMib = peakRssMib(analyzer.pid)
  const failed = sum(failures)
  const rest = sum(others)
  process.stderr.write(
    `${rest.acked} of ${rest.sent} healthy and ${failed.acked} of ${failed.sent} failing bodies stored, peak RSS ${peakMib.toFixed(0)} MiB\n`,
  )
  expect(analyzer.isRunning()).toBe(true)
  expect(peakMib).toBeLessThan(RSS_MIB_MAX)
  // It was too much, or this shows nothing.
  expect(rest.acked).toBeLessThan(rest.sent / 2)
  expect(failed.acked / failed.sent).toBeGreaterThanOrEqual(0.99)
  const { spansStored } = await analyzer.api<WireHealth>('health')
  expect(spansStored).toBe((failed.acked + rest.acked) * SPANS_PER_BODY)
})

function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (all, { sent, acked }) => ({ sent: all.sent + sent, acked: all.acked + acked }),
    { sent: 0, acked: 0 },
  )
}

/** The most that it ever had, as the kernel counted. */
function peakRssMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/u.exec(status)?.[1] ?? Infinity) / 1024
}

/** Bytes that stand nowhere else in a body: the template finds ids by them. */
function idOf(name: string, digits: number): string {
  return createHash('sha256').update(name).digest('hex').slice(0, digits)
}

/** Traces of eight spans; of the failing one, one in each failed. */
function template(status: 'ok' | 'error'): Template {
  const nowNs = BigInt(Date.now()) * 1_000_000n
  const spans = Array.from({ length: SPANS_PER_BODY }, (_, index) => {
    const trace = Math.floor(index / 8)
    return {
      traceId: idOf(`trace ${trace}`, 32),
      spanId: idOf(`span ${index}`, 16),
      name: 'POST /orders',
      kind: 2,
      startTimeUnixNano: String(nowNs - BigInt(index + 1) * 1_000_000n),
      endTimeUnixNano: String(nowNs - BigInt(index) * 1_000_000n),
      status: { code: status === 'error' && index % 8 === 0 ? 2 : 1 },
      attributes: [
        { key: 'http.route', value: { stringValue: '/orders/{id}' } },
        { key: 'padding', value: { stringValue: 'x'.repeat(600) } },
      ],
    }
  })
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'orders' } }] }
  const scope = { name: 'http', version: '1.0.0' }
  return toTemplate({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }, 'protobuf')
}
