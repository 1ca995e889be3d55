const timeOfDay = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
const shortTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** The reader's own clock; the date only where it is not today's. */
export function formatLocalTime(timeMs: number, nowMs: number): string {
  if (!Number.isFinite(timeMs)) return '–'
  const format = isSameDay(timeMs, nowMs) ? timeOfDay : dayAndTime
  return format.format(timeMs)
}

/** For the ends of an axis, where seconds are noise. */
export function formatAxisTime(timeMs: number, spanMs: number): string {
  if (!Number.isFinite(timeMs)) return ''
  if (spanMs <= 86_400_000) return shortTime.format(timeMs)
  return new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' }).format(timeMs)
}

/** What is shown on hover: exact, and the same for every reader. */
export function formatIso(timeMs: number): string {
  return Number.isFinite(timeMs) ? new Date(timeMs).toISOString() : ''
}

/** Milliseconds of a nanosecond timestamp that travels as a string; NaN where it is none. */
export function parseNanoTime(nanos: string): number {
  return /^\d{1,20}$/.test(nanos) ? Number(BigInt(nanos) / 1_000_000n) : Number.NaN
}

function isSameDay(leftMs: number, rightMs: number): boolean {
  const left = new Date(leftMs)
  const right = new Date(rightMs)
  return (
    left.getFullYear() === right.getFullYear() &&
    left.getMonth() === right.getMonth() &&
    left.getDate() === right.getDate()
  )
}
