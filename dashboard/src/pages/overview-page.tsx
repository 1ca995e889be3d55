import type { ReactNode } from 'react'
import type { WireOverview } from '../../../analyzer/api/wire.ts'
import { ConnectGuide } from '../components/connect-guide.tsx'
import { HealthLine } from '../components/health-line.tsx'
import { HealthStrip } from '../components/health-strip.tsx'
import { IncidentTable } from '../components/incident-table.tsx'
import { KeyFigures } from '../components/key-figures.tsx'
import { Link } from '../components/link.tsx'
import { isNothingRecognised, NoIncidents, NothingRecognised } from '../components/no-incidents.tsx'
import { OutcomeChart } from '../components/outcome-chart.tsx'
import { PageHeader } from '../components/page-header.tsx'
import { ResourceView } from '../components/resource-view.tsx'
import { RuleCounts } from '../components/rule-counts.tsx'
import { Segmented } from '../components/segmented.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { formatCount } from '../lib/format-share.ts'
import { sortIncidents } from '../lib/incident-list.ts'
import { OPEN_INCIDENTS, TIME_WINDOWS, type Route } from '../lib/route.ts'
import { useResource } from '../lib/use-resource.ts'

/** More are one click away, on the page that can filter them. */
const ROWS_SHOWN = 8

type OverviewRoute = Extract<Route, { page: 'overview' }>

export function OverviewPage({ route }: { readonly route: OverviewRoute }): ReactNode {
  const { window } = route
  const resource = useResource<WireOverview>(`overview?window=${window}`, { keepLast: true })
  return (
    <>
      <PageHeader title="Overview">
        <Segmented
          label="Time window"
          options={TIME_WINDOWS.map((option) => ({
            word: option,
            to: { ...route, window: option },
            current: option === window,
          }))}
        />
      </PageHeader>
      <ResourceView resource={resource} skeleton={<OverviewSkeleton />}>
        {(overview) => <Overview overview={overview} route={route} />}
      </ResourceView>
    </>
  )
}

interface OverviewProps {
  readonly overview: WireOverview
  readonly route: OverviewRoute
}

function Overview({ overview, route }: OverviewProps): ReactNode {
  const { health } = overview
  if (health.lastSpanAt === null) {
    return (
      <>
        <HealthStrip health={health} />
        <ConnectGuide otlpHttpUrl={health.otlpHttpUrl} />
        <HealthLine health={health} />
      </>
    )
  }
  return (
    <>
      <HealthStrip health={health} />
      {isNothingRecognised(health) && <NothingRecognised health={health} />}
      <KeyFigures overview={overview} />
      <OutcomeChart overview={overview} />
      <div className="overview-columns">
        <OpenIncidents overview={overview} route={route} />
        <RuleCounts rows={overview.byRule} />
      </div>
      <HealthLine health={health} />
    </>
  )
}

function OpenIncidents({ overview, route }: OverviewProps): ReactNode {
  const sorted = sortIncidents(overview.openIncidents)
  return (
    <section className="panel" aria-labelledby="open-title">
      <header className="panel-header">
        <h2 id="open-title">Open incidents</h2>
        <Link to={OPEN_INCIDENTS}>All {formatCount(overview.openIncidents.length)}</Link>
      </header>
      {sorted.length === 0 ? (
        <NoIncidents health={overview.health} requests={overview.requests} />
      ) : (
        <IncidentTable
          incidents={sorted}
          route={route}
          window={route.window}
          caption="Open incidents"
          limit={ROWS_SHOWN}
          compact
        />
      )}
    </section>
  )
}

function OverviewSkeleton(): ReactNode {
  return (
    <>
      <Skeleton shape="figures" />
      <Skeleton shape="chart" />
      <Skeleton shape="panel" />
    </>
  )
}
