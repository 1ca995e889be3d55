const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
const STEP = 1024

/** `980 B`, `1.2 GiB`: two or three digits, as a person says it. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '–'
  let value = bytes
  let unit = 0
  // What would be shown as 1024 of one unit is 1 of the next.
  while (unit < UNITS.length - 1 && Math.round(value) >= STEP) {
    value /= STEP
    unit += 1
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0
  return `${value.toFixed(digits)} ${UNITS[unit] ?? 'B'}`
}
