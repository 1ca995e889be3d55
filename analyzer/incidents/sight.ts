import type { Incident } from './incident.ts'
import type { Occurrence } from './occurrence.ts'

/** An incident is still happening while its last request is not older than this. */
export const STILL_HAPPENING_MS = 5 * 60_000

/**
 * A request was judged to belong to this incident. Any order of requests gives one result; the
 * caller sees to it that each is applied once (its story id is the key).
 */
export function sight(incident: Incident | undefined, occurrence: Occurrence): Incident {
  const newest = incident === undefined || occurrence.atMs >= incident.lastSeenMs
  const shown = newest ? occurrence : incident
  return {
    fingerprint: occurrence.fingerprint,
    rule: occurrence.rule,
    severity: shown.severity,
    title: shown.title,
    confidence: shown.confidence,
    summary: shown.summary,
    count: (incident?.count ?? 0) + 1,
    firstSeenMs: Math.min(incident?.firstSeenMs ?? occurrence.atMs, occurrence.atMs),
    lastSeenMs: Math.max(incident?.lastSeenMs ?? occurrence.atMs, occurrence.atMs),
  }
}

export function isStillHappening(
  { lastSeenMs }: Pick<Incident, 'lastSeenMs'>,
  nowMs: number,
): boolean {
  return nowMs - lastSeenMs <= STILL_HAPPENING_MS
}
