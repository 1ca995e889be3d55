import type { ReactNode } from 'react'
import type { WireIncident } from '../../../analyzer/api/wire.ts'
import { formatPlural } from '../lib/format-share.ts'

/** Who is hit, where the strip has no room for all of them. */
export function Callers({ incident }: { readonly incident: WireIncident }): ReactNode {
  const { callers } = incident
  if (callers.length < 2) return null
  return (
    <section className="panel" aria-labelledby="callers-title">
      <header className="panel-header">
        <h2 id="callers-title">Who is hit</h2>
        <span className="panel-note">the most frequent</span>
      </header>
      <dl className="ingredients">
        {callers.map((caller) => (
          <div key={caller.name}>
            <dt>{formatPlural(caller.count, 'request')}</dt>
            <dd>{caller.name}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
