import { describe, expect, onTestFinished, test } from 'vitest'

import { GIVES_WAY_AFTER_MS, IntakeQueue } from '../../analyzer/ingest/receive/intake-queue.ts'
import type { RefusedRequest } from '../../analyzer/ingest/receive/receiver.ts'
import { ShedSignal } from '../../analyzer/ingest/shed-signal.ts'
import type { ExportBody, IngestAnswer } from '../../analyzer/ingest/ingestor.ts'
import { startOtlpGrpc, startOtlpHttp } from '../../analyzer/listeners.ts'
import { protobufStatus } from '../support/otlp-answers.ts'
import { grpcFrame, RawGrpc } from '../support/raw-grpc.ts'
import { RawConnection, rawRequest } from '../support/raw-http.ts'
import { waitUntil } from '../support/wait-until.ts'

/**
 * Invariant I9, against senders that hold their bodies back: what is held is counted to the byte as
 * it arrives, over both protocols together, and keeps nobody out for long.
 */

const KIB = 1024
const BODY_BYTES = 64 * KIB
/** Of each body, all but this comes. */
const MISSING = 10
const STORED: IngestAnswer = { kind: 'stored', stored: 1, rejected: 0, reasons: {} }
const ANYWHERE = { host: '127.0.0.1', port: 0 }

async function bothReceivers() {
  const clock = { nowMs: 0 }
  const shed = new ShedSignal()
  const queue = new IntakeQueue({
    bodyBytesMax: BODY_BYTES,
    bytesMax: 4 * BODY_BYTES,
    now: () => clock.nowMs,
    shed,
  })
  const refused: RefusedRequest[] = []
  const bodies: ExportBody[] = []
  const receiver = {
    ingest: (body: ExportBody) => {
      bodies.push(body)
      return Promise.resolve(STORED)
    },
    queue,
    admitsHost: () => true,
    authorise: () => ({ kind: 'ok' }) as const,
    onRefused: (refusal: RefusedRequest) => void refused.push(refusal),
    log: () => undefined,
  }
  const http = await startOtlpHttp(receiver, ANYWHERE)
  const grpc = await startOtlpGrpc(receiver, ANYWHERE)
  const protocols = { http: await overHttp(http.url), grpc: await overGrpc(grpc.url) }
  onTestFinished(async () => {
    protocols.http.close()
    protocols.grpc.close()
    await Promise.all([http.stop(), grpc.stop()])
  })
  return { clock, queue, shed, refused, bodies, ...protocols }
}

interface Answered {
  readonly code: number
  readonly retryAfterS: number | undefined
}

/** A sender of one protocol: over as many connections as it has bodies under way. */
interface Sender {
  /** Sends a body but for its last bytes. */
  readonly hold: () => Promise<Held>
  readonly send: () => Promise<Answered>
  readonly close: () => void
  readonly ok: number
  readonly later: number
}

interface Held {
  readonly answer: Promise<Answered>
  readonly cancel: () => void
}

const body = Buffer.alloc(BODY_BYTES)

async function overHttp(url: string): Promise<Sender> {
  const open = new Set<RawConnection>()
  const request = rawRequest({ headers: { 'content-type': 'application/x-protobuf' }, body })
  const start = async (bytes: Uint8Array): Promise<Held> => {
    const connection = await RawConnection.open(url)
    open.add(connection)
    connection.write(bytes)
    const answer = connection.answer().then(({ status, headers }) => ({
      code: status,
      retryAfterS: headers.has('retry-after') ? Number(headers.get('retry-after')) : undefined,
    }))
    answer.catch(() => undefined)
    return { answer, cancel: () => connection.destroy() }
  }
  return {
    ok: 200,
    later: 503,
    hold: () => start(request.subarray(0, -MISSING)),
    send: async () => (await start(request)).answer,
    close: () => {
      for (const connection of open) connection.destroy()
    },
  }
}

async function overGrpc(url: string): Promise<Sender> {
  const open = new Set<RawGrpc>()
  const start = async (bytes: Uint8Array, ends: boolean): Promise<Held> => {
    const session = await RawGrpc.open(url)
    open.add(session)
    const answer = session.call({ body: bytes, ends }).then(({ code, details }) => ({
      code: code ?? -1,
      retryAfterS: details === undefined ? undefined : protobufStatus(details).retryAfterS,
    }))
    return { answer, cancel: () => session.close() }
  }
  const frame = grpcFrame(body)
  return {
    ok: 0,
    later: 14,
    hold: () => start(frame.subarray(0, -MISSING), false),
    send: async () => (await start(frame, true)).answer,
    close: () => {
      for (const session of open) session.close()
    },
  }
}

/** The prefix of a message is among its bytes. */
const HELD_BYTES = { http: BODY_BYTES - MISSING, grpc: BODY_BYTES + 5 - MISSING }

describe.each(['http', 'grpc'] as const)('over %s', (protocol) => {
  test('what is held back is counted to the byte, and given back when the sender goes', async () => {
    const { queue, refused, [protocol]: sender } = await bothReceivers()
    const held = [await sender.hold(), await sender.hold()]
    await waitUntil(() => queue.level().bytes === 2 * HELD_BYTES[protocol])
    for (const { cancel } of held) cancel()
    await waitUntil(() => queue.level().bytes === 0)
    expect(refused.map(({ reason }) => reason)).not.toContain('slow')
  })

  test('no more is held than the queue has room for; the rest is asked to come again', async () => {
    const { queue, refused, bodies, [protocol]: sender } = await bothReceivers()
    const held = await Promise.all(Array.from({ length: 12 }, () => sender.hold()))
    const answers: Answered[] = []
    for (const { answer } of held) {
      const noted = answer.then((each) => answers.push(each))
      // Of those that are waited for, the connection ends with the test.
      noted.catch(() => undefined)
    }
    // Four bodies fit, and of a fifth what is left of the room.
    await waitUntil(() => answers.length >= 8)
    expect(queue.level().bytes).toBeLessThanOrEqual(4 * BODY_BYTES)
    for (const { code, retryAfterS } of answers) {
      expect(code).toBe(sender.later)
      expect(retryAfterS).toBeGreaterThan(0)
    }
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['busy']))
    expect(bodies).toEqual([])
  })

  test('others find room as soon as bodies are held back for too long', async () => {
    const { queue, clock, shed, refused, bodies, ...senders } = await bothReceivers()
    const hostile = senders[protocol]
    const held = await Promise.all(Array.from({ length: 4 }, () => hostile.hold()))
    await waitUntil(() => queue.level().bytes >= 4 * HELD_BYTES[protocol])
    // Held back bodies alone turn no healthy one away.
    expect(shed.isSet).toBe(false)
    for (const honest of [senders.http, senders.grpc]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect((await honest.send()).code).toBe(honest.later)
    }
    expect(refused.splice(0).map(({ reason }) => reason)).toEqual(['busy', 'busy'])
    clock.nowMs = GIVES_WAY_AFTER_MS
    for (const honest of [senders.http, senders.grpc]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect((await honest.send()).code).toBe(honest.ok)
    }
    expect(bodies).toHaveLength(2)
    // The oldest gave way, and is told when to come again.
    const [first] = held
    expect(await first?.answer).toMatchObject({ code: hostile.later })
    expect(refused.map(({ reason }) => reason)).toContain('slow')
    expect(refused.length).toBeLessThan(4)
  })
})
