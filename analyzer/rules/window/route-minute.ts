import { SLOT_MS } from './moments.ts'
import { mayBeSame, type Pick } from './picks.ts'

/** What was counted of one route in one minute. */
export interface RouteMinute {
  /** Since 1970. */
  readonly minute: number
  readonly requests: number
  /** By name. */
  readonly targets: ReadonlyMap<string, TargetMinute>
}

/** Each request counts once, whatever it retried. */
export interface TargetMinute {
  /** Requests that it answered, or may have. */
  readonly alive: number
  /** Requests that it failed, as any of their targets. */
  readonly failed: number
  /** Of these: requests that another target answered. */
  readonly failedAnswered: number
  /** Requests whose first choice it was, and that it failed or was known to fail. */
  readonly missed: number
  /** Of these: requests that another target answered. */
  readonly rescued: number
  /** Requests whose story is not certain. */
  readonly unsure: number
  readonly reasons: ReadonlyMap<string, number>
  readonly providers: ReadonlyMap<string, number>
  /** Requests that it failed, by when they were sent there and when that was known. */
  readonly moments: TargetMoments | undefined
}

/** Counts by `SLOT_MS` of the minute. */
export type TargetMoments = Readonly<Record<'began' | 'ended', ArrayLike<number>>>

export const MINUTE_MS = 60_000

/**
 * One thing to count: in which minute, and the text that it is counted under. Of a target it begins
 * with the target's number. What a request adds is remembered as these, and taken back as these, so
 * that counts never depend on the order in which verdicts come (invariant I8).
 */
export interface Cell {
  readonly minute: number
  readonly key: string
}

/** Of no target: every request of the route that tells of one. */
export const CELL_OF_REQUESTS = 'q'

/** What a request adds to the counts of its route. `numberOf` is undefined beyond the limits. */
export function cellsOf(
  picks: readonly Pick[],
  { atMs, numberOf }: { atMs: number; numberOf: (target: string) => number | undefined },
): readonly Cell[] {
  if (picks.length === 0) return []
  const cells: Cell[] = [{ minute: toMinute(atMs), key: CELL_OF_REQUESTS }]
  for (const pick of picks) {
    const number = numberOf(pick.target)
    if (number === undefined) continue
    const minute = toMinute(pick.endMs)
    for (const key of keysOf(pick)) cells.push({ minute, key: `${number}${key}` })
    if (pick.result !== 'failed' || pick.beganMs === undefined) continue
    cells.push({ minute: toMinute(pick.beganMs), key: `${number}b${toSlot(pick.beganMs)}` })
    cells.push({ minute, key: `${number}e${toSlot(pick.endMs)}` })
  }
  return cells
}

function keysOf(pick: Pick): readonly string[] {
  if (pick.result === 'alive') return ['a']
  const keys: string[] = []
  if (pick.result === 'failed') {
    keys.push('f', `r${pick.reason ?? 'unknown'}`)
    if (pick.provider !== undefined) keys.push(`p${pick.provider}`)
    if (pick.answeredByOther === true) keys.push('o')
  }
  if (pick.isFirst && pick.answeredByOther !== 'unknown') {
    keys.push('m')
    if (pick.answeredByOther) keys.push('s')
  }
  if (!pick.isSure) keys.push('u')
  return keys
}

export interface ParsedCell {
  /** The target's, in digits; empty where it is none of a target. */
  readonly number: string
  readonly kind: string
  readonly rest: string
}

/** Asked hundreds of times for each transaction: no pattern. */
export function parseCell(key: string): ParsedCell {
  let at = 0
  while (isDigit(key.charCodeAt(at))) at += 1
  return { number: key.slice(0, at), kind: key.charAt(at), rest: key.slice(at + 1) }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Requests that this target answered, or that may have been answered by it. */
export function signsOfLife({ targets }: RouteMinute, target: string): number {
  let alive = 0
  for (const [name, counts] of targets) if (mayBeSame(name, target)) alive += counts.alive
  return alive
}

export function toMinute(ms: number): number {
  return Math.floor(ms / MINUTE_MS)
}

function toSlot(ms: number): number {
  return Math.floor((ms - toMinute(ms) * MINUTE_MS) / SLOT_MS)
}
