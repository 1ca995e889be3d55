import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Pick } from '../../../analyzer/rules/window/picks.ts'
import { openVerdictStore } from '../../../analyzer/store/sqlite/verdicts/open-verdict-store.ts'
import type { Verdict } from '../../../analyzer/store/verdict-store.ts'
import { buildVerdict, NO_PROGRESS } from '../../support/verdicts.ts'
import { median } from '../report.ts'

export interface WindowCost {
  readonly requests: number
  /** To store a verdict, with all that is counted and found of its route. */
  readonly storedUs: number
  /** The same verdicts, which say nothing of their targets. */
  readonly withoutUs: number
}

const ROUTES = 20
const PER_SECOND = 300
/** What judging takes in one transaction while it is behind. */
const IN_TRANSACTION = 100
const START_MS = 1_760_000_000_000

/** CPU time where the first target of every route is dead and fallbacks answer everything. */
export function windowCost(requests: number, rounds: number): WindowCost {
  const withPicks = Array.from({ length: requests }, (_, number) => rescued(number))
  const without = withPicks.map((verdict): Verdict => ({ ...verdict, picks: [] }))
  // In turns, so that both meet what else happens on the machine.
  const took = Array.from({ length: rounds }, () => [storingUs(withPicks), storingUs(without)])
  return {
    requests,
    storedUs: (median(took.map(([us]) => us ?? NaN)) ?? NaN) / requests,
    withoutUs: (median(took.map(([, us]) => us ?? NaN)) ?? NaN) / requests,
  }
}

function storingUs(verdicts: readonly Verdict[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'secondwind-bench-'))
  const store = openVerdictStore(join(folder, 'verdicts.db'), { nowMs: 0, log: () => undefined })
  const before = process.cpuUsage()
  for (let at = 0; at < verdicts.length; at += IN_TRANSACTION) {
    const judgements = verdicts
      .slice(at, at + IN_TRANSACTION)
      .map((one) => ({ source: one.source, traceIds: one.traceIds, verdicts: [one] }))
    store.replace(judgements, NO_PROGRESS)
  }
  const { user, system } = process.cpuUsage(before)
  store.close()
  rmSync(folder, { recursive: true })
  return user + system
}

function rescued(number: number): Verdict {
  const atMs = START_MS + Math.floor((number * 1000) / PER_SECOND)
  const traceId = number.toString(16).padStart(32, '0')
  const route = `route ${number % ROUTES}`
  const first: Pick = {
    target: `openai/primary of ${route}`,
    provider: 'openai',
    result: 'failed',
    reason: 'overloaded',
    isFirst: true,
    answeredByOther: true,
    isSure: true,
    endMs: atMs - 300,
    beganMs: atMs - 400,
  }
  const second: Pick = {
    ...first,
    target: `anthropic/fallback of ${route}`,
    provider: 'anthropic',
    result: 'alive',
    reason: undefined,
    isFirst: false,
    endMs: atMs,
    beganMs: atMs - 300,
  }
  return buildVerdict(`${traceId}-${number.toString(16).padStart(16, '0')}`, {
    traceIds: [traceId],
    atMs,
    route,
    outcome: 'rescued',
    names: ['openai', 'overloaded', 'anthropic', `model ${number % ROUTES}`],
    wire: wireOf(number),
    picks: [first, second],
  })
}

/** As long as that of a request of two attempts. */
function wireOf(number: number): string {
  const attempt = { status: 'failed', message: `upstream said ${number}: overloaded`.repeat(8) }
  return JSON.stringify({ number, attempts: Array.from({ length: 4 }, () => attempt) })
}
