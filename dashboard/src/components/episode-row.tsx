import { useEffect, useRef, type ReactNode } from 'react'
import type { WireEpisode, WireIncidentRow } from '../../../analyzer/api/wire.ts'
import { formatCount, formatPlural } from '../lib/format-share.ts'
import { describeMarker } from '../lib/history.ts'
import { describeEpisode, sumEpisode } from '../lib/incident-list.ts'
import { lastNavigation } from '../lib/location.ts'
import { Glyph } from './glyph.tsx'
import { IncidentRow } from './incident-row.tsx'
import { HappeningMark, SeverityMark } from './marks.tsx'
import { Sparkline } from './sparkline.tsx'
import { Ago, Since } from './time-text.tsx'

interface EpisodeRowProps {
  /** Two or more. */
  readonly incidents: readonly WireIncidentRow[]
  /** What more is known of it, once it is. */
  readonly episode: WireEpisode | undefined
  readonly open: boolean
  readonly onToggle: () => void
}

/** One outage, one row; its incidents are under it. */
export function EpisodeRow({ incidents, episode, open, onToggle }: EpisodeRowProps): ReactNode {
  const [worst] = incidents
  const sum = sumEpisode(incidents)
  const row = useRef<HTMLTableRowElement>(null)
  const isLinked = open && lastNavigation() === 'load'
  useEffect(() => {
    // Who was sent here by a link looks for this one among many.
    if (isLinked) row.current?.scrollIntoView({ block: 'nearest' })
  }, [isLinked])
  return (
    <>
      <tr className="episode" ref={row}>
        <td className="severity">
          {worst !== undefined && <SeverityMark severity={worst.severity} />}
        </td>
        <td className="what">
          <button
            type="button"
            className="row-link"
            data-row=""
            aria-expanded={open}
            onClick={onToggle}
          >
            <Glyph name="chevron" />
            One outage, {formatPlural(incidents.length, 'incident')}
          </button>
          <p className="cause">{[...new Set(incidents.map(({ title }) => title))].join(' · ')}</p>
          <p className="cause clamp episode-facts">
            {describeEpisode(incidents, episode)}
            {episode?.markers[0] !== undefined && (
              <>
                {' · after '}
                {describeMarker(episode.markers[0])}, <Ago at={episode.markers[0].at} />
              </>
            )}
          </p>
        </td>
        <td className="wide-only trend">
          <Sparkline counts={sum.sparkline} />
        </td>
        <td className="number count">{formatCount(sum.count)}</td>
        <td className="wide-only first-seen">
          <Ago at={episode?.start ?? sum.firstSeen} />
        </td>
        <td className="last-seen">
          <Ago at={sum.lastSeen} />
          <HappeningMark incident={sum} />
          <Since at={episode?.start ?? sum.firstSeen} />
        </td>
      </tr>
      {open &&
        incidents.map((incident) => <IncidentRow key={incident.id} incident={incident} part />)}
    </>
  )
}
