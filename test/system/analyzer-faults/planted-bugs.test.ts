import { expect, test } from 'vitest'
import { traceAcks } from './ack-order.ts'
import { type AnalyzerProcess, startAnalyzerProcess } from './analyzer-process.ts'
import { diskTrouble } from './disk-episodes.ts'
import { saltedFolder } from './kill-runs.ts'
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

test.skipIf(!canTrace).each(BUGS)(
  '$name is seen',
  async ({ look, seenAs, ...bug }) => {
    const analyzer = await startAnalyzerProcess({ dataDir: saltedFolder(), dist: plantBug(bug) })
    expect(await look(analyzer)).toContainEqual(expect.stringMatching(seenAs))
  },
  60_000,
)

async function sendToFullDisk(analyzer: AnalyzerProcess): Promise<Breaches> {
  const batches = [...drawBatches(6, { batches: 200, fromMs: Date.now(), spansPerBatchMax: 4 })]
  const { acked, breaches } = await diskTrouble(analyzer, {
    inject: 'pwrite64:error=ENOSPC:when=20+',
    batches,
  })
  return [...breaches, ...(await checkStored(analyzer, { acked, everything: false }))]
}
