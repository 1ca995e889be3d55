import type { Incident } from '../incidents/incident.ts'
import { isStillHappening } from '../incidents/lifecycle.ts'
import { fillRemedy } from '../rules/fill-remedy.ts'
import { ruleById } from '../rules/index.ts'
import type { ReleaseNote } from '../rules/rule.ts'
import type { CallerCount } from '../store/verdict-store.ts'
import type {
  WireIncident,
  WireIncidentRow,
  WireOccurrence,
  WireReleaseNote,
  WireRequest,
} from './wire.ts'

/** A row of a list. */
export function toWireIncidentRow(
  incident: Incident,
  { nowMs, sparkline }: { readonly nowMs: number; readonly sparkline: readonly number[] },
): WireIncidentRow {
  const { ingredients, id } = incident.fingerprint
  const from = orNull(ingredients.from)
  return {
    id,
    rule: incident.rule,
    title: incident.title,
    severity: incident.severity,
    confidence: incident.confidence,
    state: incident.state.name,
    source: ingredients.source,
    route: from,
    edge: { from, to: orNull(ingredients.to) },
    provider: orNull(ingredients.provider),
    cause: ingredients.cause,
    summary: incident.summary,
    count: incident.count,
    firstSeen: toIso(incident.firstSeenMs),
    lastSeen: toIso(incident.lastSeenMs),
    stillHappening: isStillHappening(incident, nowMs),
    sparkline,
    episode: null,
  }
}

export interface IncidentDetail {
  readonly row: WireIncidentRow
  readonly nowMs: number
  /** Newest first, at least one. */
  readonly requests: readonly (readonly [atMs: number, request: WireRequest])[]
  readonly example: WireRequest
  readonly callers: readonly CallerCount[]
}

export function toWireIncident(incident: Incident, detail: IncidentDetail): WireIncident {
  const { row, nowMs, requests, example, callers } = detail
  const { version, ingredients } = incident.fingerprint
  const rule = ruleById(incident.rule)
  const names = { route: row.edge.from, fallback: row.edge.to }
  return {
    ...row,
    schemaVersion: 1,
    now: toIso(nowMs),
    fingerprint: { version, ingredients: { ...ingredients } },
    remedy: fillRemedy(rule?.remedy ?? NO_REMEDY, names),
    releases: (rule?.releases ?? []).map(toWireReleaseNote),
    docs: docsOf(incident.rule),
    example,
    occurrences: requests.map(([atMs, request]) => toWireOccurrence(atMs, request)),
    callers: callers.map(({ name, count }) => ({ name, count })),
    markers: [],
  }
}

/** An incident of a rule that this release no longer has. */
const NO_REMEDY = { stopItNow: { text: '' }, fixIt: { text: '' }, verify: { text: '' } }

function toWireReleaseNote({ gateway, from, to, text }: ReleaseNote): WireReleaseNote {
  return { gateway, from: from ?? null, to: to ?? null, text }
}

export function docsOf(rule: string): string {
  return `docs/rules/${rule}.md`
}

export function toIso(ms: number): string {
  return new Date(ms).toISOString()
}

function toWireOccurrence(atMs: number, request: WireRequest): WireOccurrence {
  const { traceId, requestSpanId, outcome, route } = request
  return { traceId, requestSpanId, at: toIso(atMs), outcome, route }
}

/** Ingredients of a fingerprint are texts; an empty one is what was not known. */
function orNull(text: string): string | null {
  return text === '' ? null : text
}
