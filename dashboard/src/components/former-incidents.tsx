import type { ReactNode } from 'react'
import type { WireFormerIncident } from '../../../analyzer/api/wire.ts'
import { formatCount, formatPlural } from '../lib/format-share.ts'
import { HistoryLine } from './history-line.tsx'
import { LocalTime } from './time-text.tsx'

interface FormerIncidentsProps {
  readonly former: readonly WireFormerIncident[]
  /** So many were acted on before those, and are not here. */
  readonly more: number
}

/** What people did to incidents that are no more: who comes to look for it finds it here. */
export function FormerIncidents({ former, more }: FormerIncidentsProps): ReactNode {
  if (former.length === 0) return null
  return (
    <details className="panel former">
      <summary>
        {formatPlural(
          former.length,
          'incident that was acted on is no more',
          'incidents that were acted on are no more',
        )}
        {more > 0 && `, and ${formatCount(more)} that are not listed here`}
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
      {more > 0 && (
        <p>
          {formatCount(more)} more were acted on before these, and are not searched here:{' '}
          <code>{FIND_FORMER}</code> finds one by the start of its ID.
        </p>
      )}
    </details>
  )
}

const FIND_FORMER = 'secondwind incidents show ID'

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
