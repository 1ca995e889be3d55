import type { AttemptKind } from '../../../../../collector/vocabulary.ts'
import { chainsOf, type RouterConfig } from '../../../router-config.ts'
import type { Call } from '../reading/call.ts'
import type { Reading } from '../reading/reading.ts'
import type { FallbackQuestion } from './fallback-facts.ts'

/** Whether a later attempt went to the same route again: to the same deployment, or another. */
export function kindOf(
  call: Call,
  position: number,
  { reading, route, config }: FallbackQuestion,
): AttemptKind | 'unknown' {
  if (position === 0) return 'initial'
  const before = reading.calls[position - 1]
  const named = call.group !== undefined && route !== undefined
  if (named && call.group !== route) return 'fallback'
  // What failed while it was read is never retried on the same route, in any release.
  if (before?.error?.whileReading === true) return 'fallback'
  const isSame = call.deployment === before?.deployment && call.model === before?.model
  if (named && (isSame || !namesRouteOnAll(reading))) return 'retry'
  const told = route === undefined || config === undefined ? undefined : kindIn(config, route, call)
  if (told !== undefined) return told
  // Another deployment, and nothing says whose.
  return isSame || named ? 'unknown' : 'fallback'
}

/** Up to 1.97 every attempt on /v1/responses bears the requested route: only its model tells. */
function namesRouteOnAll({ api, minor }: Reading): boolean {
  return (api ?? 'responses') === 'responses' && (minor ?? 0) < 109
}

/** By whose deployment the file says that it is; undefined where it may be of both. */
function kindIn(config: RouterConfig, route: string, call: Call): AttemptKind | undefined {
  const isOwn = hasDeployment(config, route, call)
  const isNext = chainsOf(config, route).some((chain) =>
    chain.some((target) => hasDeployment(config, target, call)),
  )
  if (isOwn === isNext) return undefined
  return isOwn ? 'retry' : 'fallback'
}

function hasDeployment(config: RouterConfig, route: string, call: Call): boolean {
  const model = call.deployment ?? call.model
  const deployments = config.routes.get(route)?.deployments ?? []
  return (
    model !== undefined &&
    deployments.some((one) => one.model === model || one.model.endsWith(`/${model}`))
  )
}
