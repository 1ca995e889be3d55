import { workerData } from 'node:worker_threads'

import { sourceOf } from './config/match-source.ts'
import { Ingestor, type ExportBody, type IngestAnswer } from './ingest/ingestor.ts'
import { IngestCounts, type IngestReport } from './ingest/ingest-report.ts'
import { ShedSignal } from './ingest/shed-signal.ts'
import { openStore } from './store/open-store.ts'
import { nameThread } from './name-thread.ts'
import type { IngestWorkerData } from './worker-data.ts'
import { runWorker } from './worker-calls.ts'

/** The thread that decodes, strips and commits. All of it is elsewhere; here it is put together. */
const PRUNE_INTERVAL_MS = 60_000

/** Between two reports to the main thread, which shows them to people and to scrapers. */
const REPORT_INTERVAL_MS = 100

runWorker<ExportBody, IngestAnswer, IngestReport>(({ log, emit }) => {
  nameThread('ingest')
  const { store: place, salt, sources, bodyBytesMax, shed }: IngestWorkerData = workerData
  const store = openStore(place, { now: Date.now, log })
  const writer = store.openWriter()
  const keeper = store.openKeeper()
  let reporting: NodeJS.Timeout | undefined
  const counts = new IngestCounts(Date.now, () => {
    reporting ??= setTimeout(() => {
      reporting = undefined
      emit(counts.report())
    }, REPORT_INTERVAL_MS)
  })
  const signal = new ShedSignal(shed)
  const ingestor = new Ingestor({
    writer,
    salt,
    bodyBytesMax,
    sourceOf: (context) => sourceOf(sources, context),
    sheds: () => signal.isSet,
    isStoreTrouble: (error) => store.isTrouble(error),
    counts,
    now: Date.now,
    log,
  })
  let pruning: NodeJS.Timeout
  const prune = (): void => {
    let more = false
    try {
      const tidied = keeper.tidy(place.limits, { nowMs: Date.now(), judgedUpTo: 0 })
      for (const line of tidied.done) log(line)
      more = tidied.more
    } catch (error: unknown) {
      log(`old spans were not removed: ${error instanceof Error ? error.message : 'unknown'}`)
    }
    pruning = setTimeout(prune, more ? 0 : PRUNE_INTERVAL_MS)
  }
  pruning = setTimeout(prune, PRUNE_INTERVAL_MS)
  return {
    answer: (request) => ingestor.receive(request),
    stop: () => {
      clearTimeout(reporting)
      clearTimeout(pruning)
      ingestor.flush()
      keeper.close()
      writer.close()
    },
  }
})
