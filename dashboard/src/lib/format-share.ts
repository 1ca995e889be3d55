/** Under this many cases a percentage pretends to know more than the numbers do. */
export const PERCENT_CASES_MIN = 20

export interface Share {
  /** What is printed large. */
  readonly main: string
  /** The n behind a percentage; empty where `main` already says it. */
  readonly detail: string
}

/** A share is never shown without its n. */
export function formatShare(part: number, whole: number): Share {
  const counts = `${formatCount(part)} of ${formatCount(whole)}`
  if (whole < PERCENT_CASES_MIN) return { main: counts, detail: '' }
  return { main: formatPercent(part / whole), detail: counts }
}

const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** `12,340` */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? counts.format(value) : '–'
}

/** Never rounds something to nothing, nor nearly all to all. */
function formatPercent(ratio: number): string {
  const percent = ratio * 100
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  if (percent < 100 && percent > 99.9) return '> 99.9 %'
  const digits = percent < 10 && !Number.isInteger(percent) ? 1 : 0
  if (percent < 100 && percent >= 99.5) return `${percent.toFixed(1)} %`
  return `${percent.toFixed(digits)} %`
}

/** `1 span`, `2 spans` */
export function formatPlural(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`
}
