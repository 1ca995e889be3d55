import type { ReactNode } from 'react'
import type { WireRequest } from '../../../analyzer/api/wire.ts'
import { describeCaller } from '../lib/caller.ts'
import { formatDurationMs } from '../lib/format-duration.ts'
import { formatPlural } from '../lib/format-share.ts'
import type { HeldList } from '../lib/use-steady-list.ts'
import { ChainLine } from './chain-line.tsx'
import { Glyph } from './glyph.tsx'
import { Link } from './link.tsx'
import { OutcomeMark, SEVERITY_GLYPHS } from './marks.tsx'
import { Ago } from './time-text.tsx'

export function RequestTable({ list }: { readonly list: HeldList<WireRequest> }): ReactNode {
  return (
    <div className="list" {...list.holdProps}>
      <table className="requests">
        <caption className="visually-hidden">Requests, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Route and attempts</th>
            <th scope="col">Findings</th>
            <th scope="col" className="number wide-only">
              Duration
            </th>
            <th scope="col" className="last-seen">
              When
            </th>
          </tr>
        </thead>
        <tbody>
          {list.items.map((request) => (
            <RequestRow key={requestKey(request)} request={request} />
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
  )
}

export function requestKey(request: WireRequest): string {
  return `${request.traceId} ${request.requestSpanId}`
}

function RequestRow({ request }: { readonly request: WireRequest }): ReactNode {
  const { traceId, requestSpanId, route, api, stream } = request
  const caller = describeCaller(request.caller)
  return (
    <tr>
      <td className="outcome">
        <OutcomeMark outcome={request.outcome} />
      </td>
      <td className="what">
        <Link row className="row-link" to={{ page: 'trace', id: traceId, span: requestSpanId }}>
          {route ?? 'unknown route'}
        </Link>
        <span className="request-api">
          {api}
          {stream === true && ', stream'}
          {caller !== undefined && ` · ${caller}`}
        </span>
        <ChainLine request={request} />
      </td>
      <td className="found">
        <ul>
          {request.findings.map((finding) => (
            <li key={finding.rule} data-tone={finding.severity}>
              <Glyph name={SEVERITY_GLYPHS[finding.severity]} />
              {finding.title}
            </li>
          ))}
        </ul>
      </td>
      <td className="number wide-only">{formatDurationMs(request.durationMs)}</td>
      <td className="last-seen">
        <Ago at={request.startTime} />
      </td>
    </tr>
  )
}
