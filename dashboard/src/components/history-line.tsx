import type { ReactNode } from 'react'
import type { WireHistoryEntry } from '../../../analyzer/api/wire.ts'
import { HISTORY_WORDS } from '../lib/history.ts'
import { Glyph, type GlyphName } from './glyph.tsx'
import { LocalTime } from './time-text.tsx'

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

interface HistoryLineProps {
  readonly entry: Omit<WireHistoryEntry, 'at' | 'state'>
}

/** What was done or happened, by whom or why, and the words that go with it. */
export function HistoryLine({ entry }: HistoryLineProps): ReactNode {
  const { kind, by, note, until, why } = entry
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
