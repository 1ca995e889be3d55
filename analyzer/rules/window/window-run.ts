import type { RuledWindow } from './judge-window.ts'

/** Minutes of one target in which a rule found the same, one after the other. */
export interface WindowRun extends Omit<RuledWindow, 'minute'> {
  readonly fromMinute: number
  /** The last in which it was so. */
  readonly toMinute: number
  /** In how many it was so. */
  readonly minutes: number
}

/** Quiet minutes after which the same is another run: a target is not picked in each of them. */
const GAP_MINUTES = 10

/** In the order in which they began; what is said of a run is what was said of its last minute. */
export function toRuns(windows: readonly RuledWindow[]): readonly WindowRun[] {
  const runs: WindowRun[] = []
  const last = new Map<string, number>()
  for (const { minute, ...window } of windows.toSorted(
    (left, right) => left.minute - right.minute,
  )) {
    const key = JSON.stringify([window.rule, window.source, window.route, window.target])
    const index = last.get(key)
    const run = index === undefined ? undefined : runs[index]
    if (index !== undefined && run !== undefined && minute - run.toMinute <= GAP_MINUTES) {
      runs[index] = {
        ...window,
        confidence: run.confidence === 'certain' ? 'certain' : window.confidence,
        fromMinute: run.fromMinute,
        toMinute: minute,
        minutes: run.minutes + 1,
      }
    } else {
      last.set(key, runs.length)
      runs.push({ ...window, fromMinute: minute, toMinute: minute, minutes: 1 })
    }
  }
  return runs
}
