import { workerData } from 'node:worker_threads'

import type { KeepingReport } from '../store/keeping-report.ts'
import { openStore } from '../store/open-store.ts'
import { KeepLoop } from './keep-loop.ts'
import { lowerPriority } from './lower-priority.ts'
import { nameThread } from './name-thread.ts'
import { repeat } from './repeat.ts'
import type { KeeperWorkerData } from './worker-data.ts'
import { runWorker } from './worker-calls.ts'

/** Commits, reads and verdicts go before. */
const NICENESS = 10

/** The thread that drops and packs. All of it is elsewhere; here it is put together. */
runWorker<never, never, KeepingReport>(({ log, emit }) => {
  nameThread('keep')
  const { store: place }: KeeperWorkerData = workerData
  lowerPriority(NICENESS)
  const store = openStore(place, { now: Date.now, log })
  const keeper = store.openKeeper()
  const watermark = store.openWatermark()
  const loop = new KeepLoop({
    keeper,
    watermark,
    limits: place.limits,
    clock: store.openRetentionClock(),
    now: Date.now,
    log,
    report: emit,
  })
  const stopTurns = repeat(() => loop.turn())
  return {
    answer: () => {
      throw new TypeError('the keeper answers nothing')
    },
    stop: () => {
      stopTurns()
      keeper.close()
      watermark.close()
    },
  }
})
