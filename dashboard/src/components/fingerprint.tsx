import type { ReactNode } from 'react'
import type { WireIncident } from '../../../analyzer/api/wire.ts'

/** Why these requests are one incident and others are not. */
export function Fingerprint({ incident }: { readonly incident: WireIncident }): ReactNode {
  const { version, ingredients } = incident.fingerprint
  return (
    <section className="panel" aria-labelledby="fingerprint-title">
      <header className="panel-header">
        <h2 id="fingerprint-title">Why one incident</h2>
        <span className="panel-note">fingerprint version {version}</span>
      </header>
      <p className="fingerprint-why">
        Requests that agree in all of these are one incident. Ids, numbers and addresses are left
        out of the cause.
      </p>
      <dl className="ingredients">
        {Object.entries(ingredients).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value === '' ? 'none' : value}</dd>
          </div>
        ))}
        <div>
          <dt>id</dt>
          <dd>{incident.id}</dd>
        </div>
      </dl>
    </section>
  )
}
