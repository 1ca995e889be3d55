/** What people do to an incident: the words of the API, of the command and of the history. */
export const ACT_KINDS = ['acknowledge', 'resolve', 'reopen', 'mute', 'note'] as const
export type ActKind = (typeof ACT_KINDS)[number]

/** One of them, kept as it was done and never changed. */
export interface Act {
  readonly kind: ActKind
  /** By the analyzer's clock; never before the act that it follows. */
  readonly atMs: number
  /** A name as its client gave it: the API knows tokens, not people. */
  readonly by: string
  /** A note is its text; any other act may have one. */
  readonly note?: string
  /** Of a mute alone; absent: until someone reopens the incident. */
  readonly untilMs?: number
}

/** A name or an address; more is no name. */
export const BY_CHARS_MAX = 100

/** A paragraph that a person reads in a list. A longer text belongs where texts are kept. */
export const NOTE_CHARS_MAX = 2000

/** A mute that lasts longer than this is one until it is reopened. */
export const MUTE_MS_MAX = 366 * 24 * 3_600_000

/** What is wrong with the end of a mute that is to begin now; undefined where nothing is. */
export function whyNotUntil(untilMs: number | undefined, nowMs: number): string | undefined {
  if (untilMs === undefined) return undefined
  if (untilMs <= nowMs) return 'until must be in the future'
  if (untilMs <= nowMs + MUTE_MS_MAX) return undefined
  return 'until must be within a year; without it, the mute lasts until it is reopened'
}
