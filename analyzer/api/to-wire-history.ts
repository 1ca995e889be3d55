import type { ActKind } from '../incidents/act.ts'
import {
  REGRESSION_GRACE_MS,
  type HistoryEntry,
  type IncidentState,
} from '../incidents/lifecycle.ts'
import { toIso } from './to-iso.ts'
import type { WireDone, WireHistoryEntry } from './wire.ts'

const DONE: Readonly<Record<ActKind, WireDone['kind']>> = {
  acknowledge: 'acknowledged',
  resolve: 'resolved',
  reopen: 'reopened',
  mute: 'muted',
  note: 'noted',
}

export function doneAs(kind: ActKind): WireDone['kind'] {
  return DONE[kind]
}

/** What happened, who did it, and where nobody did, why. */
export function toWireHistoryEntry(entry: HistoryEntry): WireHistoryEntry {
  const at = toIso(entry.atMs)
  const base = { at, state: entry.state.name, by: null, note: null, until: null, why: null }
  switch (entry.kind) {
    case 'opened':
      return { ...base, kind: 'opened', why: 'its first request that is known' }
    case 'mute-ended':
      return { ...base, kind: 'mute-ended', why: 'the time of the mute was over' }
    case 'regressed':
      return { ...base, kind: 'regressed', why: whyRegressed(entry.resolved) }
    case 'act': {
      const { kind, by, note, untilMs } = entry.act
      return {
        ...base,
        kind: DONE[kind],
        by,
        note: note ?? null,
        until: untilMs === undefined ? null : toIso(untilMs),
      }
    }
  }
}

function whyRegressed({ sinceMs, by }: { readonly sinceMs: number; readonly by: string }): string {
  const minutes = REGRESSION_GRACE_MS / 60_000
  return `a request failed in the same way more than ${minutes} minutes after ${by} resolved it at ${toIso(sinceMs)}`
}

/** The person who brought a state about; nobody where it came about by itself. */
export function stateBy(state: IncidentState): string | null {
  return state.name === 'regressed' ? null : (state.by ?? null)
}
