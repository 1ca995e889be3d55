import { describeReason } from '../describe.ts'
import { verifyStep } from '../verify-step.ts'
import { mostFrequent } from './most-frequent.ts'
import { MINUTE_MS, signsOfLife, type RouteMinute, type TargetMinute } from './route-minute.ts'
import type { WindowRule } from './window-rule.ts'

/** All is well for the clients, and one failure away from not being so. */
export const fallbackSustained: WindowRule = {
  id: 'fallback-sustained',
  severity: 'medium',
  title: 'Primary dead for minutes, everything rescued',
  description:
    'The first target of a route answered nothing for minutes while fallbacks answered everything, so that nobody noticed.',
  needs: ['outcome', 'attempt-failure', 'attempt-target'],
  remedy: {
    stopItNow: {
      text: 'Nothing is on fire: clients get answers. Check that the fallback of {route} has a fallback itself, and quota for all of this traffic; then look at the primary as at an outage.',
    },
    fixIt: {
      text: 'Bring the primary of {route} back (its key, its quota, its endpoint, the status page of its provider), or make the fallback the primary until it is back: each request waits for the primary to fail first.',
      snippet: {
        language: 'yaml',
        code: 'router_settings:\n  fallbacks: [{{route}: ["<the fallback>", "<one more, of another provider>"] }]',
      },
    },
    verify: verifyStep('fallback-sustained'),
  },
  evaluate({ route, minutes }, options) {
    const judged = minutes.at(-1)
    if (judged === undefined) return []
    return [...judged.targets].flatMap(([target, { missed }]) => {
      if (missed === 0) return []
      const dead = deadMinutes(minutes, target)
      const [first] = dead
      if (first === undefined || judged.minute - first.minute < options.sustainedMinutes) {
        return []
      }
      const total = sum(dead.map(({ counts }) => counts))
      if (total.missed < options.sustainedMin || total.failed === 0) return []
      if (total.rescued < options.sustainedShare * total.missed) return []
      const reason = mostFrequent(total.reasons) ?? 'unknown'
      const since = new Date(first.minute * MINUTE_MS)
        .toISOString()
        .slice(0, 'yyyy-mm-ddThh:mm'.length)
      return [
        {
          target,
          provider: mostFrequent(total.providers) ?? '',
          reason,
          confidence: total.unsure === 0 ? 'certain' : 'likely',
          summary: `${target} has answered none of ${total.missed} requests of ${route} since ${since} UTC or before (mostly: ${describeReason(reason)}); ${total.rescued} of them were answered by other targets.`,
        },
      ]
    })
  },
}

interface DeadMinute {
  readonly minute: number
  readonly counts: TargetMinute
}

/** Minutes of the target since its last sign of life, oldest first. */
function deadMinutes(minutes: readonly RouteMinute[], target: string): readonly DeadMinute[] {
  const alive = minutes.findLastIndex((minute) => signsOfLife(minute, target) > 0)
  const dead = minutes.slice(alive + 1).flatMap(({ minute, targets }) => {
    const counts = targets.get(target)
    return counts === undefined ? [] : [{ minute, counts }]
  })
  return dead.slice(
    Math.max(
      0,
      dead.findIndex(({ counts }) => counts.missed > 0),
    ),
  )
}

function sum(all: readonly TargetMinute[]) {
  const reasons = new Map<string, number>()
  const providers = new Map<string, number>()
  const total = { missed: 0, rescued: 0, failed: 0, unsure: 0 }
  for (const counts of all) {
    total.missed += counts.missed
    total.rescued += counts.rescued
    total.failed += counts.failed
    total.unsure += counts.unsure
    addAll(reasons, counts.reasons)
    addAll(providers, counts.providers)
  }
  return { ...total, reasons, providers }
}

function addAll(into: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) into.set(name, (into.get(name) ?? 0) + count)
}
