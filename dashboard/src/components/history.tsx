import { useState, type ReactNode } from 'react'
import type { WireIncident } from '../../../analyzer/api/wire.ts'
import { formatPlural } from '../lib/format-share.ts'
import { describeMarker, toTimeline, type TimelineEntry } from '../lib/history.ts'
import { Glyph } from './glyph.tsx'
import { HistoryLine } from './history-line.tsx'
import { LocalTime } from './time-text.tsx'

/** More fill a screen: what is older is a click away. */
const ENTRIES_SHOWN = 20

/** What people did, what the analyzer did by itself and why, and what changed at the gateway. */
export function History({ incident }: { readonly incident: WireIncident }): ReactNode {
  const [all, setAll] = useState(false)
  const entries = toTimeline(incident.history, incident.markers)
  const hidden = all ? 0 : Math.max(0, entries.length - ENTRIES_SHOWN)
  return (
    <section className="panel" aria-labelledby="history-title">
      <header className="panel-header">
        <h2 id="history-title">History</h2>
        {hidden > 0 && (
          <button type="button" className="button" onClick={() => setAll(true)}>
            {formatPlural(hidden, 'earlier entry', 'earlier entries')}: show
          </button>
        )}
      </header>
      <ol className="history">
        {entries.slice(hidden).map((entry, index) => (
          // Nothing is ever put between two that were there: the place is the identity.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={hidden + index}>
            <LocalTime at={entry.at} />
            <Entry entry={entry} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function Entry({ entry }: { readonly entry: TimelineEntry }): ReactNode {
  if (entry.kind === 'marker') {
    return (
      <div data-tone="medium">
        <Glyph name="diamond" />
        <b>Change</b> {describeMarker(entry.marker)}
      </div>
    )
  }
  return <HistoryLine entry={entry.entry} />
}
