import type { WireHistoryEntry, WireMarker } from '../../../analyzer/api/wire.ts'

/** What happened to an incident, and what changed before it, on one line of time. */
export type TimelineEntry =
  | { readonly kind: 'history'; readonly at: string; readonly entry: WireHistoryEntry }
  | { readonly kind: 'marker'; readonly at: string; readonly marker: WireMarker }

/** Oldest first; a change comes before what may come from it. */
export function toTimeline(
  history: readonly WireHistoryEntry[],
  markers: readonly WireMarker[],
): readonly TimelineEntry[] {
  const entries: readonly TimelineEntry[] = [
    ...markers.map((marker) => ({ kind: 'marker' as const, at: marker.at, marker })),
    ...history.map((entry) => ({ kind: 'history' as const, at: entry.at, entry })),
  ]
  return entries.toSorted((left, right) => Date.parse(left.at) - Date.parse(right.at))
}

export const HISTORY_WORDS: Readonly<Record<WireHistoryEntry['kind'], string>> = {
  opened: 'Opened',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  reopened: 'Reopened',
  muted: 'Muted',
  noted: 'Note',
  regressed: 'Regressed',
  'mute-ended': 'Mute over',
}

/** Most SDKs name a process so: its beginning tells it from the others of a fleet. */
const UUID = /^([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu

/** `release 1.97.0 → 1.109.1` */
export function describeMarker({ kind, from, to }: WireMarker): string {
  switch (kind) {
    case 'release':
      return `release ${from === null ? to : `${from} → ${to}`}`
    case 'instance':
      return `new instance ${to.replace(UUID, '$1…')}`
    case 'router-config':
      return `router config changed${from === null ? '' : `: ${from} → ${to}`}`
  }
}
