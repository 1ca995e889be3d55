import { expect, test } from 'vitest'
import { traceAcks } from './ack-order.ts'
import { type AnalyzerProcess, startAnalyzerProcess } from './analyzer-process.ts'
import { diskTrouble } from './disk-episodes.ts'
import { saltedFolder, sendAll } from './kill-runs.ts'
import { type Bug, plantBug } from './plant-bug.ts'
import { type Breaches, checkStored } from './stored.ts'
import { canTrace } from './strace.ts'
import { drawBatches } from './traffic.ts'

/** Would these checks see a bug? Each is planted in a copy of the program, and must be seen. */

interface Planted extends Bug {
  readonly look: (analyzer: AnalyzerProcess) => Promise<Breaches>
  readonly seenAs: RegExp
}

const COMMITS = 10

const BUGS: readonly Planted[] = [
  {
    name: 'an answer before the commit',
    file: 'analyzer/ingest/group-commit.js',
    changes: [
      [
        'const failure = this.#write(group);',
        'const failure = undefined; setTimeout(() => this.#write(group), 50);',
      ],
    ],
    look: async (analyzer) => (await traceAcks(analyzer, COMMITS)).breaches,
    seenAs: /was (?:answered before its commit was on disk|never written)/u,
  },
  {
    name: 'commits that nobody waits for',
    file: 'analyzer/store/sqlite/open-database.js',
    changes: [
      ["'synchronous = FULL'", "'synchronous = OFF'"],
      ['const FULL = 2;', 'const FULL = 0;'],
    ],
    look: async (analyzer) => (await traceAcks(analyzer, COMMITS)).breaches,
    seenAs: /was answered before its commit was on disk/u,
  },
  {
    name: 'a failed commit that is answered as if it had not failed',
    file: 'analyzer/ingest/group-commit.js',
    changes: [['return { error };', 'return undefined;']],
    look: sendToFullDisk,
    seenAs: /was acked and is not there/u,
  },
]

const STORE_BUGS: readonly Planted[] = [
  {
    name: 'a span that comes again and is stored again',
    file: 'analyzer/store/sqlite/segments/plan-append.js',
    changes: [['return there;', 'return false;']],
    look: sendTwice,
    seenAs: /spans are counted as stored, and \d+ are there/u,
  },
  {
    name: 'spans that are lost where a segment ends',
    file: 'analyzer/store/sqlite/segments/segment-writer.js',
    changes: [['this.#roll(nowMs);', '(this.#roll(nowMs), (arrivals = arrivals.slice(0, -1)));']],
    look: sendTwice,
    seenAs: /was acked and is not there/u,
  },
]

test.skipIf(!canTrace).each(BUGS)(
  '$name is seen',
  async ({ look, seenAs, ...bug }) => {
    const analyzer = await startAnalyzerProcess({ dataDir: saltedFolder(), dist: plantBug(bug) })
    expect(await look(analyzer)).toContainEqual(expect.stringMatching(seenAs))
  },
  120_000,
)

test.each(STORE_BUGS)(
  '$name is seen',
  async ({ look, seenAs, ...bug }) => {
    const analyzer = await startAnalyzerProcess({
      dataDir: saltedFolder(),
      dist: plantBug(bug),
      section: ['retention: {span_mib: 16}'],
    })
    expect(await look(analyzer)).toContainEqual(expect.stringMatching(seenAs))
  },
  120_000,
)

/** More than one segment of it, and then some of it again. */
async function sendTwice(analyzer: AnalyzerProcess): Promise<Breaches> {
  const batches = drawBatches(17, { batches: 40, fromMs: Date.now() })
  await sendAll(analyzer, batches)
  await sendAll(analyzer, batches.slice(0, 10))
  return checkStored(analyzer, { acked: batches })
}

async function sendToFullDisk(analyzer: AnalyzerProcess): Promise<Breaches> {
  const batches = [...drawBatches(6, { batches: 200, fromMs: Date.now(), spansPerBatchMax: 4 })]
  const { acked, breaches } = await diskTrouble(analyzer, {
    inject: 'pwrite64:error=ENOSPC:when=20+',
    batches,
  })
  return [...breaches, ...(await checkStored(analyzer, { acked, everything: false }))]
}
