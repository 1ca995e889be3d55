/**
 * What was judged since the data folder was made, for `/metrics`. `judged` only grows: a request
 * counts when it is judged for the first time, under the labels that it had then. What a late span
 * takes back is not subtracted, but counted in `withdrawn`, which only grows as well.
 */
export interface VerdictTallies {
  readonly requests: readonly (RequestLabels & Tally)[]
  readonly firstTargetFailures: readonly (FirstTargetLabels & Tally)[]
  readonly findings: readonly (FindingLabels & Tally)[]
}

interface Tally {
  readonly judged: number
  readonly withdrawn: number
}

interface RequestLabels {
  readonly source: string
  /** Empty where the spans do not tell; `OTHER_ROUTE` beyond the routes that a source may have. */
  readonly route: string
  readonly api: string
  readonly outcome: string
}

interface FirstTargetLabels {
  readonly source: string
  readonly route: string
  /** The deployment, else the provider and model; empty where the spans do not tell. */
  readonly target: string
  readonly result: FirstTargetResult
}

/** What became of a request whose first target failed for good; the first three are eligible. */
export type FirstTargetResult = 'rescued' | 'failed' | 'bypassed' | 'unconfigured' | 'disabled'

interface FindingLabels {
  readonly rule: string
  readonly severity: string
  readonly confidence: string
}

/** Stands for the routes of a source, and its targets, beyond the first 200: series cost memory. */
export const OTHER_ROUTE = '__other__'

/** How far judging is behind the log of spans. */
export interface JudgeLag {
  /** Spans that have been received and are part of no verdict yet. */
  readonly spans: number
  /** When the oldest of them was received; undefined where there is none. */
  readonly oldestReceivedMs: number | undefined
  /**
   * Since when a trace could have been judged and was not. Waiting for a trace to settle is no
   * lag, so this is undefined on an analyzer that keeps up.
   */
  readonly overdueSinceMs: number | undefined
}
