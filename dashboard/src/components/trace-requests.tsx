import type { ReactNode } from 'react'
import type { WireRequest } from '../../../analyzer/api/wire.ts'
import { describeCaller } from '../lib/caller.ts'
import { describeClientSaw } from '../lib/client-saw.ts'
import { findPrimary } from '../lib/root-cause.ts'
import { ChainLine } from './chain-line.tsx'
import { Findings } from './findings.tsx'
import { ConfidenceMark, OutcomeMark, SeverityMark } from './marks.tsx'
import { requestKey } from './request-table.tsx'
import { LocalTime } from './time-text.tsx'

interface TraceRequestsProps {
  readonly requests: readonly WireRequest[]
}

/** The verdicts on the requests in a trace; usually it is one, in an application's trace many. */
export function TraceRequests({ requests }: TraceRequestsProps): ReactNode {
  if (requests.length === 0) {
    return (
      <p className="list-summary">
        No request in this trace has settled yet, or none of its spans tells of one.
      </p>
    )
  }
  return (
    <ul className="panel trace-requests" aria-label="Requests in this trace">
      {requests.map((request) => (
        <li key={requestKey(request)}>
          <TraceRequest request={request} />
        </li>
      ))}
    </ul>
  )
}

function TraceRequest({ request }: { readonly request: WireRequest }): ReactNode {
  const primary = findPrimary(request)
  const caller = describeCaller(request.caller)
  return (
    <>
      <div className="trace-request">
        <OutcomeMark outcome={request.outcome} />
        <b>{request.route ?? 'unknown route'}</b>
        <ChainLine request={request} />
        <span className="saw">client: {describeClientSaw(request.clientSaw)}</span>
        <small>
          {caller !== undefined && `${caller} · `}
          <LocalTime at={request.startTime} />
        </small>
      </div>
      {primary !== undefined && (
        <details className="trace-findings">
          <summary>
            <SeverityMark severity={primary.severity} />
            <b>{primary.title}</b>
            <ConfidenceMark confidence={primary.confidence} />
            <span className="summary-text">{primary.summary}</span>
          </summary>
          <Findings request={request} />
        </details>
      )}
    </>
  )
}
