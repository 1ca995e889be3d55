import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitUntil } from '../../support/wait-until.ts'
import {
  type AnalyzerProcess,
  startAnalyzerProcess,
  tryAnalyzerProcess,
} from './analyzer-process.ts'
import { filesIn } from './data-files.ts'
import { saltedFolder, sendAll } from './kill-runs.ts'
import { type Breaches, keyOf, readTraces } from './stored.ts'
import { type Batch, drawBatches } from './traffic.ts'

/** A data folder as a killed analyzer leaves it, and what was acknowledged of it. */
export interface UsedFolder {
  readonly dataDir: string
  readonly sent: readonly Batch[]
  /** Of so many of these batches the traces are read; default all. */
  readonly readBatches?: number
}

/** Of a folder's files; its name is the part of a kind that does not change. */
export interface FileKind {
  readonly name: string
  readonly pattern: RegExp
  /** Nothing can be started on what is left of it: that is said, and nothing is changed. */
  readonly mayRefuse?: boolean
  /** What it holds at its end cannot be told from what was never committed. */
  readonly mayForget?: boolean
}

export const FILE_KINDS: readonly FileKind[] = [
  { name: 'the open segment', pattern: /\.hot\.db$/u },
  { name: 'a packed segment', pattern: /\.packed\.db$/u },
  { name: 'the verdicts', pattern: /verdicts\.db$/u },
  { name: 'the log of the open segment', pattern: /\.hot\.db-wal$/u, mayForget: true },
  { name: 'the acts of people', pattern: /acts\.db$/u },
  { name: 'the log of the acts', pattern: /acts\.db-wal$/u },
  { name: 'the log of the verdicts', pattern: /verdicts\.db-wal$/u },
  { name: 'the lock', pattern: /lock\.db$/u, mayRefuse: true },
  { name: 'the salt', pattern: /salt$/u, mayRefuse: true },
  { name: 'the name of the owner', pattern: /owner\.pid$/u },
]

export interface Damage {
  readonly name: string
  readonly apply: (bytes: Buffer) => Buffer
}

export function flipAt(offset: number): Damage {
  return {
    name: `the byte at ${offset}`,
    apply: (bytes) => {
      const at = offset % Math.max(1, bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ 0xff
      return bytes
    },
  }
}

export const WHOLE_DAMAGES: readonly Damage[] = [
  { name: 'no byte left', apply: () => Buffer.alloc(0) },
  { name: 'the second half lost', apply: (bytes) => bytes.subarray(0, bytes.length >> 1) },
  { name: 'the last byte lost', apply: (bytes) => bytes.subarray(0, -1) },
  { name: 'zeros', apply: (bytes) => bytes.fill(0) },
  { name: 'other text', apply: (bytes) => bytes.fill('not a database ') },
]

/** Small segments, so that there is one of each kind. */
const SECTION = ['retention: {span_mib: 16}']

/** Killed, so that logs are left; some segments are packed by then, and one is open. */
export async function killedFolder(): Promise<UsedFolder> {
  const dataDir = saltedFolder()
  const analyzer = await startAnalyzerProcess({ dataDir, section: SECTION })
  const sent = drawBatches(21, { batches: 40, fromMs: Date.now() - 7 * 24 * 3_600_000 })
  await sendAll(analyzer, sent)
  await waitUntil(
    () => filesIn(dataDir).some((file) => file.endsWith('.packed.db')),
    'a segment was packed',
  )
  await analyzer.kill()
  return { dataDir, sent }
}

export interface DamageCase {
  readonly kind: FileKind
  readonly damage: Damage
  /** Started a second time, what the first one did about it must hold. */
  readonly twice: boolean
}

/**
 * Starts on a copy with one damaged file. What is told must be what was sent; what is missing must
 * be spoken of; everything must be answered, and new spans be taken.
 */
export async function startDamaged(
  { dataDir, sent, readBatches }: UsedFolder,
  { kind, damage, twice }: DamageCase,
): Promise<Breaches> {
  const folder = temporaryFolder()
  const copy = join(folder, 'data')
  cpSync(dataDir, copy, { recursive: true })
  const file = filesIn(copy).findLast((name) => kind.pattern.test(name))
  if (file === undefined) throw new Error(`there is no file of ${kind.name}`)
  writeFileSync(file, damage.apply(readFileSync(file)))
  const started = await tryAnalyzerProcess({ dataDir: copy, section: SECTION })
  if (started.kind === 'ended') {
    const isClear = started.exitCode === 5 && /\[ANALYZER_DATA_\w+\]\n\s+hint: /u.test(started.log)
    return kind.mayRefuse === true && isClear ? [] : [`it did not start: ${started.log}`]
  }
  const breaches = [
    ...(await checkPages(started.process, sent)),
    ...(await checkTold(started.process, { sent, readBatches, kind })),
    ...(await checkTakes(started.process)),
  ]
  await started.process.kill()
  if (twice) {
    const again = await tryAnalyzerProcess({ dataDir: copy, section: SECTION })
    if (again.kind === 'ended') return [...breaches, `it did not start again: ${again.log}`]
    breaches.push(...(await checkPages(again.process, sent)))
    await again.process.kill()
  }
  // There are hundreds of them.
  rmSync(folder, { recursive: true })
  return breaches
}

async function checkPages(analyzer: AnalyzerProcess, sent: readonly Batch[]): Promise<Breaches> {
  const traceId = sent[0]?.spans[0]?.traceId ?? ''
  const pages = [
    '/livez',
    '/readyz',
    ...['overview', 'incidents', 'requests', 'rules', 'health', `traces/${traceId}`].map(
      (path) => `/api/v1/${path}`,
    ),
  ]
  const answers = await Promise.all(
    pages.map(async (page) => ({ page, status: await analyzer.status(page) })),
  )
  return answers
    .filter(({ page, status }) => status >= 500 && page !== '/readyz')
    .map(({ page, status }) => `${page} was answered with ${status}: ${analyzer.log()}`)
}

interface Told {
  readonly sent: readonly Batch[]
  readonly readBatches: number | undefined
  readonly kind: FileKind
}

async function checkTold(
  analyzer: AnalyzerProcess,
  { sent, readBatches, kind }: Told,
): Promise<Breaches> {
  const traceIds = new Set(
    sent.slice(0, readBatches).flatMap((batch) => batch.spans.map(({ traceId }) => traceId)),
  )
  const told = await readTraces(analyzer, traceIds)
  const expected = new Map(
    sent
      .flatMap((batch) => batch.spans)
      .filter(({ traceId }) => traceIds.has(traceId))
      .map((span) => [keyOf(span), span.told]),
  )
  const wrong = [...told].filter(([key, rows]) => rows.some((row) => row !== expected.get(key)))
  const missing = [...expected.keys()].filter((key) => !told.has(key))
  const said = `${analyzer.log()} ${JSON.stringify(await analyzer.api('health'))}`
  const isSaid = /damaged|cannot be read/u.test(said.replaceAll('"damaged":[]', ''))
  return [
    ...wrong.slice(0, 3).map(([key, rows]) => `${key} is told as ${rows.join()}`),
    ...(missing.length > 0 && !isSaid && kind.mayForget !== true
      ? [`${missing.length} spans are missing, and nothing is said of it: ${analyzer.log()}`]
      : []),
  ]
}

async function checkTakes(analyzer: AnalyzerProcess): Promise<Breaches> {
  const [batch] = drawBatches(22, { batches: 1, fromMs: Date.now() })
  if (batch === undefined) throw new Error('nothing was drawn')
  const { status } = await analyzer.send(batch)
  return status === 200 ? [] : [`new spans were answered with ${status}: ${analyzer.log()}`]
}
