/** No provider means more than a day; what says so is a mistake or an attack on our timers. */
const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1000

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} /

/**
 * When to come back, in milliseconds: `retry-after-ms` (OpenAI, Azure), else `Retry-After` in
 * seconds or as a date (RFC 9110 10.2.3). Absent or unreadable: `undefined`.
 */
export function parseRetryAfter(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  wallNowMs: number,
): number | undefined {
  const precise = toMilliseconds(headers['retry-after-ms'], 1)
  if (precise !== undefined) return precise
  const raw = headers['retry-after']
  const seconds = toMilliseconds(raw, 1000)
  if (seconds !== undefined) return seconds
  // `Date.parse` takes almost anything for a date, `-5` for the year 5 before our era.
  if (typeof raw !== 'string' || !HTTP_DATE.test(raw)) return undefined
  const date = Date.parse(raw)
  return Number.isNaN(date) ? undefined : clamp(date - wallNowMs)
}

function toMilliseconds(
  value: string | string[] | undefined,
  millisecondsPerUnit: number,
): number | undefined {
  if (typeof value !== 'string' || !/^\s*\d+(\.\d+)?\s*$/.test(value)) return undefined
  return clamp(Number(value) * millisecondsPerUnit)
}

function clamp(milliseconds: number): number {
  return Math.min(Math.max(0, Math.ceil(milliseconds)), RETRY_AFTER_MS_MAX)
}
