import type { ReactNode } from 'react'
import type { WireIncidentRow } from '../../../analyzer/api/wire.ts'
import { StateMark } from './marks.tsx'
import { LocalTime } from './time-text.tsx'

/** The state, who brought it about, and how long it lasts. */
export function IncidentState({ incident }: { readonly incident: WireIncidentRow }): ReactNode {
  const { state, stateBy, mutedUntil } = incident
  return (
    <span className="state">
      <StateMark state={state} />
      {stateBy !== null && <span> by {stateBy}</span>}
      {state === 'muted' && (
        <span> until {mutedUntil === null ? 'it is reopened' : <LocalTime at={mutedUntil} />}</span>
      )}
    </span>
  )
}
