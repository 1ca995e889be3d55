import type { ReactNode } from 'react'
import type { WireOverview } from '../../../analyzer/api/wire.ts'
import { formatCount } from '../lib/format-share.ts'
import { ALL_REQUESTS } from '../lib/route.ts'
import { Link } from './link.tsx'
import { SeverityMark } from './marks.tsx'

interface RuleCountsProps {
  readonly rows: WireOverview['byRule']
}

/** What was found in the window, by class; each row leads to its requests. */
export function RuleCounts({ rows }: RuleCountsProps): ReactNode {
  return (
    <section className="panel" aria-labelledby="by-class-title">
      <header className="panel-header">
        <h2 id="by-class-title">By class</h2>
      </header>
      {rows.length === 0 ? (
        <p className="panel-empty">Nothing was found in this window.</p>
      ) : (
        <table className="by-class">
          <caption className="visually-hidden">Findings in the window by class</caption>
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col" className="number">
                Count
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.rule}>
                <td className="what">
                  <Link to={{ ...ALL_REQUESTS, rule: row.rule }} className="row-link">
                    {row.title}
                  </Link>
                  <p className="class-facts">
                    <SeverityMark severity={row.severity} />
                    <code className="rule-id">{row.rule}</code>
                  </p>
                </td>
                <td className="number count">{formatCount(row.count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
