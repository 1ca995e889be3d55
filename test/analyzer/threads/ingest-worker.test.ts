import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { openStore } from '../../../analyzer/store/open-store.ts'
import { buildSpan, protobufRequest } from '../../support/otlp.ts'
import { runAnalyzer, type RunningAnalyzer } from '../../support/running-analyzer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { openSpanFile } from '../../system/analyzer-faults/data-files.ts'

/** Invariants I7 and I9 of the real threads: what is acked, and what happens where that is slow. */
const MIB = 1024 * 1024

/** Of a queue of 2 MiB a tenth and more would be too few to fill it to its limit. */
const SPANS_PER_BODY = 200
const PADDING = 'x'.repeat(400)

interface Sent {
  readonly isFailed: boolean
  readonly status: number
  readonly retryAfter: string | null
  readonly answer: string
}

let lastSpan = 0

function drawBody(isFailed: boolean): Buffer {
  const spans = Array.from({ length: SPANS_PER_BODY }, (_, index) => {
    lastSpan += 1
    const hex = lastSpan.toString(16)
    return buildSpan({
      traceId: hex.padStart(32, '0'),
      spanId: hex.padStart(16, '0'),
      attributes: { padding: PADDING },
      ...(isFailed && index === 7 ? { status: { code: 'error', message: 'overloaded' } } : {}),
    })
  })
  return protobufRequest(spans)
}

async function sendOne(analyzer: RunningAnalyzer, isFailed: boolean, body: Buffer): Promise<Sent> {
  const response = await analyzer.send(body)
  const retryAfter = response.headers.get('retry-after')
  return { isFailed, status: response.status, retryAfter, answer: await response.text() }
}

async function withSmallQueue(): Promise<RunningAnalyzer> {
  const configFile = join(temporaryFolder(), 'config.yaml')
  writeFileSync(configFile, 'analyzer: {ingest: {body_mib: 1, queue_mib: 2}}\n')
  return runAnalyzer({ configFile })
}

/** Another process that holds the file: nothing can be written until it lets go. */
function stallWriter({ dataDir }: RunningAnalyzer): () => void {
  const blocker = new Database(openSpanFile(dataDir), { timeout: 10_000 })
  blocker.exec('BEGIN IMMEDIATE')
  const release = (): void => {
    if (blocker.open) blocker.close()
  }
  onTestFinished(release)
  return release
}

test('behind a stalled writer no more waits than fits, failures are never shed, and what is acked is there', async () => {
  const analyzer = await withSmallQueue()
  const release = stallWriter(analyzer)
  const levels: number[] = []
  const states = new Set<string>()
  const watching = { isOn: true }
  const watch = (async () => {
    while (watching.isOn) {
      // oxlint-disable-next-line no-await-in-loop -- one look after the other
      const { intake } = await analyzer.api<WireHealth>('health')
      levels.push(intake.queueBytes)
      states.add(intake.state)
    }
  })()
  const everything: Sent[] = []
  const storm = async (): Promise<void> => {
    const round = Array.from({ length: 40 }, (_, index) => {
      const isFailed = index % 4 === 0
      return sendOne(analyzer, isFailed, drawBody(isFailed))
    })
    everything.push(...(await Promise.all(round)))
  }
  await storm()
  await waitUntil(async () => {
    await storm()
    const isShed = everything.some(({ answer }) => answer.includes('failures go first'))
    return isShed && Math.max(...levels) > 1.8 * MIB
  }, 'a queue seen full, and healthy bodies shed')
  expect(everything.filter(({ status }) => status === 200)).toEqual([])
  release()
  await waitUntil(async () => {
    await storm()
    const stored = everything.filter(({ status }) => status === 200)
    return stored.some(({ isFailed }) => isFailed) && stored.some(({ isFailed }) => !isFailed)
  }, 'bodies stored again')
  watching.isOn = false
  await watch

  expect(Math.max(...levels)).toBeLessThanOrEqual(2 * MIB)
  expect(states).toContain('failing')
  expect(new Set(everything.map(({ status }) => status))).toEqual(new Set([200, 503]))
  const refused = everything.filter(({ status }) => status !== 200)
  for (const { retryAfter } of refused) expect(['1', '2', '3', '4', '5']).toContain(retryAfter)
  const shed = everything.filter(({ answer }) => answer.includes('failures go first'))
  expect(shed.filter(({ isFailed }) => isFailed)).toEqual([])
  const acked = everything.filter(({ status }) => status === 200).length * SPANS_PER_BODY
  await waitUntil(async () => {
    const { spansStored, intake } = await analyzer.api<WireHealth>('health')
    // What the ingest thread counts reaches health a moment after the answers.
    return spansStored === acked && intake.requestsShed >= shed.length
  }, 'exactly what was acked, and all that was shed')
}, 60_000)

test('who was told that nothing can be stored finds health saying so, and so at its end', async () => {
  const analyzer = await withSmallQueue()
  const intakeState = async (): Promise<string> =>
    (await analyzer.api<WireHealth>('health')).intake.state
  const release = stallWriter(analyzer)
  expect(await sendOne(analyzer, false, drawBody(false))).toMatchObject({ status: 503 })
  expect(await intakeState()).toBe('failing')
  release()
  expect(await sendOne(analyzer, false, drawBody(false))).toMatchObject({ status: 200 })
  expect(await intakeState()).toBe('ok')
}, 30_000)

test('a stop in the middle of ingest: what was acked is there, and nothing is acked afterwards', async () => {
  const analyzer = await runAnalyzer()
  let acked = 0
  let stopped = false
  let lateAcks = 0
  const senders = Array.from({ length: 6 }, async () => {
    for (;;) {
      const body = drawBody(false)
      // oxlint-disable-next-line no-await-in-loop -- a sender has one request under way
      const response = await analyzer.send(body).catch(() => undefined)
      if (response === undefined) return
      if (response.status === 200) acked += SPANS_PER_BODY
      if (response.status === 200 && stopped) lateAcks += 1
    }
  })
  await waitUntil(() => acked > 10 * SPANS_PER_BODY, 'spans acked')
  await analyzer.stop()
  stopped = true
  await Promise.all(senders)
  const place = { path: analyzer.dataDir, limits: { ageMsMax: Infinity, bytesMax: Infinity } }
  const reader = openStore(place, { now: Date.now, log: () => undefined }).openReader()
  const { stored } = reader.counts()
  reader.close()
  expect(lateAcks).toBe(0)
  expect(stored).toBeGreaterThanOrEqual(acked)
  // What was stored and whose answer was lost on the way: a request of each sender at most.
  expect(stored - acked).toBeLessThanOrEqual(6 * SPANS_PER_BODY)
}, 30_000)
