import type { Attempt, Story } from '../story/story.ts'

/** From the route that the client asked for to the route that should have helped. */
export interface RouteEdge {
  readonly from: string | undefined
  readonly to: string | undefined
}

/**
 * The fallback that was asked first; where none was asked, the one that is configured first. The
 * edge names the place in the config file that the reader will have to change.
 */
export function routeEdge(story: Story): RouteEdge {
  const from = story.route ?? story.attempts[0]?.route
  const asked = story.attempts.find((attempt) => isFallbackFrom(from, attempt))?.route
  const configured = story.fallbacks.configured?.value
  return { from, to: asked ?? configured?.find((route) => route !== from) ?? configured?.[0] }
}

/** The provider of the root cause: the first attempt that failed, else the first of all. */
export function failedProvider(story: Story): string | undefined {
  const failed = story.attempts.find((attempt) => attempt.status === 'failed')
  return (failed ?? story.attempts[0])?.provider
}

/** LiteLLM's spans may call a fallback by the name of the route that it is for. */
function isFallbackFrom(from: string | undefined, { kind, route }: Attempt): boolean {
  return route !== undefined && route !== from && (kind === 'fallback' || kind === 'unknown')
}
