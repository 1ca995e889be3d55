/** Limits that the rules over many requests compare with. */
export interface WindowOptions {
  /** Failures in a row that a router may see before it is to leave a deployment alone. */
  readonly cooldownAfterFailures: number
  /** How long it is to leave it alone. */
  readonly cooldownMs: number
  /** Requests that are sent there all the same, in one minute: fewer may be chance. */
  readonly cooldownMissedMin: number
  /** Their share of the requests of the route: several processes each try it now and then. */
  readonly cooldownMissedShare: number
  /** Minutes without any success that a person would want to know of. */
  readonly sustainedMinutes: number
  /** Requests in them: fewer may be chance. */
  readonly sustainedMin: number
  /** How many of these must have been rescued for nobody to notice. */
  readonly sustainedShare: number
}

/**
 * LiteLLM's `cooldown_time`, and the failures within a minute after which both LiteLLM and the
 * sidecar leave a deployment alone.
 */
export const WINDOW_OPTIONS: WindowOptions = {
  cooldownAfterFailures: 5,
  cooldownMs: 5000,
  cooldownMissedMin: 5,
  cooldownMissedShare: 0.2,
  sustainedMinutes: 5,
  sustainedMin: 10,
  sustainedShare: 0.95,
}
