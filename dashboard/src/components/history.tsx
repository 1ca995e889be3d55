import { useState, type ReactNode } from 'react'
import type { WireHistoryEntry, WireIncident } from '../../../analyzer/api/wire.ts'
import { formatPlural } from '../lib/format-share.ts'
import { describeMarker, HISTORY_WORDS, toTimeline, type TimelineEntry } from '../lib/history.ts'
import { Glyph, type GlyphName } from './glyph.tsx'
import { LocalTime } from './time-text.tsx'

/** More fill a screen: what is older is a click away. */
const ENTRIES_SHOWN = 20

const GLYPHS: Readonly<Record<WireHistoryEntry['kind'], GlyphName>> = {
  opened: 'dot',
  acknowledged: 'ring',
  resolved: 'check',
  reopened: 'dot',
  muted: 'mute',
  noted: 'note',
  regressed: 'again',
  'mute-ended': 'dot',
}

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
  const { kind, by, note, until, why } = entry.entry
  return (
    <div data-tone={kind === 'regressed' ? 'failed' : undefined}>
      <Glyph name={GLYPHS[kind]} />
      <b>{HISTORY_WORDS[kind]}</b>
      {by !== null && <span> by {by}</span>}
      {kind === 'muted' && (
        <span> until {until === null ? 'it is reopened' : <LocalTime at={until} />}</span>
      )}
      {why !== null && <span className="history-why">: {why}</span>}
      {note !== null && <p className="history-note">{note}</p>}
    </div>
  )
}
