import { Moments } from './moments.ts'
import { CELL_OF_REQUESTS, parseCell, type RouteMinute, type TargetMinute } from './route-minute.ts'

/**
 * What the requests of one route and minute add up to, cell by cell: added when a request comes,
 * taken back when it goes, in any order.
 */
export class MinuteCounts {
  readonly #counts = new Map<string, number>()
  /** By the target's number. */
  readonly #moments = new Map<number, Moments>()

  add(key: string, count: number): void {
    const { number, kind, rest } = parseCell(key)
    if (kind === 'b' || kind === 'e') {
      this.#addMoment(Number(number), { kind, slot: Number(rest), count })
      return
    }
    const after = (this.#counts.get(key) ?? 0) + count
    if (after === 0) this.#counts.delete(key)
    else this.#counts.set(key, after)
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0 && this.#moments.size === 0
  }

  /** Whether it may be one to find something in. */
  get isFailing(): boolean {
    for (const key of this.#counts.keys()) {
      const { kind, rest } = parseCell(key)
      if (rest === '' && (kind === 'f' || kind === 'm')) return true
    }
    return false
  }

  /** Only a minute's own verdict looks at them, and they are most of it. */
  dropMoments(): void {
    this.#moments.clear()
  }

  /** In one order, so that equal counts are equal texts. */
  print(): { readonly counts: string; readonly moments: string } {
    const counts = [...this.#counts].toSorted(([left], [right]) => (left < right ? -1 : 1))
    const moments = [...this.#moments]
      .toSorted(([left], [right]) => left - right)
      .map(([, each]) => each.text())
    return { counts: JSON.stringify(counts), moments: `[${moments.join(',')}]` }
  }

  /** Targets that nobody can name any more are left out. */
  toRouteMinute(minute: number, nameOf: (number: number) => string | undefined): RouteMinute {
    const targets = new Map<string, Draft>()
    let requests = 0
    for (const [key, count] of this.#counts) {
      if (count <= 0) continue
      if (key === CELL_OF_REQUESTS) requests = count
      const { number, kind, rest } = parseCell(key)
      const name = number === '' ? undefined : nameOf(Number(number))
      if (name === undefined) continue
      const draft = targets.get(name) ?? newDraft(this.#moments.get(Number(number)))
      targets.set(name, draft)
      addTo(draft, { kind, rest, count })
    }
    return { minute, requests, targets }
  }

  #addMoment(
    number: number,
    {
      kind,
      slot,
      count,
    }: { readonly kind: 'b' | 'e'; readonly slot: number; readonly count: number },
  ): void {
    const moments = this.#moments.get(number) ?? new Moments(number)
    moments.add(kind, slot, count)
    if (moments.isEmpty) this.#moments.delete(number)
    else this.#moments.set(number, moments)
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Draft extends Mutable<Omit<TargetMinute, 'reasons' | 'providers'>> {
  readonly reasons: Map<string, number>
  readonly providers: Map<string, number>
}

function newDraft(moments: Moments | undefined): Draft {
  return {
    alive: 0,
    failed: 0,
    failedAnswered: 0,
    missed: 0,
    rescued: 0,
    unsure: 0,
    reasons: new Map(),
    providers: new Map(),
    moments,
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

interface Part {
  readonly kind: string
  readonly rest: string
  readonly count: number
}

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
  }
}
