import type { FailureReason } from '../../../../../collector/vocabulary.ts'
import { defined } from '../../../defined.ts'
import { fallbacksAfter, retriesOf, type RouterConfig } from '../../../router-config.ts'
import type { Fact, Fallbacks, SkippedTarget } from '../../../story.ts'
import type { Call } from '../reading/call.ts'
import { fallbacksIn } from '../reading/fallback-table.ts'
import type { Reading } from '../reading/reading.ts'
import { isV2 } from '../span-kinds.ts'
import { refusedTarget } from './refused-target.ts'

export interface FallbackQuestion {
  readonly reading: Reading
  readonly route: string | undefined
  readonly config: RouterConfig | undefined
}

/** Whether a fallback was there to be asked, and whether it was. */
export function fallbackFacts(question: FallbackQuestion): Fallbacks {
  const configured = configuredFallbacks(question)
  const tried = wasTried(question)
  const { picks, texts, refusedAtFirst } = question.reading.hints
  const refused = picks.find((pick) => pick.refused)
  const toldRefused = refusedAtFirst || texts.some((text) => text.fallbackRefused)
  return {
    ...(configured === undefined ? {} : { configured }),
    tried,
    ...(tried === false && (refused !== undefined || toldRefused)
      ? {
          notTried: {
            value: 'targets_unavailable' as const,
            source: refused === undefined ? ('error_text' as const) : ('span' as const),
            ...defined({ evidence: refused?.evidence }),
          },
        }
      : {}),
    ...defined({ skipped: skippedTargets(question.reading.hints) }),
  }
}

/** From the pick's own span, else from what the router wrote into the error. */
function skippedTargets({ picks, texts }: Reading['hints']): Fallbacks['skipped'] {
  const refused = picks.filter((pick) => pick.refused)
  const [first] = refused
  if (first !== undefined) {
    const value = refused.flatMap(
      ({ evidence, route }) => refusedTarget(evidence.value, route) ?? [],
    )
    return { value: distinct(value), source: 'span', evidence: first.evidence }
  }
  const told = texts.flatMap(({ refusal = '' }) => refusedTarget(refusal) ?? [])
  return told.length === 0 ? undefined : { value: distinct(told), source: 'error_text' }
}

function distinct(targets: readonly SkippedTarget[]): readonly SkippedTarget[] {
  return [...new Map(targets.map((target) => [target.deployment, target])).values()]
}

/**
 * What the router itself named first, then the config file: where it says that it found none
 * although its table or the file has one, the configuration was lost on the way (LiteLLM #35578),
 * and that is the finding.
 */
function configuredFallbacks(question: FallbackQuestion): Fact<readonly string[]> | undefined {
  const named = namedFallbacks(question)
  const { reading, route, config } = question
  const file =
    config === undefined || route === undefined
      ? undefined
      : fallbacksAfter(config, route, causeOf(reading))
  const given = named.find((names) => names.length > 0)
  if (given !== undefined) return { value: given, source: 'error_text' }
  if (file !== undefined && file.length > 0) return { value: file, source: 'config' }
  const [none] = hasListOfItsOwn(question) ? [] : named
  if (none !== undefined) return { value: none, source: 'error_text' }
  const picked = reading.hints.picks.filter(
    (pick) => pick.reason === 'fallback' && pick.route !== route,
  )
  if (picked.length > 0) {
    return {
      value: [...new Set(picked.map((pick) => pick.route))],
      source: 'span',
    }
  }
  return file === undefined ? undefined : { value: file, source: 'config' }
}

function causeOf({ calls }: Reading): FailureReason | undefined {
  return calls.find((call) => call.failed)?.error?.reason
}

/**
 * The list that the router prints is the general one: of a failure that may have a list of its own
 * it says `None` whether that list's fallbacks were asked or not.
 */
function hasListOfItsOwn({ reading, route, config }: FallbackQuestion): boolean {
  const cause = causeOf(reading)
  if (cause !== 'context-too-long' && cause !== 'content-filtered') return false
  if (config === undefined || route === undefined) return true
  return (fallbacksAfter(config, route, cause) ?? []).length > 0
}

/** `flatMap` would take a list of names apart. */
function wrapped<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}

/** In the words of the error: the list of the route that failed, then the table of all routes. */
function namedFallbacks({ reading, route }: FallbackQuestion): readonly (readonly string[])[] {
  const { texts, tables } = reading.hints
  return [
    ...texts.flatMap(({ fallbacks, route: of }) =>
      fallbacks !== undefined && (of === undefined || of === route) ? [fallbacks] : [],
    ),
    ...(route === undefined ? [] : tables.flatMap((table) => wrapped(fallbacksIn(table, route)))),
  ]
}

/** `unknown` unless something shows it: an attempt that has no span may still have been made. */
function wasTried(question: FallbackQuestion): boolean | 'unknown' {
  const { reading, route } = question
  const { hints, calls } = reading
  if (reading.outcome === 'rescued') return true
  if (calls.length === 0 && reading.outcome === 'unknown') return 'unknown'
  if (hints.texts.some((text) => text.fallbackTried)) return true
  if (hints.picks.some((pick) => !pick.refused && isFallbackPick(pick, route))) return true
  // Only a fallback can have been called then.
  if (hints.refusedAtFirst) return (hints.asked ?? 0) > 0
  // One upstream call is one attempt, whatever name stands on it.
  if (hints.asked === 1) {
    return hints.refusalsTold && hints.countsDiffer !== true ? false : 'unknown'
  }
  if (calls.some((call) => call.failed && leavesRoute(call, question))) return true
  const asked = askedAgain(question)
  if (asked !== undefined) return asked
  // v2 names the target there or nowhere, and on /v1/responses by it alone.
  if (calls.some((call) => isV2(call.span) && call.deployment === undefined)) return 'unknown'
  // From 1.109 on every call of v2 names its API: without it the rest is no whole, either.
  if (reading.api === undefined && isAllNamed(reading)) return 'unknown'
  // Passed over, or chosen and refused: where that would not be told, neither can be said.
  if (!hints.refusalsTold) return 'unknown'
  if (hasListOfItsOwn(question)) return 'unknown'
  if (hints.texts.length > 0 || hints.picks.length > 0) return false
  return hints.everyCallExported ? false : 'unknown'
}

function isAllNamed({ minor, calls }: Reading): boolean {
  return minor !== undefined && minor >= 109 && calls.some(({ span }) => isV2(span))
}

function isFallbackPick(
  pick: Reading['hints']['picks'][number],
  route: string | undefined,
): boolean {
  if (pick.reason !== undefined) return pick.reason === 'fallback'
  return route !== undefined && pick.route !== route
}

/**
 * A label that is not the requested route's is a fallback's, whichever attempt it stands on; on
 * /v1/responses both attempts carry the route's name, and only the deployment tells.
 */
function leavesRoute(call: Call, { route, config }: FallbackQuestion): boolean {
  if (route === undefined) return false
  if (call.group !== undefined && call.group !== route) return true
  const own = config?.routes.get(route)?.deployments
  const model = call.deployment ?? call.model
  return (
    own !== undefined &&
    model !== undefined &&
    !own.some((deployment) => deployment.model === model || deployment.model.endsWith(`/${model}`))
  )
}

/** By the router's own count; undefined where a retry on the same route could be meant. */
function askedAgain({ reading, route, config }: FallbackQuestion): boolean | undefined {
  const { asked } = reading.hints
  if (asked === undefined) return undefined
  if (asked <= 1) return false
  if (reading.calls[0]?.error?.whileReading === true) return true
  const retries = config === undefined || route === undefined ? undefined : retriesOf(config, route)
  return retries !== undefined && asked > 1 + retries ? true : undefined
}
