import { workerData } from 'node:worker_threads'

import { answerQuery } from '../api/answer-query.ts'
import type { ApiAnswer } from '../api/query.ts'
import { openStore } from '../store/open-store.ts'
import { JudgeTurns } from './judge-turns.ts'
import { lowerPriority } from './lower-priority.ts'
import { nameThread } from './name-thread.ts'
import { repeat } from './repeat.ts'
import type { JudgeCall, JudgeEvent, JudgeWorkerData } from './worker-data.ts'
import { runWorker } from './worker-calls.ts'

/** Senders wait for commits; a verdict may come a moment later. */
const NICENESS = 5

/** The thread that settles, judges and answers reads. Here it is put together, no more. */
runWorker<JudgeCall, ApiAnswer, JudgeEvent>(({ log, emit }) => {
  nameThread('judge')
  lowerPriority(NICENESS)
  const data: JudgeWorkerData = workerData
  const { store: place, settleMs, ruleOptions, routerConfigs, limits } = data
  const store = openStore(place, { now: Date.now, log })
  const reader = store.openReader()
  const verdicts = store.openVerdicts()
  const turns = new JudgeTurns({
    reader,
    verdicts,
    routerConfigs,
    settleMs,
    ruleOptions,
    limits,
    isStoreTrouble: (error) => store.isTrouble(error),
    now: Date.now,
    log,
    emit,
  })
  const stopTurns = repeat(() => turns.turn())
  return {
    answer: ({ query, intake }) =>
      answerQuery(query, {
        reader,
        verdicts,
        countPending: () => turns.loop.countPending(),
        lag: () => turns.loop.lag(),
        unrecognised: turns.loop.unrecognised,
        pausedSinceMs: turns.pausedSinceMs,
        nowMs: Date.now(),
        intake,
      }),
    stop: () => {
      stopTurns()
      reader.close()
      verdicts.close()
    },
  }
})
