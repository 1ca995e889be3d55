import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type { AnalyzerProcess } from './analyzer-process.ts'
import type { Breaches } from './stored.ts'
import { attach } from './strace.ts'
import type { Batch } from './traffic.ts'

export interface DiskTrouble {
  /** Of `strace --inject`. */
  readonly inject: string
  /** Taken from its front; what was refused is sent again when the trouble is over. */
  readonly batches: Batch[]
}

export interface Episode {
  readonly acked: readonly Batch[]
  readonly refused: number
  readonly slowestMs: number
  readonly breaches: Breaches
}

/** Refusals after which it is clear how they look. */
const REFUSALS = 2
/** Sends in which the trouble must show itself. */
const SENDS_MAX = 150

/** What people look at while a disk is full. */
const PAGES = [
  '/livez',
  '/api/v1/health',
  '/api/v1/overview',
  '/api/v1/requests',
  '/api/v1/incidents',
]

/**
 * Writes of the running process fail from some moment on; then they succeed again. Senders must be
 * told to come again, readers must be served, and all of it must pass without a restart.
 */
export async function diskTrouble(
  analyzer: AnalyzerProcess,
  { inject, batches }: DiskTrouble,
): Promise<Episode> {
  const acked: Batch[] = []
  const breaches: string[] = []
  let refused = 0
  let slowestMs = 0
  const [calls = ''] = inject.split(':')
  const trace = await attach(analyzer.pid, ['-e', `trace=${calls}`, '-e', `inject=${inject}`])
  for (let sends = 0; refused < REFUSALS && sends < SENDS_MAX; sends += 1) {
    const batch = batches.shift()
    if (batch === undefined) throw new Error('there is nothing left to send')
    const begunAt = performance.now()
    // oxlint-disable-next-line no-await-in-loop -- one sender
    const { status, retryAfter } = await analyzer.send(batch)
    slowestMs = Math.max(slowestMs, performance.now() - begunAt)
    if (status === 200) {
      acked.push(batch)
      continue
    }
    refused += 1
    batches.push(batch)
    if (status !== 503 || !/^\d+$/u.test(retryAfter ?? '')) {
      breaches.push(`refused with ${status}, Retry-After ${retryAfter ?? 'missing'}`)
    }
  }
  for (const page of PAGES) {
    // oxlint-disable-next-line no-await-in-loop -- one reader
    const status = await analyzer.status(page)
    if (status !== 200) breaches.push(`${page} was answered with ${status}`)
  }
  await trace.end()
  await waitUntil(async () => {
    const batch = batches.shift()
    if (batch === undefined) throw new Error('there is nothing left to send')
    const { status } = await analyzer.send(batch)
    if (status === 200) acked.push(batch)
    else batches.push(batch)
    return status === 200
  }, 'writing again')
  await waitUntil(async () => {
    const { judgingPausedSince } = await analyzer.api<WireHealth>('health')
    return judgingPausedSince === null
  }, 'judging again')
  return { acked, refused, slowestMs, breaches }
}
