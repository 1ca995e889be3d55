import { workerData } from 'node:worker_threads'

import { answerQuery } from '../api/answer-query.ts'
import type { ApiAnswer } from '../api/query.ts'
import { judgeWindow } from '../rules/window/judge-window.ts'
import { openStore } from '../store/open-store.ts'
import { hashRouterConfig } from '../incidents/hash-router-config.ts'
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
  const verdicts = store.openVerdicts({
    judgeWindow: (window) => judgeWindow(window, { options: ruleOptions.windows }),
  })
  const acts = store.openActs(verdicts.actsUpTo())
  for (const [source, config] of routerConfigs) {
    acts.noteConfig({ source, hash: hashRouterConfig(config), atMs: Date.now() })
  }
  const turns = new JudgeTurns({
    reader,
    verdicts,
    acts,
    routerConfigs,
    settleMs,
    ruleOptions,
    limits,
    clock: store.openRetentionClock(),
    isStoreTrouble: (error) => store.isTrouble(error),
    now: Date.now,
    log,
    emit,
  })
  const stopTurns = repeat(() => turns.turn())
  return {
    answer: ({ query, intake }) => {
      const answer = answerQuery(query, {
        reader,
        verdicts,
        acts,
        countPending: () => turns.loop.countPending(),
        lag: () => turns.loop.lag(),
        unrecognised: turns.loop.unrecognised,
        withoutRequest: turns.loop.withoutRequest,
        senders: () => verdicts.senders(),
        pausedSinceMs: turns.pausedSinceMs,
        deriving: turns.isDeriving,
        nowMs: Date.now(),
        intake,
      })
      if (query.kind === 'act' && answer.kind === 'found') emit('changed')
      return answer
    },
    stop: () => {
      stopTurns()
      reader.close()
      verdicts.close()
      acts.close()
    },
  }
})
