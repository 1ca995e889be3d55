import type { ReactNode } from 'react'
import type { WireFolded } from '../../../analyzer/api/wire.ts'
import { formatCount, formatPlural } from '../lib/format-share.ts'

/** What would be incidents of their own, had there been places left. */
export function Folded({ folded }: { readonly folded: WireFolded }): ReactNode {
  return (
    <section className="panel" aria-labelledby="folded-title">
      <header className="panel-header">
        <h2 id="folded-title">Folded into this incident</h2>
        <span className="panel-note">
          its source has more kinds of failures than are kept apart · of the newest{' '}
          {formatPlural(folded.requests, 'request')}
        </span>
      </header>
      <div className="table-scroll">
        <table>
          <caption className="visually-hidden">Kinds of failures, the most frequent first</caption>
          <thead>
            <tr>
              <th scope="col">Route</th>
              <th scope="col">Provider</th>
              <th scope="col">Cause</th>
              <th scope="col" className="number">
                Count
              </th>
            </tr>
          </thead>
          <tbody>
            {folded.most.map(({ edge, provider, cause, count }) => (
              <tr key={JSON.stringify([edge, provider, cause])}>
                <td>
                  {edge.from ?? 'unknown'}
                  {edge.to !== null && ` → ${edge.to}`}
                </td>
                <td>{provider ?? 'unknown'}</td>
                <td>{cause}</td>
                <td className="number">{formatCount(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {folded.further > 0 && (
        <p className="panel-empty">and {formatPlural(folded.further, 'further kind')}</p>
      )}
    </section>
  )
}
