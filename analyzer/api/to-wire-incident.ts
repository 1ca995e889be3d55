import type { FingerprintIngredients } from '../incidents/fingerprint.ts'
import type { Incident } from '../incidents/incident.ts'
import type { HistoryEntry, IncidentState } from '../incidents/lifecycle.ts'
import { isStillHappening } from '../incidents/sight.ts'
import { fillRemedy } from '../rules/fill-remedy.ts'
import { ruleFactsById } from '../rules/every-rule.ts'
import type { ReleaseNote } from '../rules/rule.ts'
import { WINDOW_RULES } from '../rules/window/index.ts'
import type { CallerCount } from '../store/verdict-store.ts'
import { toIso } from './to-iso.ts'
import { stateBy, toWireHistoryEntry } from './to-wire-history.ts'
import type {
  WireFolded,
  WireIncident,
  WireIncidentRow,
  WireMarker,
  WireOccurrence,
  WireReleaseNote,
  WireRequest,
} from './wire.ts'

export interface IncidentNow {
  readonly nowMs: number
  readonly state: IncidentState
  readonly sparkline: readonly number[]
  readonly episode: string | null
}

/** A row of a list. */
export function toWireIncidentRow(
  incident: Incident,
  { nowMs, state, sparkline, episode }: IncidentNow,
): WireIncidentRow {
  const { ingredients, id } = incident.fingerprint
  const from = orNull(ingredients.from)
  return {
    id,
    rule: incident.rule,
    title: incident.title,
    severity: incident.severity,
    confidence: incident.confidence,
    state: state.name,
    stateSince: toIso(state.sinceMs),
    stateBy: stateBy(state),
    mutedUntil: state.name === 'muted' && state.untilMs !== undefined ? toIso(state.untilMs) : null,
    source: ingredients.source,
    route: from,
    edge: { from, to: orNull(ingredients.to) },
    provider: orNull(ingredients.provider),
    cause: ingredients.cause,
    summary: incident.summary,
    count: incident.count,
    counted: WINDOW_RULES.some((rule) => rule.id === incident.rule) ? 'minutes' : 'requests',
    firstSeen: toIso(incident.firstSeenMs),
    lastSeen: toIso(incident.lastSeenMs),
    stillHappening: isStillHappening(incident, nowMs),
    sparkline,
    episode,
  }
}

export interface IncidentDetail {
  readonly row: WireIncidentRow
  readonly nowMs: number
  /** Newest first, at least one. */
  readonly requests: readonly (readonly [atMs: number, request: WireRequest])[]
  readonly example: WireRequest
  readonly callers: readonly CallerCount[]
  readonly history: readonly HistoryEntry[]
  readonly markers: readonly WireMarker[]
  readonly gateways: WireIncident['gateways']
  /** What its newest requests would have been, had there been places for them. */
  readonly folded: readonly FingerprintIngredients[]
}

export function toWireIncident(incident: Incident, detail: IncidentDetail): WireIncident {
  const { row, nowMs, requests, example, callers, history, markers, gateways, folded } = detail
  const { version, ingredients } = incident.fingerprint
  const rule = ruleFactsById(incident.rule)
  const names = { route: row.edge.from, fallback: row.edge.to }
  return {
    ...row,
    schemaVersion: 1,
    now: toIso(nowMs),
    fingerprint: { version, ingredients: { ...ingredients } },
    remedy: fillRemedy(rule?.remedy ?? NO_REMEDY, names),
    releases: (rule?.releases ?? []).map(toWireReleaseNote),
    gateways,
    docs: docsOf(incident.rule),
    example,
    occurrences: requests.map(([atMs, request]) => toWireOccurrence(atMs, request)),
    callers: callers.map(({ name, count }) => ({ name, count })),
    markers,
    history: history.map(toWireHistoryEntry),
    folded: folded.length === 0 ? null : toWireFolded(folded),
  }
}

const FOLDED_SHOWN = 20

function toWireFolded(folded: readonly FingerprintIngredients[]): WireFolded {
  const counts = new Map<string, { readonly of: FingerprintIngredients; count: number }>()
  for (const of of folded) {
    const key = JSON.stringify([of.from, of.to, of.provider, of.cause])
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { of, count: 1 })
    else known.count += 1
  }
  const kinds = [...counts.values()].toSorted((left, right) => right.count - left.count)
  return {
    requests: folded.length,
    most: kinds.slice(0, FOLDED_SHOWN).map(({ of: { from, to, provider, cause }, count }) => ({
      edge: { from: orNull(from), to: orNull(to) },
      provider: orNull(provider),
      cause,
      count,
    })),
    further: Math.max(0, kinds.length - FOLDED_SHOWN),
  }
}

/** An incident of a rule that this release no longer has. */
const NO_REMEDY = { stopItNow: { text: '' }, fixIt: { text: '' }, verify: { text: '' } }

export function toWireReleaseNote({ gateway, from, to, text }: ReleaseNote): WireReleaseNote {
  return { gateway, from: from ?? null, to: to ?? null, text }
}

export function docsOf(rule: string): string {
  return `docs/rules/${rule}.md`
}

function toWireOccurrence(atMs: number, request: WireRequest): WireOccurrence {
  const { traceId, requestSpanId, outcome, route } = request
  return { traceId, requestSpanId, at: toIso(atMs), outcome, route }
}

/** Ingredients of a fingerprint are texts; an empty one is what was not known. */
function orNull(text: string): string | null {
  return text === '' ? null : text
}
