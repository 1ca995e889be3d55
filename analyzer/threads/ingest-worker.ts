import { workerData } from 'node:worker_threads'

import { sourceOf } from '../config/match-source.ts'
import { Ingestor, type ExportBody, type IngestAnswer } from '../ingest/ingestor.ts'
import { EMPTY_REPORT, IngestCounts, type IngestReport } from '../ingest/ingest-report.ts'
import { ShedSignal } from '../ingest/shed-signal.ts'
import { openStore } from '../store/open-store.ts'
import { nameThread } from './name-thread.ts'
import type { IngestWorkerData } from './worker-data.ts'
import { runWorker } from './worker-calls.ts'

/** Between two reports to the main thread, which shows them to people and to scrapers. */
const REPORT_INTERVAL_MS = 100

/** The thread that decodes, strips and commits. All of it is elsewhere; here it is put together. */
runWorker<ExportBody, IngestAnswer, IngestReport>(({ log, emit }) => {
  nameThread('ingest')
  const { store: place, salt, sources, bodyBytesMax, shed }: IngestWorkerData = workerData
  const store = openStore(place, {
    now: Date.now,
    log,
    onTakingOver: (takingOver) => emit({ ...EMPTY_REPORT, takingOver }),
  })
  const writer = store.openWriter()
  let reporting: NodeJS.Timeout | undefined
  const report = (): void => {
    clearTimeout(reporting)
    reporting = undefined
    emit(counts.report())
  }
  const counts = new IngestCounts(Date.now, (change) => {
    // Before the answers, which come behind it: who is refused finds health saying why.
    if (change === 'turned') report()
    else reporting ??= setTimeout(report, REPORT_INTERVAL_MS)
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
  return {
    answer: (request) => ingestor.receive(request),
    stop: () => {
      clearTimeout(reporting)
      ingestor.flush()
      writer.close()
    },
  }
})
