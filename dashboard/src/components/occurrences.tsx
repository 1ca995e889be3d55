import type { ReactNode } from 'react'
import type { WireIncident, WireOccurrence } from '../../../analyzer/api/wire.ts'
import { formatCount, formatPlural } from '../lib/format-share.ts'
import { ALL_REQUESTS } from '../lib/route.ts'
import { useSteadyList } from '../lib/use-steady-list.ts'
import { Link } from './link.tsx'
import { OutcomeMark } from './marks.tsx'
import { Ago, LocalTime } from './time-text.tsx'

/** The requests behind the count, newest first; each leads to its trace. */
export function Occurrences({ incident }: { readonly incident: WireIncident }): ReactNode {
  const list = useSteadyList(incident.occurrences, keyOf, incident.id)
  return (
    <section className="panel" aria-labelledby="occurrences-title">
      <header className="panel-header">
        <h2 id="occurrences-title">Occurrences</h2>
        <span className="panel-note">
          {formatCount(incident.occurrences.length)} of{' '}
          {formatPlural(incident.count, incident.counted === 'minutes' ? 'minute' : 'request')}{' '}
          shown · <kbd>j</kbd> <kbd>k</kbd> <kbd>Enter</kbd> ·{' '}
          <Link to={{ ...ALL_REQUESTS, rule: incident.rule }}>all of this class</Link>
        </span>
      </header>
      <div className="list" {...list.holdProps}>
        <table className="occurrences">
          <caption className="visually-hidden">Requests of this incident</caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Trace</th>
              <th scope="col">Route</th>
              <th scope="col">Outcome</th>
            </tr>
          </thead>
          <tbody>
            {list.items.map((occurrence) => (
              <tr key={keyOf(occurrence)}>
                <td className="when">
                  <LocalTime at={occurrence.at} />{' '}
                  <small>
                    <Ago at={occurrence.at} />
                  </small>
                </td>
                <td>
                  <Link
                    row
                    className="row-link trace-id"
                    to={{ page: 'trace', id: occurrence.traceId, span: occurrence.requestSpanId }}
                  >
                    {occurrence.traceId}
                  </Link>
                </td>
                <td>{occurrence.route ?? 'unknown'}</td>
                <td>
                  <OutcomeMark outcome={occurrence.outcome} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <output className="waiting">
          {list.waiting > 0 && (
            <button type="button" className="button" onClick={list.letIn}>
              {formatPlural(list.waiting, 'new request')}: show
            </button>
          )}
        </output>
      </div>
    </section>
  )
}

function keyOf(occurrence: WireOccurrence): string {
  return `${occurrence.traceId} ${occurrence.requestSpanId}`
}
