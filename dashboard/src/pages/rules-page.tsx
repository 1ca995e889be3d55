import type { ReactNode } from 'react'
import type { WireRules, WireSeverity } from '../../../analyzer/api/wire.ts'
import { Link } from '../components/link.tsx'
import { SeverityMark } from '../components/marks.tsx'
import { PageHeader } from '../components/page-header.tsx'
import { Prose } from '../components/prose.tsx'
import { ResourceView } from '../components/resource-view.tsx'
import { SafeLink } from '../components/safe-link.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { formatPlural } from '../lib/format-share.ts'
import { ALL_REQUESTS } from '../lib/route.ts'
import { describeNeed, describeOpening } from '../lib/rule-words.ts'
import { useResource } from '../lib/use-resource.ts'

type WireRule = WireRules['rules'][number]

const SEVERITIES = ['high', 'medium', 'info'] as const satisfies readonly WireSeverity[]

const SEVERITY_MEANINGS: Readonly<Record<WireSeverity, string>> = {
  high: 'The client got an error, a lie or a corruption',
  medium: 'It will happen, or it cost',
  info: 'A figure: shown and counted, never an incident',
}

export function RulesPage(): ReactNode {
  const resource = useResource<WireRules>('rules')
  return (
    <>
      <PageHeader title="Rules" />
      <ResourceView resource={resource} skeleton={<Skeleton shape="row" count={8} />}>
        {({ rules }) => (
          <>
            <p className="list-summary">
              {formatPlural(rules.length, 'class', 'classes')} of incident, in order of priority
              within each severity: the first that fires owns the incident.
            </p>
            {SEVERITIES.map((severity) => (
              <RulesOf
                key={severity}
                severity={severity}
                rules={rules.filter((rule) => rule.severity === severity)}
              />
            ))}
          </>
        )}
      </ResourceView>
    </>
  )
}

interface RulesOfProps {
  readonly severity: WireSeverity
  readonly rules: readonly WireRule[]
}

function RulesOf({ severity, rules }: RulesOfProps): ReactNode {
  if (rules.length === 0) return null
  return (
    <section className="panel" aria-labelledby={`rules-${severity}`}>
      <header className="panel-header">
        <h2 id={`rules-${severity}`}>
          <SeverityMark severity={severity} />
        </h2>
        <span className="panel-note">{SEVERITY_MEANINGS[severity]}</span>
      </header>
      <ul className="rules">
        {rules.map((rule) => (
          <li key={rule.id} id={rule.id}>
            <Rule rule={rule} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Rule({ rule }: { readonly rule: WireRule }): ReactNode {
  return (
    <>
      <Link to={{ ...ALL_REQUESTS, rule: rule.id }} row className="row-link">
        {rule.title}
      </Link>
      <code className="rule-id">{rule.id}</code>
      <div className="rule-text">
        <Prose text={rule.description} />
      </div>
      <dl className="rule-facts">
        <dt>Opens</dt>
        <dd>{describeOpening(rule)}</dd>
        {rule.needs.length > 0 && (
          <>
            <dt>Needs</dt>
            <dd>{rule.needs.map(describeNeed).join(', ')}</dd>
          </>
        )}
      </dl>
      <p className="docs">
        <SafeLink href={rule.docs} label="What it means and what to do" />
      </p>
    </>
  )
}
