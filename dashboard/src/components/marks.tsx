import type { ReactNode } from 'react'
import type {
  WireConfidence,
  WireIncidentRow,
  WireOutcome,
  WireSeverity,
} from '../../../analyzer/api/wire.ts'
import {
  CONFIDENCE_MEANINGS,
  CONFIDENCE_WORDS,
  OUTCOME_MEANINGS,
  OUTCOME_WORDS,
  SEVERITY_WORDS,
  STATE_WORDS,
} from '../lib/words.ts'
import { Glyph, type GlyphName } from './glyph.tsx'

const OUTCOME_GLYPHS: Readonly<Record<WireOutcome, GlyphName>> = {
  ok: 'check',
  rescued: 'rescue',
  failed: 'cross',
  cancelled: 'leave',
  rejected: 'block',
  unknown: 'question',
}

export const SEVERITY_GLYPHS: Readonly<Record<WireSeverity, GlyphName>> = {
  high: 'triangle',
  medium: 'diamond',
  info: 'info',
}

const STATE_GLYPHS: Readonly<Record<WireIncidentRow['state'], GlyphName>> = {
  open: 'dot',
  acknowledged: 'ring',
  resolved: 'check',
  regressed: 'again',
  muted: 'mute',
}

/** Colour, shape and word together, always. */
export function OutcomeMark({ outcome }: { readonly outcome: WireOutcome }): ReactNode {
  return (
    <span className="mark" data-tone={outcome} title={OUTCOME_MEANINGS[outcome]}>
      <Glyph name={OUTCOME_GLYPHS[outcome]} />
      {OUTCOME_WORDS[outcome]}
    </span>
  )
}

export function SeverityMark({ severity }: { readonly severity: WireSeverity }): ReactNode {
  return (
    <span className="mark" data-tone={severity}>
      <Glyph name={SEVERITY_GLYPHS[severity]} />
      {SEVERITY_WORDS[severity]}
    </span>
  )
}

export function StateMark({ state }: { readonly state: WireIncidentRow['state'] }): ReactNode {
  return (
    <span className="mark" data-tone={`state-${state}`}>
      <Glyph name={STATE_GLYPHS[state]} />
      {STATE_WORDS[state]}
    </span>
  )
}

export function ConfidenceMark({ confidence }: { readonly confidence: WireConfidence }): ReactNode {
  return (
    <span className="chip" title={CONFIDENCE_MEANINGS[confidence]}>
      {CONFIDENCE_WORDS[confidence]}
    </span>
  )
}

interface HappeningMarkProps {
  readonly incident: Pick<WireIncidentRow, 'stillHappening'>
}

/** Whether the reader is in the middle of it or comes after it. */
export function HappeningMark({ incident }: HappeningMarkProps): ReactNode {
  return incident.stillHappening ? (
    <span className="mark" data-tone="happening">
      <span className="pulse" aria-hidden="true" />
      Still happening
    </span>
  ) : (
    <span className="mark" data-tone="quiet">
      <Glyph name="ring" />
      Quiet now
    </span>
  )
}
