import {
  retriesOf,
  routesFallingBackTo,
  routesOfModel,
  type RouterConfig,
} from '../../../router-config.ts'
import type { Fact } from '../../../story.ts'
import type { Call } from '../reading/call.ts'
import type { Reading } from '../reading/reading.ts'
import { isV2 } from '../span-kinds.ts'

/**
 * The route that the client asked for. Only the web framework's span and the router's own words are
 * sure of it: up to 1.97 the failed attempt's span carries the fallback's name, because LiteLLM
 * writes both attempts from one mutable object.
 */
export function requestedRoute(
  reading: Reading,
  config: RouterConfig | undefined,
): Fact<string> | undefined {
  if (reading.route !== undefined) return { value: reading.route, source: 'span' }
  const { texts } = reading.hints
  const asked = texts.find((text) => text.fallbackTried)?.route
  if (asked !== undefined) return { value: asked, source: 'error_text' }
  const [first] = reading.calls
  const corrected =
    config === undefined || first === undefined ? undefined : correctedRoute(reading, first, config)
  if (corrected !== undefined) return { value: corrected, source: 'config' }
  // A fallback that fails has the router speak of its own route, which has none in turn.
  const told = texts.find((text) => text.route !== undefined)?.route
  if (told !== undefined) return { value: told, source: 'error_text' }
  if (first === undefined || isUnsure(first, reading)) return undefined
  if (first.group !== undefined) return { value: first.group, source: 'span' }
  return config === undefined ? undefined : routeOfModel(first, config)
}

/**
 * Half of what stands on an attempt that failed is the fallback's: v1 has the model right, v2 the
 * route at times, and one without the other tells nothing.
 */
function isUnsure({ failed, span, model, group }: Call, { minor }: Reading): boolean {
  if (!failed || minor === undefined || minor < 85 || minor >= 109) return false
  return isV2(span) ? group === undefined : model === undefined
}

/** Where the label is the fallback's: the one route that the labelled one is a fallback of. */
function correctedRoute(reading: Reading, first: Call, config: RouterConfig): string | undefined {
  const label = first.group ?? only(routesOfModel(config, first.model ?? ''))
  if (label === undefined) return undefined
  const candidates = routesFallingBackTo(config, label)
  const owner = only(
    routesOfModel(config, first.model ?? '').filter((route) => candidates.includes(route)),
  )
  if (first.failed && owner !== undefined && owner !== label) return owner
  if (!first.failed || !wentOn(reading, label, config)) return undefined
  return only(candidates)
}

/** Another attempt followed under the same label, and it was no retry. */
function wentOn(reading: Reading, label: string, config: RouterConfig): boolean {
  const [first, next] = reading.calls
  const followed =
    next === undefined
      ? (reading.hints.asked ?? 1) > 1 || reading.hints.countsDiffer === true
      : (next.group ?? only(routesOfModel(config, next.model ?? '')) ?? label) === label
  if (!followed) return false
  // A failure while the answer was read is never retried on the same route, in any release.
  return first?.error?.whileReading === true || retriesOf(config, label) === 0
}

function routeOfModel(call: Call, config: RouterConfig): Fact<string> | undefined {
  const route = only(routesOfModel(config, call.model ?? ''))
  return route === undefined ? undefined : { value: route, source: 'config' }
}

function only<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined
}
