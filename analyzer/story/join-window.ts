/** Largest gap between two attempts of one request that LiteLLM exported as traces of their own. */
const JOIN_WINDOW_MS = 500

/** How far one attempt may seem to start before the one before it ended (measured: 3.2 ms). */
const JOIN_OVERLAP_MS = 10

export const JOIN_WINDOW_NS = BigInt(JOIN_WINDOW_MS) * 1_000_000n
export const JOIN_OVERLAP_NS = BigInt(JOIN_OVERLAP_MS) * 1_000_000n

/** Nanoseconds, both ends included. */
export interface TimeRange {
  readonly fromNs: bigint
  readonly toNs: bigint
}

/**
 * Where what else tells of a trace's request may stand, within the same source. Without either
 * range the trace looks for nobody, and may be found by one that looks for it.
 */
export interface Neighbours {
  /** Traces that hold an ERROR span which ended in here may be the attempt before. */
  readonly failedIn: TimeRange | undefined
  /** Traces whose first span started in here may be the attempt after. */
  readonly startedIn: TimeRange | undefined
}
