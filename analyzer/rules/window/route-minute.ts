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
  readonly moments: ReadonlyMap<number, Moment>
}

/** Requests of one `SLOT_MS` of the minute. */
export interface Moment {
  readonly began: number
  readonly ended: number
}

export const MINUTE_MS = 60_000

/** As fine as it must be to tell which of two requests knew of the other; 300 in a minute. */
export const SLOT_MS = 200

/**
 * One thing to count: in which minute, and the text that it is counted under. Of a target it begins
 * with the target's number. What a request adds is remembered as these, and taken back as these, so
 * that counts never depend on the order in which verdicts come (invariant I8).
 */
export interface Cell {
  readonly minute: number
  readonly key: string
}

const REQUESTS = 'q'

/** What a request adds to the counts of its route. `numberOf` is undefined beyond the limits. */
export function cellsOf(
  picks: readonly Pick[],
  { atMs, numberOf }: { atMs: number; numberOf: (target: string) => number | undefined },
): readonly Cell[] {
  if (picks.length === 0) return []
  const cells: Cell[] = [{ minute: toMinute(atMs), key: REQUESTS }]
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

/** Whether this cell is one of many of its minute, that only the minute's own verdict looks at. */
export function isMoment(key: string): boolean {
  return /^\d+[be]/u.test(key)
}

/** Whether a minute with this cell may be one to find something in. */
export function isFailure(key: string): boolean {
  return /^\d+[fm]$/u.test(key)
}

/** Counts that are gone are left out, and so is what nobody can name any more. */
export function toRouteMinute(
  minute: number,
  { counts, nameOf }: { counts: Counts; nameOf: (number: number) => string | undefined },
): RouteMinute {
  const drafts = new Map<string, Draft>()
  let requests = 0
  for (const [key, count] of counts) {
    if (count <= 0) continue
    if (key === REQUESTS) {
      requests = count
      continue
    }
    const [, number = '', kind = '', rest = ''] = CELL.exec(key) ?? []
    const target = number === '' ? undefined : nameOf(Number(number))
    if (target === undefined) continue
    const draft = drafts.get(target) ?? newDraft()
    drafts.set(target, draft)
    addTo(draft, { kind, rest, count })
  }
  return { minute, requests, targets: drafts }
}

export type Counts = Iterable<readonly [key: string, count: number]>

const CELL = /^(\d+)([a-z])(.*)$/su

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Draft extends Mutable<Omit<TargetMinute, 'reasons' | 'providers' | 'moments'>> {
  readonly reasons: Map<string, number>
  readonly providers: Map<string, number>
  readonly moments: Map<number, Moment>
}

function newDraft(): Draft {
  return {
    alive: 0,
    failed: 0,
    failedAnswered: 0,
    missed: 0,
    rescued: 0,
    unsure: 0,
    reasons: new Map(),
    providers: new Map(),
    moments: new Map(),
  }
}

const COUNTED = {
  a: 'alive',
  f: 'failed',
  o: 'failedAnswered',
  m: 'missed',
  s: 'rescued',
  u: 'unsure',
} as const

function addTo(draft: Draft, { kind, rest, count }: Part): void {
  switch (kind) {
    case 'a':
    case 'f':
    case 'o':
    case 'm':
    case 's':
    case 'u':
      draft[COUNTED[kind]] += count
      return
    case 'r':
      draft.reasons.set(rest, (draft.reasons.get(rest) ?? 0) + count)
      return
    case 'p':
      draft.providers.set(rest, (draft.providers.get(rest) ?? 0) + count)
      return
    case 'b':
    case 'e': {
      const known = draft.moments.get(Number(rest)) ?? { began: 0, ended: 0 }
      const which = kind === 'b' ? 'began' : 'ended'
      draft.moments.set(Number(rest), { ...known, [which]: known[which] + count })
    }
  }
}

interface Part {
  readonly kind: string
  readonly rest: string
  readonly count: number
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
