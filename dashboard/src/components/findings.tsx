import type { ReactNode } from 'react'
import type { WireRequest } from '../../../analyzer/api/wire.ts'
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
          <ul className="evidence" aria-label="Evidence">
            {finding.evidence.map(({ spanId, key, value }) => (
              <li key={`${spanId} ${key} ${value}`}>
                <Link to={{ page: 'trace', id: request.traceId, span: spanId }}>
                  <span className="evidence-key">{key}</span>
                </Link>
                <span className="evidence-value">{value}</span>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  )
}
