import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from '../report.ts'
import { prepareBodies, type NextBody } from './bodies.ts'
import { connectGrpc } from './grpc-sender.ts'
import { connectHttp, type Sender } from './http-sender.ts'
import type { LoadMessage, LoadResult, LoadSpec } from './load-spec.ts'

/** A process of its own: sends what it is told, and counts what was acknowledged. */

/** After a refusal; a real exporter waits longer. */
const COME_AGAIN_MS = 50

interface Tally {
  spans: number
  requests: number
  refused: number
  readonly ackMs: number[]
}

class Load {
  readonly #spec: LoadSpec
  readonly #bodies: readonly NextBody[]
  #tally = emptyTally()
  #spansInAll = 0
  #isOver = false
  readonly #schedule: Schedule | undefined

  constructor(spec: LoadSpec) {
    this.#spec = spec
    this.#bodies = prepareBodies(spec)
    this.#schedule = spec.requestsPerS === undefined ? undefined : new Schedule(spec.requestsPerS)
  }

  async run(say: (message: LoadMessage) => void): Promise<LoadResult> {
    const { warmMs, measureMs } = this.#spec
    const senders = await Promise.all(this.#bodies.map(() => connectTo(this.#spec)))
    this.#schedule?.start()
    const sending = senders.map((sender, index) => this.#sendAll(sender, this.#bodies[index]))
    const done = Promise.all(sending)
    await Promise.race([sleep(warmMs), done])
    this.#tally = emptyTally()
    say({ kind: 'measuring' })
    const startedMs = performance.now()
    const cpuBefore = process.cpuUsage()
    await Promise.race([sleep(measureMs), done])
    const measured = this.#tally
    const { user, system } = process.cpuUsage(cpuBefore)
    const seconds = (performance.now() - startedMs) / 1000
    say({ kind: 'measured' })
    this.#isOver = true
    this.#schedule?.stop()
    await done
    for (const sender of senders) sender.close()
    return {
      seconds,
      spans: measured.spans,
      requests: measured.requests,
      refused: measured.refused,
      ackMs: {
        p50: percentile(measured.ackMs, 0.5),
        p99: percentile(measured.ackMs, 0.99),
        max: percentile(measured.ackMs, 1),
      },
      cpuMs: (user + system) / 1000,
      spansInAll: this.#spansInAll,
    }
  }

  async #sendAll(sender: Sender, next: NextBody | undefined): Promise<void> {
    while (!this.#isOver) {
      const dueMs = await (this.#schedule?.take() ?? performance.now())
      if (dueMs === undefined) return
      const body = next?.()
      if (body === undefined) return
      const result = await sender.send(body.bytes)
      const tally = this.#tally
      if (result === 'acknowledged') {
        tally.requests += 1
        tally.spans += body.spans
        tally.ackMs.push(performance.now() - dueMs)
        this.#spansInAll += body.spans
      } else {
        tally.refused += 1
        await sleep(COME_AGAIN_MS)
      }
    }
  }
}

/** Hands out the moments at which requests fall due, to whichever connection is free. */
class Schedule {
  readonly #gapMs: number
  #startedMs = 0
  #due = 0
  #taken = 0
  #timer: NodeJS.Timeout | undefined
  readonly #free: ((dueMs: number | undefined) => void)[] = []

  constructor(requestsPerS: number) {
    this.#gapMs = 1000 / requestsPerS
  }

  start(): void {
    this.#startedMs = performance.now()
    this.#timer = setInterval(() => this.#tick(), 1)
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const resolve of this.#free.splice(0)) resolve(undefined)
  }

  take(): Promise<number | undefined> {
    return new Promise((resolve) => {
      if (this.#taken < this.#due) resolve(this.#next())
      else this.#free.push(resolve)
    })
  }

  #tick(): void {
    this.#due = Math.floor((performance.now() - this.#startedMs) / this.#gapMs)
    while (this.#taken < this.#due) {
      const resolve = this.#free.shift()
      if (resolve === undefined) return
      resolve(this.#next())
    }
  }

  #next(): number {
    this.#taken += 1
    return this.#startedMs + this.#taken * this.#gapMs
  }
}

function connectTo(spec: LoadSpec): Promise<Sender> {
  if (spec.protocol === 'grpc') return connectGrpc(spec.url)
  const isJson = spec.templates[0]?.encoding === 'json'
  const contentType = isJson ? 'application/json' : 'application/x-protobuf'
  return connectHttp(spec.url, { contentType, gzip: spec.gzip })
}

function emptyTally(): Tally {
  return { spans: 0, requests: 0, refused: 0, ackMs: [] }
}

function say(message: LoadMessage): void {
  process.send?.(message)
}

process.once('message', (spec: LoadSpec) => {
  new Load(spec)
    .run(say)
    .then(
      (result) => say({ kind: 'result', result }),
      (error: unknown) => say({ kind: 'failed', reason: String(error) }),
    )
    .finally(() => process.disconnect())
})
