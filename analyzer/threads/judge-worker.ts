import { workerData } from 'node:worker_threads'

import { answerQuery } from '../api/answer-query.ts'
import type { ApiAnswer } from '../api/query.ts'
import { messageOf } from '../message-of.ts'
import { JudgeLoop } from '../settling/judge-loop.ts'
import { openStore } from '../store/open-store.ts'
import { lowerPriority } from './lower-priority.ts'
import { nameThread } from './name-thread.ts'
import type { JudgeCall, JudgeEvent, JudgeWorkerData } from './worker-data.ts'
import { runWorker } from './worker-calls.ts'

/** The thread that settles, judges and answers reads. Here it is put together, no more. */
const PRUNE_INTERVAL_MS = 60_000
/** Between two looks at the log: fine enough for a short `settle_ms`, idle otherwise. */
const TURN_MS_MIN = 10
const TURN_MS_MAX = 200
const AFTER_FAILURE_MS = 1000

/** Senders wait for commits; a verdict may come a moment later. */
const NICENESS = 5

runWorker<JudgeCall, ApiAnswer, JudgeEvent>(({ log, emit }) => {
  nameThread('judge')
  lowerPriority(NICENESS)
  const { store: place, settleMs, routerConfigs, limits }: JudgeWorkerData = workerData
  const store = openStore(place, { now: Date.now, log })
  const reader = store.openReader()
  const verdicts = store.openVerdicts()
  const options = {
    reader,
    verdicts,
    routerConfigs,
    settleMs,
    isStoreTrouble: (error: unknown) => store.isTrouble(error),
    now: Date.now,
    log,
  }
  let loop = new JudgeLoop(options)
  const turnMs = Math.min(Math.max(settleMs / 10, TURN_MS_MIN), TURN_MS_MAX)
  let prunedAtMs = Date.now()
  let paused: { readonly sinceMs: number; readonly why: string } | undefined
  let timer: NodeJS.Timeout
  const pause = (error: unknown): void => {
    const why = messageOf(error)
    if (paused?.why !== why) log(`judging pauses: ${why}`, 'error')
    if (paused === undefined) emit('paused')
    paused = { sinceMs: paused?.sinceMs ?? Date.now(), why }
  }
  const turn = (): void => {
    let pauseMs = turnMs
    try {
      // All that a loop knows stands in the files: after trouble it starts again there.
      if (paused !== undefined) loop = new JudgeLoop(options)
      const { more, changed } = loop.turn()
      if (paused !== undefined) {
        log('judging goes on')
        emit('resumed')
        paused = undefined
      }
      if (changed) emit('changed')
      if (more) pauseMs = 0
      if (Date.now() - prunedAtMs > PRUNE_INTERVAL_MS) {
        const nowMs = Date.now()
        // Steps follow each other with a turn of judging between them.
        if (!verdicts.prune(limits, nowMs)) prunedAtMs = nowMs
      }
    } catch (error: unknown) {
      // Disk full, file locked.
      pause(error)
      pauseMs = AFTER_FAILURE_MS
    }
    timer = setTimeout(turn, pauseMs)
  }
  timer = setTimeout(turn, 0)
  return {
    answer: ({ query, intake }) =>
      answerQuery(query, {
        reader,
        verdicts,
        countPending: () => loop.countPending(),
        lag: () => loop.lag(),
        unrecognised: loop.unrecognised,
        pausedSinceMs: paused?.sinceMs,
        nowMs: Date.now(),
        intake,
      }),
    stop: () => {
      clearTimeout(timer)
      reader.close()
      verdicts.close()
    },
  }
})
