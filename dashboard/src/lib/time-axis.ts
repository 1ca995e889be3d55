export interface AxisTick {
  readonly value: number
  /** Place on the axis, 0 to 100. */
  readonly percent: number
}

/**
 * Round steps (1, 2 or 5 times a power of ten) from 0 to at most `max`, never more than `count`.
 */
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

export interface CountScale {
  readonly top: number
  readonly ticks: readonly AxisTick[]
}

/** A scale of counts: whole round steps, and a top that is one of them and not exceeded. */
export function scaleCounts(highest: number): CountScale {
  const step = highest > 0 ? Math.max(1, niceStep(highest / 4)) : 1
  const steps = Math.max(1, Math.ceil(highest / step))
  const ticks = Array.from({ length: steps + 1 }, (_, index) => ({
    value: index * step,
    percent: (index / steps) * 100,
  }))
  return { top: steps * step, ticks }
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const ratio = rough / power
  if (ratio <= 1) return power
  if (ratio <= 2) return 2 * power
  if (ratio <= 5) return 5 * power
  return 10 * power
}
