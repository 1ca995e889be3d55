import type { Confidence } from '../../story/story.ts'
import type { RuleFacts } from '../rule.ts'
import type { RouteMinute } from './route-minute.ts'
import type { WindowOptions } from './window-options.ts'

/**
 * One incident class that no single request shows: pure, total, no I/O, no clock. It is asked for
 * each minute of a route anew, so that whatever comes late changes those minutes and no others.
 */
export interface WindowRule extends RuleFacts {
  /** What was so in the last of these minutes; of each target at most one. */
  evaluate(window: RouteWindow, options: WindowOptions): readonly WindowFinding[]
}

/** The minute that is judged and those before it, in which anything happened on the route. */
export interface RouteWindow {
  readonly source: string
  readonly route: string
  /** Oldest first; the last is judged. None is older than `WINDOW_MINUTES`. */
  readonly minutes: readonly RouteMinute[]
}

/** Minutes that one window has at most: what is older says nothing of now. */
export const WINDOW_MINUTES = 30

/** What one rule says of one target in one minute. */
export interface WindowFinding {
  readonly target: string
  /** Empty: no span names it. */
  readonly provider: string
  /** Why the target failed most often; a `FailureReason` or `unknown`. */
  readonly reason: string
  readonly confidence: Confidence
  /** One sentence or two: how often, since when, and what became of the requests. */
  readonly summary: string
}
