import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openStore } from '../../../analyzer/store/open-store.ts'
import { JudgeLoop } from '../../../analyzer/settling/judge-loop.ts'
import { arrivalOf } from '../../support/arrivals.ts'
import type { Recording } from '../../support/litellm-recordings.ts'
import { buildGoodDay, buildOutage, type Traffic } from '../../support/outage.ts'

export interface OutageCost {
  readonly requests: number
  readonly failedUs: number
  /** Of as many that went well, by the same process at the same rate. */
  readonly healthyUs: number
}

/** A program that holds LiteLLM's Router: what fails there looks for its parts in other traces. */
const MODE = '1.97.0/sdk-v1'
const PER_SECOND = 300
const STEP_MS = 200
const START_MS = 1_760_000_000_000
const SETTLE_MS = 15_000
const SOURCE = 'router'
const LIMITS = { ageMsMax: 14 * 24 * 3_600_000, bytesMax: 2 * 1024 ** 3 }

/** CPU time of the judging thread per request, from the spans on disk to the verdict on disk. */
export function outageCost(requests: number, recordings: readonly Recording[]): OutageCost {
  const traffic = { mode: MODE, requests, perSecond: PER_SECOND, startMs: START_MS, recordings }
  for (const build of [buildOutage, buildGoodDay]) judgingUs(build({ ...traffic, requests: 300 }))
  return {
    requests,
    failedUs: judgingUs(buildOutage(traffic)) / requests,
    healthyUs: judgingUs(buildGoodDay(traffic)) / requests,
  }
}

/** Second by second as it would come, with a clock that does not wait. */
function judgingUs({ requests, routerConfig }: Traffic): number {
  const path = mkdtempSync(join(tmpdir(), 'secondwind-bench-'))
  const store = openStore(
    { path, limits: LIMITS },
    { now: () => 0, log: (line) => process.stderr.write(`${line}\n`) },
  )
  const writer = store.openWriter()
  const reader = store.openReader()
  const verdicts = store.openVerdicts()
  const clock = { nowMs: START_MS }
  const loop = new JudgeLoop({
    reader,
    verdicts,
    routerConfigs: new Map([[SOURCE, routerConfig]]),
    settleMs: SETTLE_MS,
    isStoreTrouble: () => true,
    now: () => clock.nowMs,
    log: (line) => process.stderr.write(`${line}\n`),
  })
  let tookUs = 0
  const turns = (): void => {
    const before = process.cpuUsage()
    while (loop.turn().more) continue
    const { user, system } = process.cpuUsage(before)
    tookUs += user + system
  }
  const inStep = (PER_SECOND * STEP_MS) / 1000
  for (let at = 0; at < requests.length; at += inStep) {
    clock.nowMs += STEP_MS
    const spans = requests.slice(at, at + inStep).flat()
    writer.append([arrivalOf(spans, { source: SOURCE, receivedAtMs: clock.nowMs })])
    turns()
  }
  while (loop.countPending() > 0) {
    clock.nowMs += STEP_MS
    turns()
  }
  for (const each of [verdicts, reader, writer]) each.close()
  rmSync(path, { recursive: true })
  return tookUs
}
