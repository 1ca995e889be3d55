import type {
  WireAttempt,
  WireConfidence,
  WireIncidentRow,
  WireOutcome,
  WireSeverity,
} from '../../../analyzer/api/wire.ts'

/** One word for one meaning: what the API says in identifiers, the page says in these. */
export const OUTCOME_WORDS: Readonly<Record<WireOutcome, string>> = {
  ok: 'OK',
  rescued: 'Rescued',
  failed: 'Failed',
  cancelled: 'Cancelled',
  rejected: 'Rejected',
  unknown: 'Unknown',
}

export const OUTCOME_MEANINGS: Readonly<Record<WireOutcome, string>> = {
  ok: 'Complete, served by the first target',
  rescued: 'Complete, and another target served any part of it',
  failed: 'The client got an error or an answer that is not whole',
  cancelled: 'The client left before the end',
  rejected: 'Refused before any target was chosen',
  unknown: 'The spans cannot tell how it ended',
}

export const SEVERITY_WORDS: Readonly<Record<WireSeverity, string>> = {
  high: 'High',
  medium: 'Medium',
  info: 'Info',
}

export const STATE_WORDS: Readonly<Record<WireIncidentRow['state'], string>> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  regressed: 'Regressed',
  muted: 'Muted',
}

export const CONFIDENCE_WORDS: Readonly<Record<WireConfidence, string>> = {
  certain: 'Certain',
  likely: 'Likely',
}

export const CONFIDENCE_MEANINGS: Readonly<Record<WireConfidence, string>> = {
  certain: 'The evidence leaves no other reading',
  likely: 'The spans cannot exclude another reading',
}

export const PHASE_WORDS: Readonly<Record<WireAttempt['phase'], string>> = {
  before_headers: 'before headers',
  before_content: 'before content',
  mid_stream: 'mid-stream',
  after_terminal: 'after the end',
  unknown: 'phase unknown',
}

export const KIND_WORDS: Readonly<Record<WireAttempt['kind'], string>> = {
  initial: 'initial',
  retry: 'retry',
  fallback: 'fallback',
  unknown: 'attempt',
}

export const ATTEMPT_STATUS_WORDS: Readonly<Record<WireAttempt['status'], string>> = {
  ok: 'OK',
  failed: 'Failed',
  cancelled: 'Cancelled',
  unknown: 'Unknown',
}
