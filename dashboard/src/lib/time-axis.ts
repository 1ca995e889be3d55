export interface AxisTick {
  readonly value: number
  /** Place on the axis, 0 to 100. */
  readonly percent: number
}

/** Round steps (1, 2 or 5 times a power of ten) from 0 to at most `max`, never more than `count`. */
export function niceTicks(max: number, count: number): readonly AxisTick[] {
  if (!(max > 0) || !Number.isFinite(max)) return [{ value: 0, percent: 0 }]
  const step = niceStep(max / count)
  const ticks: AxisTick[] = []
  for (let index = 0; index * step <= max * 1.000001; index += 1) {
    const value = Number((index * step).toPrecision(12))
    ticks.push({ value, percent: (value / max) * 100 })
  }
  return ticks
}

/** The top of a scale of counts: a round whole number that is not below the highest value. */
export function niceTop(highest: number): number {
  if (!(highest > 0)) return 1
  const step = Math.max(1, niceStep(highest / 4))
  return Math.ceil(highest / step) * step
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const ratio = rough / power
  if (ratio <= 1) return power
  if (ratio <= 2) return 2 * power
  if (ratio <= 5) return 5 * power
  return 10 * power
}
