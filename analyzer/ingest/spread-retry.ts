/**
 * When a sender should come again. Long enough for a backlog to shrink, short beside the minutes
 * for which exporters keep on trying; spread, or all that were sent away at one moment would be
 * back at one moment.
 */
const RETRY_MS_MIN = 1000
const RETRY_MS_MAX = 5000

export function spreadRetryMs(random: () => number = Math.random): number {
  return Math.round(RETRY_MS_MIN + random() * (RETRY_MS_MAX - RETRY_MS_MIN))
}
