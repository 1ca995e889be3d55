import { createHash } from 'node:crypto'

/** One incident, as far as it tells which outage it is part of. */
export interface IncidentTimes {
  readonly id: string
  readonly source: string
  /** Providers and deployments of what failed first; of either, none may be known. */
  readonly providers: readonly string[]
  readonly targets: readonly string[]
  /** Why that failed. */
  readonly reasons: readonly string[]
  /** Minutes since 1970 in which its requests occurred, oldest first, and how many. */
  readonly minutes: readonly MinuteCount[]
}

export interface MinuteCount {
  readonly minute: number
  readonly count: number
  /** How long it stands for, where hours were made of minutes; default: itself. */
  readonly minutes?: number
}

/** Incidents that are one outage: they share whom it is about and why, and overlap in time. */
export interface Episode {
  /** `epi-` and hex digits. */
  readonly id: string
  readonly source: string
  readonly providers: readonly string[]
  readonly targets: readonly string[]
  readonly reasons: readonly string[]
  /** Minutes since 1970: the first in which a request of it occurred, and the last. */
  readonly fromMinute: number
  readonly toMinute: number
  readonly count: number
  /** By id. */
  readonly incidents: readonly string[]
}

/** Quiet minutes that end an outage: one that comes back within them was never over. */
export const GAP_MINUTES = 10

/**
 * Groups of incidents that overlap, the latest first. An incident has a part in as many as it has
 * runs of requests: yesterday's outage and today's are two, whatever lies between the first and the
 * last request of their incidents. Pure, and independent of the order of what it is given.
 */
export function toEpisodes(incidents: readonly IncidentTimes[]): readonly Episode[] {
  const runs = incidents
    .flatMap(toRuns)
    .toSorted((left, right) => left.fromMinute - right.fromMinute || byText(left.id, right.id))
  const groups = new Groups(runs.length)
  for (const members of bucketsOf(runs)) joinOverlapping(members, { runs, groups })
  const byGroup = new Map<number, Run[]>()
  for (const [index, run] of runs.entries()) {
    const members = byGroup.get(groups.of(index))
    if (members === undefined) byGroup.set(groups.of(index), [run])
    else members.push(run)
  }
  return [...byGroup.values()]
    .map(toEpisode)
    .toSorted((left, right) => right.toMinute - left.toMinute || byText(left.id, right.id))
}

/** Requests of one incident with no gap between them. */
interface Run extends Omit<IncidentTimes, 'minutes'> {
  readonly fromMinute: number
  readonly toMinute: number
  readonly count: number
}

function toRuns({ minutes, ...incident }: IncidentTimes): readonly Run[] {
  const runs: Run[] = []
  for (const { minute, count, minutes: length = 1 } of minutes) {
    const last = runs.at(-1)
    const until = minute + length - 1
    if (last !== undefined && minute - last.toMinute <= GAP_MINUTES) {
      runs[runs.length - 1] = { ...last, toMinute: until, count: last.count + count }
    } else runs.push({ ...incident, fromMinute: minute, toMinute: until, count })
  }
  return runs
}

/**
 * Runs that may be one outage: of one source, with a provider or a target in common and a reason in
 * common. What names neither, or no reason, is an outage by itself.
 */
function bucketsOf(runs: readonly Run[]): Iterable<readonly number[]> {
  const buckets = new Map<string, number[]>()
  for (const [index, { source, providers, targets, reasons }] of runs.entries()) {
    const whom = [...providers.map((name) => ['p', name]), ...targets.map((name) => ['t', name])]
    for (const who of whom) {
      for (const reason of reasons) {
        if (reason === UNKNOWN) continue
        const key = JSON.stringify([source, who, reason])
        const members = buckets.get(key)
        if (members === undefined) buckets.set(key, [index])
        else members.push(index)
      }
    }
  }
  return buckets.values()
}

/** Two failures that nobody could name have nothing in common. */
const UNKNOWN = 'unknown'

interface Joining {
  readonly runs: readonly Run[]
  readonly groups: Groups
}

/** In order of their beginnings: each that begins before all so far have ended belongs to them. */
function joinOverlapping(members: readonly number[], { runs, groups }: Joining): void {
  let open: number | undefined
  let until = -Infinity
  for (const index of members) {
    const run = runs[index]
    if (run === undefined) continue
    if (open !== undefined && run.fromMinute <= until + GAP_MINUTES) groups.join(open, index)
    open = index
    until = Math.max(until, run.toMinute)
  }
}

/** Which of them are one, however many joins apart. */
class Groups {
  readonly #parents: number[]

  constructor(size: number) {
    this.#parents = Array.from({ length: size }, (_, index) => index)
  }

  of(index: number): number {
    let root = index
    for (;;) {
      const parent = this.#parents[root] ?? root
      if (parent === root) return root
      root = parent
    }
  }

  /** The smaller number stands for both, so that the order of joins changes nothing. */
  join(left: number, right: number): void {
    const [one, other] = [this.of(left), this.of(right)]
    this.#parents[Math.max(one, other)] = Math.min(one, other)
  }
}

function toEpisode(runs: readonly Run[]): Episode {
  const fromMinute = Math.min(...runs.map((run) => run.fromMinute))
  const [source = ''] = runs.map((run) => run.source)
  const incidents = sortedSet(runs.map(({ id }) => id))
  const [first = ''] = sortedSet(
    runs.filter((run) => run.fromMinute === fromMinute).map(({ id }) => id),
  )
  return {
    id: toId([first, fromMinute]),
    source,
    providers: sortedSet(runs.flatMap(({ providers }) => providers)),
    targets: sortedSet(runs.flatMap(({ targets }) => targets)),
    reasons: sortedSet(runs.flatMap(({ reasons }) => reasons)),
    fromMinute,
    toMinute: Math.max(...runs.map((run) => run.toMinute)),
    count: runs.reduce((total, { count }) => total + count, 0),
    incidents,
  }
}

/** The incident and the minute that it began with: what joins it later does not rename it. */
function toId(began: readonly [incident: string, minute: number]): string {
  const digits = createHash('sha256').update(JSON.stringify(began)).digest('hex')
  return `epi-${digits.slice(0, ID_DIGITS)}`
}

const ID_DIGITS = 16

function sortedSet(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted(byText)
}

function byText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
