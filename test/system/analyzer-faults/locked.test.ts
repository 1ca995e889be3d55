import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { type AnalyzerProcess, startAnalyzerProcess } from './analyzer-process.ts'
import { openSpanFile } from './data-files.ts'
import { saltedFolder, sendAll } from './kill-runs.ts'
import { checkStored, settled } from './stored.ts'
import { type Batch, drawBatches } from './traffic.ts'

/** Someone else has the files open, with a shell, a script or a backup; this process is one. */

const PAGES = ['/', '/livez', '/api/v1/health', '/api/v1/requests', '/api/v1/incidents']

interface Locked {
  readonly analyzer: AnalyzerProcess
  readonly dataDir: string
  readonly before: readonly Batch[]
  readonly after: readonly Batch[]
}

function draw(seed: number): readonly Batch[] {
  return drawBatches(seed, { batches: 20, fromMs: Date.now(), spansPerBatchMax: 32 })
}

async function startWithSpans(): Promise<Locked> {
  const dataDir = saltedFolder()
  const analyzer = await startAnalyzerProcess({ dataDir })
  const [before, after] = [draw(5), draw(6)]
  await sendAll(analyzer, before)
  return { analyzer, dataDir, before, after }
}

function openElsewhere(file: string): Database.Database {
  const database = new Database(file, { timeout: 10_000 })
  onTestFinished(() => void database.close())
  return database
}

async function expectPages(analyzer: AnalyzerProcess): Promise<void> {
  const answers = await Promise.all(
    PAGES.map(async (page) => [page, (await analyzer.status(page)) < 500]),
  )
  expect(answers).toEqual(PAGES.map((page) => [page, true]))
}

test('while another process locks the spans senders are told to come again and readers are served', async () => {
  const { analyzer, dataDir, before, after } = await startWithSpans()
  const other = openElsewhere(openSpanFile(dataDir))
  other.exec('BEGIN IMMEDIATE')
  const [first, ...rest] = after
  if (first === undefined) throw new Error('there is nothing to send')
  for (let refusal = 0; refusal < 3; refusal += 1) {
    // All under the one lock: whoever waits for it does not make others wait.
    // oxlint-disable-next-line no-await-in-loop -- one after the other, as a sender comes again
    const [sent] = await Promise.all([analyzer.send(first), expectPages(analyzer)])
    expect(sent).toEqual({ status: 503, retryAfter: expect.stringMatching(/^\d+$/u) as unknown })
  }
  expect(await checkStored(analyzer, { acked: before, unanswered: [first] })).toEqual([])
  other.exec('ROLLBACK')
  await waitUntil(async () => (await analyzer.send(first)).status === 200, 'writing again')
  await sendAll(analyzer, rest)
  expect(await checkStored(analyzer, { acked: [...before, ...after] })).toEqual([])
}, 120_000)

test('while another process locks the verdicts spans are taken, and judged when it lets go', async () => {
  const { analyzer, dataDir, before, after } = await startWithSpans()
  await settled(analyzer)
  const other = openElsewhere(join(dataDir, 'verdicts.db'))
  other.exec('BEGIN IMMEDIATE')
  await sendAll(analyzer, after)
  await waitUntil(async () => {
    const { judgingPausedSince } = await analyzer.api<WireHealth>('health')
    return judgingPausedSince !== null
  }, 'judging paused, and said')
  await expectPages(analyzer)
  expect(await analyzer.status('/readyz')).toBe(503)
  other.exec('ROLLBACK')
  await waitUntil(async () => (await analyzer.status('/readyz')) === 200, 'judging again')
  await settled(analyzer)
  expect(await checkStored(analyzer, { acked: [...before, ...after] })).toEqual([])
}, 120_000)

test('a reader that keeps its view and a copy that is made meanwhile hold nobody up', async () => {
  const { analyzer, dataDir, before, after } = await startWithSpans()
  const file = openSpanFile(dataDir)
  const reader = openElsewhere(file)
  reader.exec('BEGIN')
  const tables = reader.prepare<[], { count: number }>(
    'SELECT count(*) AS count FROM sqlite_schema',
  )
  expect(tables.get()?.count).toBeGreaterThan(0)
  const copying = openElsewhere(file).backup(join(temporaryFolder(), 'copy.db'), {
    progress: () => 1,
  })
  await sendAll(analyzer, after)
  await copying
  reader.exec('COMMIT')
  expect(await checkStored(analyzer, { acked: [...before, ...after] })).toEqual([])
}, 120_000)
