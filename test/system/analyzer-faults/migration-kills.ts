import { createChance } from '../../simulation/chance.ts'
import { type AnalyzerProcess, startAnalyzerProcess, spawnAnalyzer } from './analyzer-process.ts'
import { oldFolder } from './old-folder.ts'
import { type Breaches, checkStored } from './stored.ts'
import { drawBatches } from './traffic.ts'

export interface MigrationReport {
  readonly breaches: Breaches
  readonly analyzer: AnalyzerProcess
  readonly spans: number
}

/** Kills the start on a folder of release 0.1.0 so often, at random moments; then lets one be. */
export async function killMigrations(seed: number, kills: number): Promise<MigrationReport> {
  const chance = createChance(seed)
  const spans = drawBatches(seed, { batches: 150, fromMs: Date.now() - 24 * 3_600_000 })
    .flatMap((batch) => batch.spans)
    .filter(({ protobuf }) => protobuf !== undefined)
  const dataDir = oldFolder(spans, Date.now() - 3_600_000)
  for (let kill = 0; kill < kills; kill += 1) {
    const start = spawnAnalyzer({ dataDir })
    // It takes some time until it comes to its files; then all moments are worth a kill.
    const moment = new Promise((resolve) => setTimeout(resolve, chance.between(150, 700)))
    // oxlint-disable-next-line no-await-in-loop -- one start after the other
    await Promise.race([moment, start.ready])
    start.child.kill('SIGKILL')
    // oxlint-disable-next-line no-await-in-loop -- until it is dead
    await start.ended
  }
  const analyzer = await startAnalyzerProcess({ dataDir })
  const batch = { spans, body: Buffer.alloc(0), headers: {} }
  return {
    breaches: await checkStored(analyzer, { acked: [batch] }),
    analyzer,
    spans: spans.length,
  }
}
