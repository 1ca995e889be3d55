import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'

import type { WireHealth } from '../../analyzer/api/wire.ts'
import { buildSpan, protobufRequest } from '../support/otlp.ts'
import { grpcFrame, RawGrpc } from '../support/raw-grpc.ts'
import { RawConnection, rawRequest } from '../support/raw-http.ts'
import { startAnalyzerProcess } from '../system/analyzer-faults/analyzer-process.ts'
import { saltedFolder } from '../system/analyzer-faults/kill-runs.ts'

/**
 * Invariant I9 from outside: senders who hold back all but the last bytes of the largest bodies
 * that there may be, over hundreds of connections of both protocols and again whenever they are
 * sent away; the memory of the process stays what its configuration says, and honest senders are
 * served. `SECONDWIND_SOAK_MS` shortens it.
 */
const DURATION_MS = Number(process.env['SECONDWIND_SOAK_MS'] ?? 60_000)
const MIB = 1024 * 1024
const BODY_MIB = 16
const QUEUE_MIB = 64
/**
 * Beyond what an idle process has: the queue, the copies of bodies that are being gathered, what
 * the collector has not yet come to, and some two thousand connections and calls. Unbounded, it
 * would be gigabytes.
 */
const RSS_MIB_MORE = 3 * QUEUE_MIB + 160

const SESSIONS = 40
const CALLS_EACH = 5
const CONNECTIONS = 100
const TRICKLERS = 8
const TRIES = 8

const PROTOBUF = { 'content-type': 'application/x-protobuf' }

test('bodies that are held back cost what the queue allows, and keep nobody out', async () => {
  const analyzer = await startAnalyzerProcess({
    dataDir: saltedFolder(),
    section: [`ingest: { body_mib: ${BODY_MIB}, queue_mib: ${QUEUE_MIB} }`],
  })
  const [, grpcUrl = ''] = /OTLP\/gRPC (http:[^\s,;]+)/.exec(analyzer.log()) ?? []
  const idleMib = memoryMib(analyzer.pid, 'VmRSS')
  const until = performance.now() + DURATION_MS
  const isOver = (): boolean => performance.now() > until
  const part = Buffer.alloc((BODY_MIB - 1) * MIB)
  const frame = grpcFrame(part, { length: BODY_MIB * MIB })
  let held = 0

  const holdCalls = async (): Promise<void> => {
    while (!isOver()) {
      // oxlint-disable-next-line no-await-in-loop -- a hostile sender opens a session again
      const session = await RawGrpc.open(grpcUrl)
      const calls = Array.from({ length: CALLS_EACH }, () =>
        // One that its own end cuts off is none of ours to count.
        session.call({ body: frame, ends: false }).catch(() => undefined),
      )
      held += CALLS_EACH
      // oxlint-disable-next-line no-await-in-loop -- until all have been sent away, or it is over
      await Promise.race([Promise.all(calls), wait(Math.max(0, until - performance.now()))])
      session.close()
    }
  }
  const holdBodies = async (): Promise<void> => {
    const headers = { ...PROTOBUF, 'content-length': String(BODY_MIB * MIB) }
    const request = rawRequest({ headers, body: part })
    while (!isOver()) await holdRequest(request)
  }
  /** Each byte in a chunk of its own: an object for each would be a hundred times the bytes. */
  const trickle = async (): Promise<void> => {
    const headers = { ...PROTOBUF, 'transfer-encoding': 'chunked' }
    const request = rawRequest({ headers, body: Buffer.from('1\r\nx\r\n'.repeat(2 * MIB)) })
    while (!isOver()) await holdRequest(request)
  }
  const holdRequest = async (request: Uint8Array): Promise<void> => {
    const connection = await RawConnection.open(analyzer.otlpHttpUrl)
    held += 1
    connection.write(request)
    const over = wait(Math.max(0, until - performance.now()))
    await Promise.race([connection.answer().catch(() => undefined), over])
    connection.destroy()
  }
  const honest = { sent: 0, stored: 0, tries: 0 }
  const sendHonestly = async (send: () => Promise<boolean>): Promise<void> => {
    while (!isOver()) {
      honest.sent += 1
      for (let asked = 0; asked < TRIES; asked += 1) {
        honest.tries += 1
        // oxlint-disable-next-line no-await-in-loop -- a sender waits for its answer
        if (await send()) {
          honest.stored += 1
          break
        }
        // oxlint-disable-next-line no-await-in-loop -- and comes again when it was told to
        await wait(1000 + Math.random() * 1000)
      }
      // oxlint-disable-next-line no-await-in-loop -- some ten a second
      await wait(100)
    }
  }
  const session = await RawGrpc.open(grpcUrl)
  await Promise.all([
    ...Array.from({ length: SESSIONS }, holdCalls),
    ...Array.from({ length: CONNECTIONS }, holdBodies),
    ...Array.from({ length: TRICKLERS }, trickle),
    sendHonestly(
      async () =>
        (await analyzer.send({ body: freshBody(), headers: PROTOBUF, spans: [] })).status === 200,
    ),
    sendHonestly(async () => (await session.call({ body: grpcFrame(freshBody()) })).code === 0),
  ])
  session.close()
  const peakMib = memoryMib(analyzer.pid, 'VmHWM')
  process.stderr.write(
    `${held} bodies were held back; ${honest.stored} of ${honest.sent} honest ones stored in ${honest.tries} tries; RSS ${idleMib.toFixed(0)} MiB idle, ${peakMib.toFixed(0)} at most\n`,
  )
  expect(analyzer.isRunning()).toBe(true)
  expect(peakMib - idleMib).toBeLessThan(RSS_MIB_MORE)
  expect(honest.stored).toBe(honest.sent)
  const { spansStored } = await analyzer.api<WireHealth>('health')
  expect(spansStored).toBe(honest.stored)
})

function memoryMib(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${line}:\\s+(\\d+) kB`, 'u').exec(status)?.[1] ?? Infinity) / 1024
}

function freshBody(): Buffer {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  return protobufRequest([buildSpan({ traceId, spanId })])
}
