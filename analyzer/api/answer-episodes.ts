import { toEpisodes, type Episode } from '../incidents/episodes.ts'
import { isStillHappening } from '../incidents/sight.ts'
import { markersBefore, toMarkers, type Marker } from '../incidents/markers.ts'
import type { IncidentContext } from './incident-context.ts'
import { SEVERITY_ORDER } from './severity-order.ts'
import { toIso } from './to-iso.ts'
import type { WireEpisode, WireEpisodeList, WireMarker, WireSeverity } from './wire.ts'

/** An outage that began earlier than this before the window is told from then on. */
const LOOK_BACK_MS = 24 * 3_600_000

const EPISODES_MAX = 200
const MARKERS_MAX = 50
const MINUTE_MS = 60_000

export function listEpisodes(windowMs: number, context: IncidentContext): WireEpisodeList {
  const severities = new Map(
    context.verdicts
      .incidents()
      .map(({ fingerprint, severity }) => [fingerprint.id, severity] as const),
  )
  const markers = readMarkers(context)
  return {
    schemaVersion: 1,
    now: toIso(context.nowMs),
    windowMs,
    episodes: episodesIn(windowMs, context)
      .slice(0, EPISODES_MAX)
      .map((episode) => toWireEpisode(episode, { context, severities, markers })),
  }
}

/** Of each incident the id of the latest outage that it is part of. */
export function latestEpisodes(
  windowMs: number,
  context: IncidentContext,
): ReadonlyMap<string, string> {
  const latest = new Map<string, string>()
  for (const { id, incidents } of episodesIn(windowMs, context)) {
    for (const incident of incidents) if (!latest.has(incident)) latest.set(incident, id)
  }
  return latest
}

/** What changed within the window, the latest first. */
export function recentMarkers(windowMs: number, context: IncidentContext): readonly WireMarker[] {
  return readMarkers(context)
    .filter(({ atMs }) => atMs >= context.nowMs - windowMs)
    .slice(0, MARKERS_MAX)
    .map(toWireMarker)
}

/** What changed at this source shortly before something began there. */
export function markersOf(
  began: { readonly source: string; readonly atMs: number },
  context: IncidentContext,
): readonly WireMarker[] {
  return toWireMarkers(readMarkers(context), began)
}

function readMarkers({ verdicts, acts }: IncidentContext): readonly Marker[] {
  return toMarkers(verdicts.gatewayRuns(), acts.configReadings())
}

function episodesIn(windowMs: number, { verdicts, nowMs }: IncidentContext): readonly Episode[] {
  const fromMs = nowMs - windowMs
  const range = { fromMs: fromMs - LOOK_BACK_MS, toMs: nowMs + MINUTE_MS }
  return toEpisodes(verdicts.incidentTimes(range)).filter(
    ({ toMinute }) => (toMinute + 1) * MINUTE_MS > fromMs,
  )
}

interface Told {
  readonly context: IncidentContext
  readonly severities: ReadonlyMap<string, WireSeverity>
  readonly markers: readonly Marker[]
}

function toWireEpisode(episode: Episode, { context, severities, markers }: Told): WireEpisode {
  const { id, source, providers, targets, reasons, fromMinute, toMinute, count } = episode
  const severityOf = (incident: string): WireSeverity => severities.get(incident) ?? 'info'
  const incidents = episode.incidents.toSorted(
    (left, right) => SEVERITY_ORDER[severityOf(left)] - SEVERITY_ORDER[severityOf(right)],
  )
  // Only the minute is known: its last request may have been at its end.
  const endMs = (toMinute + 1) * MINUTE_MS
  return {
    id,
    source,
    providers,
    deployments: targets,
    rootCauses: reasons,
    severity: severityOf(incidents[0] ?? ''),
    start: toIso(fromMinute * MINUTE_MS),
    end: toIso(endMs),
    stillHappening: isStillHappening({ lastSeenMs: endMs - 1 }, context.nowMs),
    count,
    incidents,
    markers: toWireMarkers(markers, { source, atMs: fromMinute * MINUTE_MS }),
  }
}

function toWireMarkers(
  markers: readonly Marker[],
  began: { readonly source: string; readonly atMs: number },
): readonly WireMarker[] {
  return markersBefore(markers, began).slice(0, MARKERS_MAX).map(toWireMarker)
}

function toWireMarker({ source, kind, atMs, to, from }: Marker): WireMarker {
  return { source, kind, at: toIso(atMs), to, from: from ?? null }
}
