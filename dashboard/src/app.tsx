import type { ReactNode } from 'react'
import { Frame } from './components/frame.tsx'
import { useAddress } from './lib/location.ts'
import { parseRoute, type Route } from './lib/route.ts'
import { IncidentPage } from './pages/incident-page.tsx'
import { IncidentsPage } from './pages/incidents-page.tsx'
import { NotFoundPage } from './pages/not-found-page.tsx'
import { OverviewPage } from './pages/overview-page.tsx'
import { RequestsPage } from './pages/requests-page.tsx'
import { RulesPage } from './pages/rules-page.tsx'
import { TracePage } from './pages/trace-page.tsx'
import { TracesPage } from './pages/traces-page.tsx'

export function App(): ReactNode {
  const [pathname = '/', search = ''] = splitAddress(useAddress())
  const route = parseRoute(pathname, search)
  return (
    <Frame route={route}>
      <View route={route} />
    </Frame>
  )
}

function View({ route }: { readonly route: Route }): ReactNode {
  switch (route.page) {
    case 'overview':
      return <OverviewPage route={route} />
    case 'incidents':
      return <IncidentsPage route={route} />
    case 'incident':
      return <IncidentPage key={route.id} id={route.id} />
    case 'requests':
      return <RequestsPage route={route} />
    case 'traces':
      return <TracesPage />
    case 'trace':
      return <TracePage key={route.id} id={route.id} span={route.span} />
    case 'rules':
      return <RulesPage />
    case 'not-found':
      return <NotFoundPage path={route.path} />
  }
}

function splitAddress(address: string): readonly string[] {
  const at = address.indexOf('?')
  return at === -1 ? [address] : [address.slice(0, at), address.slice(at)]
}
