import type { ReactNode } from 'react'
import type { WireTrace } from '../../../analyzer/api/wire.ts'
import { CopyButton } from '../components/copy-button.tsx'
import { Link } from '../components/link.tsx'
import { PageHeader } from '../components/page-header.tsx'
import { ResourceView } from '../components/resource-view.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { TraceView } from '../components/trace-view.tsx'
import { ALL_REQUESTS, encodePart } from '../lib/route.ts'
import { useResource } from '../lib/use-resource.ts'

interface TracePageProps {
  readonly id: string
  readonly span: string
}

export function TracePage({ id, span }: TracePageProps): ReactNode {
  const resource = useResource<WireTrace>(`traces/${encodePart(id)}`)
  return (
    <>
      <PageHeader
        title="Trace"
        tab={`Trace ${id.slice(0, 8)}`}
        above={<Link to={ALL_REQUESTS}>Requests</Link>}
      >
        <p className="trace-title">
          <code>{id}</code>
          <CopyButton text={id} label="the trace id" />
        </p>
      </PageHeader>
      <ResourceView resource={resource} skeleton={<TraceSkeleton />}>
        {(trace) => <TraceView trace={trace} span={span} />}
      </ResourceView>
    </>
  )
}

function TraceSkeleton(): ReactNode {
  return (
    <>
      <Skeleton shape="strip" />
      <Skeleton shape="waterfall" />
    </>
  )
}
