import type { ReactNode } from 'react'
import type { WireFinding, WireRequest } from '../../../analyzer/api/wire.ts'
import { formatPlural } from '../lib/format-share.ts'
import { groupEvidence, type EvidenceGroup } from '../lib/group-evidence.ts'
import { Link } from './link.tsx'
import { ConfidenceMark, SeverityMark } from './marks.tsx'

/** Each verdict with the spans and values that decided it: nothing is to be taken on trust. */
export function Findings({ request }: { readonly request: WireRequest }): ReactNode {
  if (request.findings.length === 0) {
    return <p className="panel-empty">No rule fired on this request.</p>
  }
  return (
    <ul className="findings">
      {request.findings.map((finding) => (
        <li key={finding.rule}>
          <p className="finding-head">
            <SeverityMark severity={finding.severity} />
            <b>{finding.title}</b>
            <code className="rule-id">{finding.rule}</code>
            <ConfidenceMark confidence={finding.confidence} />
            {finding.primary && <span className="chip">Primary</span>}
          </p>
          <p>{finding.summary}</p>
          <Evidence request={request} finding={finding} />
        </li>
      ))}
    </ul>
  )
}

interface EvidenceProps {
  readonly request: WireRequest
  readonly finding: WireFinding
}

/** Open where it carries the incident; what is attached is a click away. */
function Evidence({ request, finding }: EvidenceProps): ReactNode {
  const groups = groupEvidence(request, finding.evidence)
  if (groups.length === 0) return null
  const values = groups.reduce((sum, group) => sum + group.facts.length, 0)
  return (
    <details className="evidence" open={finding.primary}>
      <summary>
        Evidence: {formatPlural(values, 'value')} of {formatPlural(groups.length, 'span')}
      </summary>
      {groups.map((group) => (
        <EvidenceOfSpan key={group.spanId} group={group} traceId={request.traceId} />
      ))}
    </details>
  )
}

interface EvidenceOfSpanProps {
  readonly group: EvidenceGroup
  readonly traceId: string
}

function EvidenceOfSpan({ group, traceId }: EvidenceOfSpanProps): ReactNode {
  return (
    <section aria-label={group.label}>
      {group.spanId === '' ? (
        <span>{group.label}</span>
      ) : (
        <Link to={{ page: 'trace', id: traceId, span: group.spanId }}>{group.label}</Link>
      )}
      <dl>
        {group.facts.map(({ key, value }) => (
          <div key={`${key} ${value}`}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
