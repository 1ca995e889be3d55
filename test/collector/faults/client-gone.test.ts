import { connect, createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Api } from '../../../collector/vocabulary.ts'
import { WORDS_BEFORE_BREAK, type TargetWire } from '../../matrix/target-wire.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { chainStages, type ChainStage, type TargetScript } from './chain-stage.ts'
import { describeReport, runDisconnects } from './disconnect-trials.ts'

/** Once the client is gone: the upstream is closed, and nobody else is asked (I5). */

const startStage = chainStages()
const APIS = ['chat', 'messages', 'responses'] as const satisfies readonly Api[]
const SETTINGS = { num_retries: 2, timeout: 30 }

const healthy: TargetScript = (wire) => {
  wire.open()
  wire.prelude()
  wire.finish()
}

const silent: TargetScript = () => {
  // Never a byte.
}

const status =
  (code: number): TargetScript =>
  (wire) =>
    wire.whole(code, 'content-type: application/json\r\n', wire.errorBody(code))

const speaksThen =
  (words: number, strike?: (wire: TargetWire) => void): TargetScript =>
  async (wire) => {
    wire.open()
    wire.prelude()
    wire.words(words)
    await wire.settled()
    strike?.(wire)
  }

interface PhaseRow {
  readonly phase: string
  readonly scripts: readonly TargetScript[]
  /** Resolves when the request has come to its phase. */
  readonly reached: (stage: ChainStage) => Promise<unknown>
  /** Whether the client has the response's head by then. */
  readonly hasHead?: boolean
  /** The target that is being asked at that time, and its request; absent: none is. */
  readonly running?: readonly [target: number, request: number]
  readonly extra?: object
  /** How often each target was asked. */
  readonly asked: readonly number[]
}

const PHASES: readonly PhaseRow[] = [
  {
    phase: 'waiting for headers',
    scripts: [silent, healthy],
    reached: (stage) => stage.performed(1),
    running: [1, 1],
    asked: [1, 0],
  },
  {
    phase: 'waiting for content',
    scripts: [speaksThen(0), healthy],
    reached: (stage) => stage.performed(1),
    running: [1, 1],
    asked: [1, 0],
  },
  {
    phase: 'waiting for an answer in one piece',
    scripts: [silent, healthy],
    reached: (stage) => stage.performed(1),
    running: [1, 1],
    extra: { stream: false },
    asked: [1, 0],
  },
  {
    phase: 'in the midst of the answer',
    scripts: [speaksThen(WORDS_BEFORE_BREAK), healthy],
    reached: (stage) => stage.performed(1),
    hasHead: true,
    running: [1, 1],
    asked: [1, 0],
  },
  {
    phase: 'between two attempts',
    scripts: [status(503), healthy],
    reached: (stage) => stage.clock.soonTimer(1000),
    asked: [1, 0],
  },
  {
    phase: 'waiting for the fallback',
    scripts: [status(401), silent, healthy],
    reached: (stage) => stage.performed(2),
    running: [2, 1],
    asked: [1, 1, 0],
  },
  {
    phase: 'waiting for whoever continues',
    scripts: [speaksThen(WORDS_BEFORE_BREAK, (wire) => wire.exchange.rst()), silent, healthy],
    reached: (stage) => stage.performed(2),
    hasHead: true,
    running: [2, 1],
    asked: [1, 1, 0],
  },
  {
    phase: 'in the midst of the continued answer',
    scripts: [
      speaksThen(WORDS_BEFORE_BREAK, (wire) => wire.exchange.rst()),
      speaksThen(4),
      healthy,
    ],
    reached: (stage) => stage.performed(2),
    hasHead: true,
    running: [2, 1],
    asked: [1, 1, 0],
  },
]

describe.each(APIS)('%s', (api) => {
  test.each(PHASES)('a client that leaves $phase', async (row) => {
    const wires = new Map<string, TargetWire>()
    const stage = await startStage({
      api,
      settings: SETTINGS,
      scripts: row.scripts.map((script, index): TargetScript => (wire, request) => {
        wires.set(`${index + 1}/${request}`, wire)
        return script(wire, request)
      }),
    })
    const leaving = new AbortController()
    const pending = stage.post(row.extra, leaving.signal)
    pending.catch(() => {
      // Leaving is what the client does here.
    })
    await row.reached(stage)
    if (row.hasHead === true) await pending
    leaving.abort()
    const { summary, attempts } = await stage.router.telemetry.waitForRequest()
    await wires.get(row.running?.join('/') ?? '')?.exchange.closed
    // Whatever still wanted to happen has had its time.
    stage.clock.advance(3_600_000)
    await new Promise((resolve) => setImmediate(resolve))

    expect(summary).toMatchObject({ outcome: 'cancelled', client: { complete: false } })
    expect(summary.client.errorType).toBeUndefined()
    expect(row.scripts.map((_, index) => stage.asked(index + 1).length)).toEqual(row.asked)
    expect(attempts.at(-1)?.summary?.result).toBe(
      row.running === undefined ? 'failed' : 'cancelled',
    )
    expect(stage.clock.timers()).toBe(0)
  })

  test('a client that leaves while its target is being connected', async () => {
    const sockets = new Set<{ destroy(): void }>()
    const mute = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {
        // The router gives up; that is what the test is about.
      })
      socket.on('data', () => {
        // TLS that is never answered.
      })
    })
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      mute.close()
    })
    const address = mute.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const stage = await startStage({
      api,
      settings: SETTINGS,
      scripts: [healthy, healthy],
      params: { api_base: `https://127.0.0.1:${port}` },
    })
    const leaving = new AbortController()
    const pending = stage.post({}, leaving.signal)
    pending.catch(() => {
      // Leaving is what the client does here.
    })
    await waitUntil(() => sockets.size > 0)
    leaving.abort()
    const { summary } = await stage.router.telemetry.waitForRequest()

    expect(summary).toMatchObject({ outcome: 'cancelled', attempts: 1 })
    expect(stage.asked(2)).toHaveLength(0)
  })
})

test('a client that leaves in the middle of its upload was never there', async () => {
  const stage = await startStage({ api: 'chat', settings: SETTINGS, scripts: [healthy] })
  const socket = connect(stage.router.port, '127.0.0.1')
  socket.write(
    'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"model":',
  )
  await waitUntil(() => socket.bytesWritten > 0)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.destroy()
  await closed
  await stage.post()

  expect(stage.asked(1)).toHaveLength(1)
})

test('a request that waits for its next attempt is told of a shutdown, and makes no other', async () => {
  const stage = await startStage({
    api: 'chat',
    settings: SETTINGS,
    scripts: [status(503), healthy],
  })
  const pending = stage.post()
  await stage.clock.soonTimer(1000)
  void stage.router.stop()
  const stopped = stage.router.stop()
  const answer = await pending

  expect(answer.status).toBe(503)
  expect(await answer.text()).toContain('shutting down')
  await stopped
  expect(stage.asked(2)).toHaveLength(0)
})

test('clients that leave at any time leave nothing behind them', async () => {
  const report = await runDisconnects(100, 1)
  process.stderr.write(describeReport(report))

  expect(report).toMatchObject({ orphans: 0, attemptsAfterLeaving: 0, neverClosed: 0 })
  expect(report.cancelled).toBeGreaterThan(30)
  expect(report.latenciesMs.length).toBeGreaterThan(20)
}, 60_000)
