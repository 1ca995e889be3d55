import type { Story } from '../../story/story.ts'
import { judgeWindow, type RuledWindow, type WindowJudging } from './judge-window.ts'
import { picksOf, type Pick } from './picks.ts'
import { MinuteCounts } from './minute-counts.ts'
import { cellsOf, toMinute } from './route-minute.ts'
import { toRuns, type WindowRun } from './window-run.ts'
import { WINDOW_MINUTES } from './window-rule.ts'

/** A run with the first requests that show it. */
export interface ToldRun extends WindowRun {
  readonly examples: readonly Story[]
}

const EXAMPLES_MAX = 5

/**
 * What only many requests together show, of stories that are all there: the offline half of what
 * the store does minute by minute, with the same rules over the same counts.
 */
export function tellWindows(
  stories: readonly Story[],
  judging: WindowJudging = {},
): readonly ToldRun[] {
  const routes = new Map<string, RouteCounts>()
  for (const story of stories) {
    if (story.route === undefined) continue
    const key = JSON.stringify([story.source, story.route])
    const counts = routes.get(key) ?? new RouteCounts(story.source, story.route)
    routes.set(key, counts)
    counts.add(story)
  }
  return [...routes.values()].flatMap((counts) =>
    toRuns(counts.judge(judging)).map((run) => ({ ...run, examples: counts.examplesOf(run) })),
  )
}

/** The minutes of one route, counted as the store counts them. */
class RouteCounts {
  readonly #source: string
  readonly #route: string
  readonly #targets: string[] = []
  readonly #minutes = new Map<number, MinuteCounts>()
  readonly #shown: { readonly story: Story; readonly pick: Pick }[] = []

  constructor(source: string, route: string) {
    this.#source = source
    this.#route = route
  }

  add(story: Story): void {
    const atMs = Number(story.endTimeNs / 1_000_000n)
    const picks = picksOf(story, atMs)
    for (const { minute, key } of cellsOf(picks, {
      atMs,
      numberOf: (name) => this.#number(name),
    })) {
      const counts = this.#minutes.get(minute) ?? new MinuteCounts()
      this.#minutes.set(minute, counts)
      counts.add(key, 1)
    }
    for (const pick of picks) if (pick.result !== 'alive') this.#shown.push({ story, pick })
  }

  judge(judging: WindowJudging): readonly RuledWindow[] {
    const all = [...this.#minutes]
      .toSorted(([left], [right]) => left - right)
      .map(([minute, counts]) => counts.toRouteMinute(minute, (number) => this.#targets[number]))
    return all.flatMap(({ minute }, index) => {
      if (this.#minutes.get(minute)?.isFailing !== true) return []
      const minutes = all
        .slice(Math.max(0, index + 1 - WINDOW_MINUTES), index + 1)
        .filter((one) => one.minute > minute - WINDOW_MINUTES)
      return judgeWindow({ source: this.#source, route: this.#route, minutes }, judging)
    })
  }

  examplesOf({ target, fromMinute, toMinute: until }: WindowRun): readonly Story[] {
    const own = this.#shown.filter(({ pick }) => {
      const minute = toMinute(pick.endMs)
      return pick.target === target && minute >= fromMinute && minute <= until
    })
    return own.slice(0, EXAMPLES_MAX).map(({ story }) => story)
  }

  #number(target: string): number {
    const known = this.#targets.indexOf(target)
    return known === -1 ? this.#targets.push(target) - 1 : known
  }
}
