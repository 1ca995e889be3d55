const NS_PER_MS = 1_000_000

/** `820 µs`, `12.4 ms`, `3.21 s`, `2 min 05 s`, `1 h 04 min` */
export function formatDurationMs(durationMs: number): string {
  if (!Number.isFinite(durationMs) || durationMs < 0) return '–'
  if (durationMs === 0) return '0 ms'
  if (durationMs < 1) return `${Math.max(1, Math.round(durationMs * 1000))} µs`
  if (durationMs < 1000) return `${formatDigits(durationMs)} ms`
  if (durationMs < 60_000) return `${formatDigits(durationMs / 1000)} s`
  const totalSeconds = Math.round(durationMs / 1000)
  const minutes = Math.floor(totalSeconds / 60)
  if (minutes < 60) return `${minutes} min ${pad(totalSeconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
}

/** Nanoseconds travel as strings, because a double cannot hold them; a duration in ms can. */
export function formatDurationNs(durationNs: bigint): string {
  return formatDurationMs(Number(durationNs) / NS_PER_MS)
}

/** How long ago, in one unit: a list is scanned, not read. */
export function formatAgo(elapsedMs: number): string {
  return elapsedMs < 1000 ? 'now' : `${formatCoarse(elapsedMs)} ago`
}

/** In whole seconds, minutes, hours or days. */
export function formatCoarse(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

function formatDigits(value: number): string {
  if (value >= 99.95) return String(Math.round(value))
  if (value >= 9.995) return trimZeros(value.toFixed(1))
  return trimZeros(value.toFixed(2))
}

function trimZeros(text: string): string {
  return text.replace(/\.?0+$/, '')
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
