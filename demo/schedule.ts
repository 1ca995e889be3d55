import { seededRandom } from './random.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'

export interface Planned {
  readonly scenario: Scenario
  /** After the start of the traffic. */
  readonly atMs: number
}

export interface ScheduleOptions {
  readonly seed: number
  readonly ratePerSecond: number
}

/**
 * The traffic of a seed, without an end: every scenario once, in their own order and mixed with
 * healthy requests, then by weight. When a request goes out never depends on how another went.
 */
export function* schedule({ seed, ratePerSecond }: ScheduleOptions): Generator<Planned, never> {
  const random = seededRandom(seed)
  const intervalMs = 1000 / ratePerSecond
  let sent = 0
  const plan = (scenario: Scenario): Planned => {
    // Up to half an interval early or late: traffic has no metronome.
    const atMs = Math.max(0, (sent + (random() - 0.5)) * intervalMs)
    sent += 1
    return { scenario, atMs }
  }
  for (const scenario of SCENARIOS) yield plan(scenario)
  for (;;) yield plan(drawn(random()))
}

/** As many requests as fit, and every scenario at least once however short the time is. */
export function scheduleFor(durationS: number, options: ScheduleOptions): readonly Planned[] {
  const count = Math.max(SCENARIOS.length, Math.round(durationS * options.ratePerSecond))
  const planned: Planned[] = []
  for (const one of schedule(options)) {
    planned.push(one)
    if (planned.length === count) break
  }
  return planned
}

const WEIGHTS_SUM = SCENARIOS.reduce((sum, { weight }) => sum + weight, 0)

function drawn(random: number): Scenario {
  let left = random * WEIGHTS_SUM
  for (const scenario of SCENARIOS) {
    left -= scenario.weight
    if (left < 0) return scenario
  }
  // Rounding at the very end of the range.
  return firstScenario()
}

function firstScenario(): Scenario {
  const [first] = SCENARIOS
  if (!first) throw new Error('the demo has no scenario')
  return first
}
