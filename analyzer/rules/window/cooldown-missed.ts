import { describeReason } from '../describe.ts'
import { verifyStep } from '../verify-step.ts'
import { mostFrequent } from './most-frequent.ts'
import { mayBeSame } from './picks.ts'
import { SLOT_MS, SLOTS } from './moments.ts'
import { signsOfLife, type RouteMinute, type TargetMinute } from './route-minute.ts'
import type { WindowOptions } from './window-options.ts'
import type { WindowRule } from './window-rule.ts'

/** Every request pays for what the router could have known. */
export const cooldownMissed: WindowRule = {
  id: 'cooldown-missed',
  severity: 'medium',
  title: 'A failing deployment keeps being picked',
  description:
    'A deployment failed again and again, and requests were still sent there although another target answered.',
  needs: ['attempt-failure', 'attempt-target'],
  remedy: {
    stopItNow: {
      text: 'Take the deployment out of {route} (`POST /model/delete` in LiteLLM with a database, else remove it from `model_list` and restart): the fallbacks of {route} answer without the wait.',
    },
    fixIt: {
      text: 'Give LiteLLM a cool-down that holds: unless `allowed_fails` is set, it cools down the only deployment of a route after a 401 or a 404 alone, and several workers or pods share their cool-downs through Redis alone. The sidecar opens its breaker by itself, except on refused keys and unknown models.',
      snippet: {
        language: 'yaml',
        code: 'router_settings:\n  allowed_fails: 3\n  cooldown_time: 30 # seconds\n  redis_host: os.environ/REDIS_HOST # where there is more than one worker or pod\n  redis_port: 6379',
      },
    },
    verify: verifyStep('cooldown-missed'),
  },
  releases: [
    {
      gateway: 'litellm',
      from: '1.74.15',
      text: 'The only deployment of a route is cooled down after a 401 or a 404 alone (or a thousand failures in one minute), unless `allowed_fails` or `allowed_fails_policy` is set (#40405), and a fallback that fails was not cooled down at all before #35104.',
    },
  ],
  evaluate({ route, minutes }, options) {
    const judged = minutes.at(-1)
    if (judged === undefined) return []
    return [...judged.targets].flatMap(([target, counts]) => {
      if (signsOfLife(judged, target) > 0 || !wasAnotherAnswering(judged, target)) return []
      const missed = countMissed(counts.moments, options)
      if (missed < options.cooldownMissedMin) return []
      if (missed < options.cooldownMissedShare * judged.requests) return []
      const reason = mostFrequent(counts.reasons) ?? 'unknown'
      const seconds = options.cooldownMs / 1000
      return [
        {
          target,
          provider: mostFrequent(counts.providers) ?? '',
          reason,
          // Each process has a memory of its own, and no span tells how many there are.
          confidence: 'likely',
          summary: `${target} failed all ${counts.failed} requests of ${route} that it got in one minute (mostly: ${describeReason(reason)}). ${missed} of them were sent there after ${options.cooldownAfterFailures} failures in a row, less than ${seconds} s after the last one; other targets were answering.`,
        },
      ]
    })
  },
}

/** Else it was the last one left, which no router gives up. */
function wasAnotherAnswering({ targets }: RouteMinute, target: string): boolean {
  const own = targets.get(target)
  if (own !== undefined && own.failedAnswered > 0) return true
  return [...targets].some(([name, { alive }]) => alive > 0 && !mayBeSame(name, target))
}

/**
 * Requests that were sent there while the router knew better: enough failures had ended, and the
 * last of them not longer ago than it is to be left alone. Within one slot nobody knew of anybody.
 */
function countMissed(
  moments: TargetMinute['moments'],
  { cooldownAfterFailures, cooldownMs }: WindowOptions,
): number {
  let known = 0
  let lastEnded = -Infinity
  let missed = 0
  for (let slot = 0; slot < SLOTS; slot += 1) {
    // A slot is as long as it is: what began at its end may have had to wait that much longer.
    const sinceMs = (slot + 1 - lastEnded) * SLOT_MS
    if (known >= cooldownAfterFailures && sinceMs <= cooldownMs) missed += moments?.began[slot] ?? 0
    const ended = moments?.ended[slot] ?? 0
    if (ended > 0) {
      known += ended
      lastEnded = slot
    }
  }
  return missed
}
