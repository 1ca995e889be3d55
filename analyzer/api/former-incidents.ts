import type { Act } from '../incidents/act.ts'
import type { IncidentContext } from './incident-context.ts'
import type { IncidentFilter } from './query.ts'
import { toIso } from './to-iso.ts'
import { doneAs } from './to-wire-history.ts'
import type { WireDone, WireFormerIncident, WireIncidentList } from './wire.ts'

/** Incidents of one answer, and acts of each: notes are long, and nobody asks for all of them. */
const FORMER_SHOWN = 50
const DONE_SHOWN = 5

/**
 * What people did to incidents that are no more: a late span withdrew them, or verdicts were made
 * anew when their spans had gone for their age. It is kept, so it is said.
 */
export function formerIncidents(
  filter: IncidentFilter,
  { verdicts, acts, deriving }: IncidentContext,
): Pick<WireIncidentList, 'former' | 'formerMore'> {
  const { idPrefix = '', severities, rule, source } = filter
  // Nothing but its id and its acts is known of one; it is in no state.
  if ([severities, rule, source].some((asked) => asked !== undefined)) return NONE
  // While verdicts are made anew, every incident is still to come.
  if (deriving) return NONE
  const ids = acts
    .incidents()
    .filter((id) => id.startsWith(idPrefix) && verdicts.incident(id) === undefined)
  const former = ids.slice(0, FORMER_SHOWN).map((id): WireFormerIncident => {
    const all = acts.actsOf(id)
    return { id, acts: all.length, done: all.slice(-DONE_SHOWN).map(toWireDone) }
  })
  return { former, formerMore: ids.length - former.length }
}

const NONE = { former: [], formerMore: 0 }

function toWireDone({ kind, atMs, by, note, untilMs }: Act): WireDone {
  return {
    at: toIso(atMs),
    kind: doneAs(kind),
    by,
    note: note ?? null,
    until: untilMs === undefined ? null : toIso(untilMs),
  }
}
