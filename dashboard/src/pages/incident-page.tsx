import type { ReactNode } from 'react'
import type { WireIncident } from '../../../analyzer/api/wire.ts'
import { Callers } from '../components/callers.tsx'
import { Edge } from '../components/edge.tsx'
import { Findings } from '../components/findings.tsx'
import { Fingerprint } from '../components/fingerprint.tsx'
import { Folded } from '../components/folded.tsx'
import { History } from '../components/history.tsx'
import { IncidentActs } from '../components/incident-acts.tsx'
import { IncidentState } from '../components/incident-state.tsx'
import { IncidentStrip } from '../components/incident-strip.tsx'
import { Link } from '../components/link.tsx'
import { ConfidenceMark, SeverityMark } from '../components/marks.tsx'
import { MarkersBefore } from '../components/markers-before.tsx'
import { Occurrences } from '../components/occurrences.tsx'
import { PageHeader } from '../components/page-header.tsx'
import { Remedy } from '../components/remedy.tsx'
import { ResourceView } from '../components/resource-view.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { TwoColumns } from '../components/two-columns.tsx'
import { encodePart, OPEN_INCIDENTS } from '../lib/route.ts'
import { findPrimary } from '../lib/root-cause.ts'
import { useResource } from '../lib/use-resource.ts'

export function IncidentPage({ id }: { readonly id: string }): ReactNode {
  const resource = useResource<WireIncident>(`incidents/${encodePart(id)}`)
  return (
    <>
      <PageHeader
        title={resource.data?.title ?? 'Incident'}
        above={
          <>
            <Link to={OPEN_INCIDENTS}>Incidents</Link>
            {resource.data !== undefined && (
              <>
                <SeverityMark severity={resource.data.severity} />
                <IncidentState incident={resource.data} />
                <code className="rule-id">{resource.data.rule}</code>
                <Edge incident={resource.data} />
              </>
            )}
          </>
        }
      >
        {resource.data !== undefined && <IncidentActs incident={resource.data} />}
      </PageHeader>
      <ResourceView resource={resource} skeleton={<IncidentSkeleton />}>
        {(incident) => <Incident incident={incident} />}
      </ResourceView>
    </>
  )
}

function Incident({ incident }: { readonly incident: WireIncident }): ReactNode {
  const request = incident.example
  // What only many requests show is no finding of any of them.
  const isOfMany = incident.counted === 'minutes'
  const primary = isOfMany ? undefined : findPrimary(request)
  return (
    <>
      <IncidentStrip incident={incident} />
      <p className="verdict">
        <ConfidenceMark confidence={primary?.confidence ?? incident.confidence} />
        <span>{primary?.summary ?? incident.summary}</span>
        <Link to={{ page: 'trace', id: request.traceId, span: request.requestSpanId }}>
          {isOfMany ? 'Open one of its traces' : 'Open the trace'}
        </Link>
      </p>
      <MarkersBefore incident={incident} />
      {isOfMany && (
        <p className="list-summary">
          Only many requests together show this. One of them, from the latest of its minutes:
        </p>
      )}
      <TwoColumns request={request} />
      <Remedy incident={incident} />
      <History incident={incident} />
      <section className="panel" aria-labelledby="findings-title">
        <header className="panel-header">
          <h2 id="findings-title">Findings and evidence</h2>
          <span className="panel-note">
            of {isOfMany ? 'the request above' : 'the newest request'}; each name leads to its span
          </span>
        </header>
        <Findings request={request} />
      </section>
      <Callers incident={incident} />
      <Occurrences incident={incident} />
      {incident.folded !== null && <Folded folded={incident.folded} />}
      <Fingerprint incident={incident} />
    </>
  )
}

function IncidentSkeleton(): ReactNode {
  return (
    <>
      <Skeleton shape="strip" />
      <Skeleton shape="verdict" />
      <Skeleton shape="columns" />
      <Skeleton shape="panel" />
    </>
  )
}
