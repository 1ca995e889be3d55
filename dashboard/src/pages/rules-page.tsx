import type { ReactNode } from 'react'
import type { WireRules } from '../../../analyzer/api/wire.ts'
import { Link } from '../components/link.tsx'
import { SeverityMark } from '../components/marks.tsx'
import { PageHeader } from '../components/page-header.tsx'
import { ResourceView } from '../components/resource-view.tsx'
import { SafeLink } from '../components/safe-link.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { ALL_REQUESTS } from '../lib/route.ts'
import { useResource } from '../lib/use-resource.ts'

export function RulesPage(): ReactNode {
  const resource = useResource<WireRules>('rules')
  return (
    <>
      <PageHeader title="Rules" />
      <p className="list-summary">
        Every class of incident, in order of priority: the first that fires owns the incident.
      </p>
      <ResourceView resource={resource} skeleton={<Skeleton shape="row" count={8} />}>
        {({ rules }) => (
          <div className="panel">
            <table className="rules">
              <caption className="visually-hidden">Rules in order of priority</caption>
              <thead>
                <tr>
                  <th scope="col">Severity</th>
                  <th scope="col">Class</th>
                </tr>
              </thead>
              <tbody>
                {rules.map((rule) => (
                  <tr key={rule.id}>
                    <td>
                      <SeverityMark severity={rule.severity} />
                    </td>
                    <td className="what">
                      <Link to={{ ...ALL_REQUESTS, rule: rule.id }} row className="row-link">
                        {rule.title}
                      </Link>
                      <code className="rule-id">{rule.id}</code>
                      <p className="rule-text">{rule.description}</p>
                      <p className="docs">
                        <SafeLink href={rule.docs} label="What it means and what to do" />
                      </p>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </ResourceView>
    </>
  )
}
