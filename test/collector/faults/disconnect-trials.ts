import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../../demo/random.ts'
import {
  chatFrames,
  jsonResponse,
  LAST_CHUNK,
  startFakeUpstream,
  STREAM_HEAD,
  type WireExchange,
} from '../../support/fake-upstream.ts'
import { startRouter, type TestRouter } from '../../support/start-router.ts'
import { waitUntil } from '../../support/wait-until.ts'

export interface DisconnectReport {
  /** Requests that ended as cancelled. */
  readonly cancelled: number
  /** Upstream requests that no attempt of their own request accounts for. */
  readonly orphans: number
  /** Attempts that were begun after the one that the client's leaving ended. */
  readonly attemptsAfterLeaving: number
  /** Upstream requests that were still being answered when the client left, and never closed. */
  readonly neverClosed: number
  /** From the client's leaving to the closing of its upstream, sorted. */
  readonly latenciesMs: readonly number[]
  readonly attempts: number
}

interface Trial {
  readonly number: number
  leaveAfterMs: number
  goneAtMs: number | undefined
  readonly exchanges: { isOver: boolean; closedAtMs: number | undefined }[]
}

/** At once, so that trials disturb each other as clients do. */
const CONCURRENT = 25
/** Requests that are let run to their end first: they tell how long one takes on this machine. */
const STAYING = 25
const WORDS = Array.from({ length: 30 }, (_, index) => `word-${index} `)

/**
 * Clients that leave at random times of requests that fail, are retried and rescued at random: in
 * the upload, in every phase of every attempt, and between two of them.
 */
export async function runDisconnects(count: number, seed: number): Promise<DisconnectReport> {
  const random = seededRandom(seed)
  const trials = Array.from({ length: STAYING + count }, (_, number): Trial => ({
    number,
    leaveAfterMs: Number.POSITIVE_INFINITY,
    goneAtMs: undefined,
    exchanges: [],
  }))
  const upstream = await startFakeUpstream((exchange) => {
    const number = Number(/trial-(\d+)/.exec(exchange.request.body)?.[1])
    const trial = trials[number]
    if (trial === undefined) throw new Error('a request of no trial')
    return answer(exchange, trial, random)
  })
  const router = await startRouter({
    routes: ['primary', 'second', 'third'].map((name) => ({
      name,
      model: `openai/${name}`,
      apiBase: `${upstream.url}/v1`,
    })),
    fallbacks: { primary: ['second', 'third'] },
    router: { num_retries: 1, disable_cooldowns: true },
    secondwind: { retry: { backoff_base_ms: 20, backoff_max_ms: 20, budget_ratio: 1 } },
  })
  const lastsMs = Math.max(
    ...(await Promise.all(trials.slice(0, STAYING).map((trial) => visit(router, trial)))),
  )
  for (const trial of trials.slice(STAYING)) trial.leaveAfterMs = random() * lastsMs
  for (let first = STAYING; first < trials.length; first += CONCURRENT) {
    // oxlint-disable-next-line no-await-in-loop -- so many at once and no more
    await Promise.all(trials.slice(first, first + CONCURRENT).map((trial) => visit(router, trial)))
  }
  const open = (): number =>
    trials.flatMap(({ exchanges }) => exchanges).filter((one) => !one.isOver && !one.closedAtMs)
      .length
  await waitUntil(() => open() === 0, 'every upstream closed').catch(() => false)
  await waitUntil(async () => (await inFlight(router)) === 0, 'every request ended')
  const report = summarize(router, trials)
  await router.stop()
  await upstream.stop()
  return report
}

async function inFlight(router: TestRouter): Promise<number> {
  const text = await (await fetch(`${router.url}/metrics`)).text()
  return Number(/_requests_in_flight (\d+)$/m.exec(text)?.[1])
}

function traceparent(number: number): string {
  return `00-${(number + 1).toString(16).padStart(32, '0')}-00000000000000aa-01`
}

/** What a target does: fails before headers, is slow, breaks half-way, falls silent, or answers. */
async function answer(exchange: WireExchange, trial: Trial, random: () => number): Promise<void> {
  const record: Trial['exchanges'][number] = { isOver: false, closedAtMs: undefined }
  trial.exchanges.push(record)
  void noteClosing(exchange, record)
  const over = (finish: () => void): void => {
    record.isOver = true
    finish()
  }
  await delay(random() * 15)
  const stays = !Number.isFinite(trial.leaveAfterMs)
  // Whoever stays must come to an end: nobody is silent to them.
  const kind = stays ? random() * 0.4 : random()
  if (kind < 0.25) {
    over(() => exchange.send(jsonResponse(503, { error: { message: 'busy', type: 'busy' } })))
    return
  }
  exchange.send(STREAM_HEAD)
  const [role = '', ...rest] = chatFrames(WORDS)
  exchange.chunk(role)
  const breaksAt = kind < 0.6 ? Math.floor(random() * WORDS.length) : rest.length
  for (const frame of rest.slice(0, breaksAt)) {
    if (record.closedAtMs !== undefined) return
    exchange.chunk(frame)
    // oxlint-disable-next-line no-await-in-loop -- one word after another
    await delay(1)
  }
  if (kind < 0.4) over(() => exchange.rst())
  else if (kind >= 0.6) over(() => exchange.send(LAST_CHUNK))
}

async function noteClosing(
  exchange: WireExchange,
  record: Trial['exchanges'][number],
): Promise<void> {
  await exchange.closed
  record.closedAtMs = performance.now()
}

/** Sends a request and leaves at its time, if it is not over by then; how long that took. */
function visit(router: TestRouter, trial: Trial): Promise<number> {
  const body = JSON.stringify({
    model: 'primary',
    stream: true,
    user: `trial-${trial.number}`,
    messages: [{ role: 'user', content: 'Hello. '.repeat(2000) }],
  })
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: localhost',
    'connection: close',
    'content-type: application/json',
    `traceparent: ${traceparent(trial.number)}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return new Promise((resolve) => {
    const startMs = performance.now()
    const socket = connect(router.port, '127.0.0.1')
    const timer = Number.isFinite(trial.leaveAfterMs)
      ? setTimeout(() => {
          trial.goneAtMs = performance.now()
          socket.destroy()
        }, trial.leaveAfterMs)
      : undefined
    socket.on('error', () => {
      // A reset is as good as any other end here.
    })
    socket.on('data', () => {
      // Read, and thrown away.
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(performance.now() - startMs)
    })
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  })
}

function summarize(router: TestRouter, trials: readonly Trial[]): DisconnectReport {
  const { requests } = router.telemetry
  const latenciesMs: number[] = []
  let neverClosed = 0
  for (const { goneAtMs, exchanges } of trials) {
    for (const { isOver, closedAtMs } of exchanges) {
      if (isOver || goneAtMs === undefined) continue
      if (closedAtMs === undefined) neverClosed += 1
      else if (closedAtMs > goneAtMs) latenciesMs.push(closedAtMs - goneAtMs)
    }
  }
  const attemptsByTrace = new Map(
    requests.map(({ start, attempts }) => [start.traceparent, attempts.length]),
  )
  const orphans = trials.filter(
    ({ number, exchanges }) => exchanges.length > (attemptsByTrace.get(traceparent(number)) ?? 0),
  ).length
  const attemptsAfterLeaving = requests.reduce((sum, { attempts }) => {
    const ended = attempts.findIndex(({ summary }) => summary?.result === 'cancelled')
    return sum + (ended === -1 ? 0 : attempts.length - 1 - ended)
  }, 0)
  return {
    cancelled: requests.filter(({ summary }) => summary.outcome === 'cancelled').length,
    orphans,
    attemptsAfterLeaving,
    neverClosed,
    latenciesMs: latenciesMs.toSorted((a, b) => a - b),
    attempts: requests.reduce((sum, { attempts }) => sum + attempts.length, 0),
  }
}

/** One line for whoever reads the test's output. */
export function describeReport(report: DisconnectReport): string {
  const { latenciesMs } = report
  const at = (share: number): string =>
    (latenciesMs[Math.floor(share * (latenciesMs.length - 1))] ?? 0).toFixed(1)
  return `client gone: ${report.cancelled} cancelled, ${report.attempts} attempts; upstream closed after p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms (${latenciesMs.length} that were open)\n`
}
