import type { Incident, IncidentAction, IncidentState, Sightings } from './incident.ts'
import type { Occurrence } from './occurrence.ts'

/**
 * The states of an incident as pure folds: no clock, no store. The caller sees to it that one
 * request is applied once (its story id is the key) and counts what is left after a withdrawal.
 */

/** An incident is still happening while its last request is not older than this. */
export const STILL_HAPPENING_MS = 5 * 60_000

/** Requests that were under way when someone resolved it are the old outage, not a new one. */
export const REGRESSION_GRACE_MS = 5 * 60_000

/** A request was judged to belong to this incident. Any order of requests gives one result. */
export function applyOccurrence(incident: Incident | undefined, occurrence: Occurrence): Incident {
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
    state: stateAfter(incident?.state, occurrence.atMs),
  }
}

/**
 * A late span changed the verdict of a request: it no longer belongs here. An incident that has
 * no request left never was one.
 */
export function withdrawOccurrence(incident: Incident, left: Sightings): Incident | undefined {
  if (left.count === 0) return undefined
  return { ...incident, ...left, state: stateAfterWithdrawal(incident.state, left) }
}

/** What a person did; an action that has no meaning in the present state changes nothing. */
export function applyAction(incident: Incident, action: IncidentAction): Incident {
  return { ...incident, state: stateAfterAction(incident.state, action) }
}

export function isStillHappening(incident: Incident, nowMs: number): boolean {
  return nowMs - incident.lastSeenMs <= STILL_HAPPENING_MS
}

function stateAfter(state: IncidentState | undefined, atMs: number): IncidentState {
  if (state === undefined) return { name: 'open' }
  switch (state.name) {
    case 'open':
    case 'acknowledged':
      return state
    case 'regressed':
      return isRegression(state.resolved, atMs)
        ? { ...state, sinceMs: Math.min(state.sinceMs, atMs) }
        : state
    case 'resolved':
      return isRegression(state, atMs)
        ? { name: 'regressed', sinceMs: atMs, resolved: state }
        : state
    case 'muted':
      return state.untilMs !== undefined && atMs > state.untilMs
        ? { name: 'open', reopenedMs: state.untilMs }
        : state
  }
}

function stateAfterWithdrawal(state: IncidentState, left: Sightings): IncidentState {
  switch (state.name) {
    case 'regressed':
      return isRegression(state.resolved, left.lastSeenMs) ? state : state.resolved
    case 'open':
    case 'acknowledged':
    case 'resolved':
    case 'muted':
      return state
  }
}

function stateAfterAction(state: IncidentState, action: IncidentAction): IncidentState {
  const { atMs, by } = action
  switch (action.kind) {
    case 'acknowledge':
      return state.name === 'open' || state.name === 'regressed'
        ? { name: 'acknowledged', sinceMs: atMs, by }
        : state
    case 'resolve':
      return state.name === 'resolved' ? state : { name: 'resolved', sinceMs: atMs, by }
    case 'reopen':
      return state.name === 'open' || state.name === 'regressed'
        ? state
        : { name: 'open', reopenedMs: atMs }
    case 'mute':
      return {
        name: 'muted',
        sinceMs: atMs,
        by,
        ...(action.untilMs === undefined ? {} : { untilMs: action.untilMs }),
      }
  }
}

function isRegression(resolved: { readonly sinceMs: number }, atMs: number): boolean {
  return atMs > resolved.sinceMs + REGRESSION_GRACE_MS
}
