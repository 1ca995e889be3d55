import type { ReactNode } from 'react'
import type { WireFormerIncident } from '../../../analyzer/api/wire.ts'
import { formatPlural } from '../lib/format-share.ts'
import { HistoryLine } from './history-line.tsx'
import { LocalTime } from './time-text.tsx'

interface FormerIncidentsProps {
  readonly former: readonly WireFormerIncident[]
}

/** What people did to incidents that are no more: who comes to look for it finds it here. */
export function FormerIncidents({ former }: FormerIncidentsProps): ReactNode {
  if (former.length === 0) return null
  return (
    <details className="panel former">
      <summary>
        {formatPlural(
          former.length,
          'incident that was acted on is no more',
          'incidents that were acted on are no more',
        )}
      </summary>
      <p>
        A late span withdrew them, or their requests had gone when verdicts were derived anew. What
        was done is kept, and counts again if they come again.
      </p>
      <ol>
        {former.map((incident) => (
          <li key={incident.id}>
            <FormerIncident incident={incident} />
          </li>
        ))}
      </ol>
    </details>
  )
}

function FormerIncident({ incident }: { readonly incident: WireFormerIncident }): ReactNode {
  const { id, acts, done } = incident
  return (
    <>
      <h2>
        <code>{id}</code>
        {acts > done.length && (
          <small>
            the last {done.length} of {formatPlural(acts, 'act')}
          </small>
        )}
      </h2>
      <ol className="history">
        {done.map((each, index) => (
          // What was done is never changed: the place is the identity.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            <LocalTime at={each.at} />
            <HistoryLine entry={{ ...each, why: null }} />
          </li>
        ))}
      </ol>
    </>
  )
}
