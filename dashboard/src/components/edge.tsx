import type { ReactNode } from 'react'
import type { WireIncidentRow } from '../../../analyzer/api/wire.ts'

/** Where it was to go and where it was to go next. */
export function Edge({ incident }: { readonly incident: WireIncidentRow }): ReactNode {
  const { from, to } = incident.edge
  return (
    <p className="edge">
      <span className="edge-from">{from ?? incident.route ?? 'unknown route'}</span>
      {to !== null && (
        <>
          <span className="edge-arrow" aria-hidden="true">
            →
          </span>
          <span className="visually-hidden">falls back to</span>
          <span className="edge-to">{to}</span>
        </>
      )}
      <span className="edge-source">{incident.source}</span>
    </p>
  )
}
