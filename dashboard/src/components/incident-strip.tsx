import type { ReactNode } from 'react'
import type { WireIncident } from '../../../analyzer/api/wire.ts'
import { describeClientSaw } from '../lib/client-saw.ts'
import { formatCount, formatPlural } from '../lib/format-share.ts'
import { HappeningMark } from './marks.tsx'
import { Sparkline } from './sparkline.tsx'
import { Ago, LocalTime } from './time-text.tsx'

/** How many callers are named before the rest is a number. */
const CALLERS_SHOWN = 2

/** The first thirty seconds: is it still going on, how big, since when, who, what, why. */
export function IncidentStrip({ incident }: { readonly incident: WireIncident }): ReactNode {
  return (
    <dl className="strip">
      <Cell term="Now">
        <HappeningMark incident={incident} />
        <small>
          last <Ago at={incident.lastSeen} />
        </small>
      </Cell>
      <Cell term={incident.counted === 'minutes' ? 'Minutes' : 'Requests'}>
        <b>{formatCount(incident.count)}</b>
        <Sparkline counts={incident.sparkline} />
      </Cell>
      <Cell term="Since">
        <LocalTime at={incident.firstSeen} />
        <small>
          <Ago at={incident.firstSeen} />
        </small>
      </Cell>
      <Cell term="Who is hit">
        <span>{describeCallers(incident.callers)}</span>
      </Cell>
      <Cell term="Client sees" wide>
        <span>{describeClientSaw(incident.example.clientSaw)}</span>
      </Cell>
      <Cell term="Cause" wide>
        <span className="clamp" title={incident.cause}>
          {incident.cause}
        </span>
      </Cell>
    </dl>
  )
}

interface CellProps {
  readonly term: string
  readonly wide?: boolean
  readonly children: ReactNode
}

function Cell({ term, wide = false, children }: CellProps): ReactNode {
  return (
    <div className={wide ? 'strip-wide' : undefined}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function describeCallers(callers: WireIncident['callers']): string {
  if (callers.length === 0) return 'callers not named in the spans'
  const named = callers
    .slice(0, CALLERS_SHOWN)
    .map(({ name, count }) => `${name} (${formatCount(count)})`)
  const more = callers.length - named.length
  return named.join(', ') + (more > 0 ? ` and ${formatPlural(more, 'other')}` : '')
}
