import type { NotTriedReason } from '../../collector/vocabulary.ts'
import type { Story } from '../story/story.ts'

/**
 * Which class explains a target that was left unasked: the router passed it by, it could not be
 * asked at that moment, or it could not have taken this request.
 */
export type LeftUnasked = 'bypassed' | 'ineligible' | 'unfit'

/** What a router gives as its reason; the absent ones were right, or there was nobody to ask. */
const LEFT_UNASKED: ReadonlyMap<NotTriedReason, LeftUnasked> = new Map([
  ['stopped_after_content', 'bypassed'],
  ['no_budget', 'bypassed'],
  ['targets_unavailable', 'ineligible'],
  ['not_portable', 'ineligible'],
  ['not_translatable', 'unfit'],
])

/** Undefined where the router gives no reason, or one that leaves nothing to explain. */
export function leftUnasked({ fallbacks }: Story): LeftUnasked | undefined {
  const stated = fallbacks.notTried?.value
  return stated === undefined ? undefined : LEFT_UNASKED.get(stated)
}

/** A fallback was asked and failed, and another target was left: not every target failed. */
export function leftMoreUnasked(story: Story): boolean {
  return story.fallbacks.tried === true && leftUnasked(story) !== undefined
}

/**
 * A router that says why where it leaves a target unasked has left one, and its word was lost: then
 * neither can be said, that every target failed or that one was passed by.
 */
export function isReasonLost({ attempts, fallbacks, gateway }: Story): boolean {
  if (gateway.name !== 'secondwind' || fallbacks.notTried !== undefined) return false
  const deployments = new Set(attempts.map(({ deployment }) => deployment))
  const routes = new Set(attempts.map(({ route }) => route))
  return (
    fallbacks.skipped?.value.some(({ deployment }) => !deployments.has(deployment)) === true ||
    fallbacks.configured?.value.some((route) => !routes.has(route)) === true
  )
}
