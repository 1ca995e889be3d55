import { incidentFinding } from '../rules/judge.ts'
import type { RuledFinding, Severity } from '../rules/rule.ts'
import { rootCause } from '../story/eligible.ts'
import type { Confidence, Story } from '../story/story.ts'
import { fingerprintStory, type Fingerprint } from './fingerprint.ts'

/** One request that belongs to an incident. Stored by `storyId`: a request occurs once at most. */
export interface Occurrence {
  readonly storyId: string
  readonly fingerprint: Fingerprint
  /** When the request ended, never later than the analyzer's own clock. */
  readonly atMs: number
  readonly rule: string
  readonly severity: Severity
  readonly confidence: Confidence
  readonly title: string
  readonly summary: string
  /** What failed first, and why: by it incidents are told to be of one outage. */
  readonly rootCause?: RootCause
}

export interface RootCause {
  /** As `/metrics` names it. */
  readonly target?: string
  readonly provider?: string
  /** A `FailureReason` or `unknown`. */
  readonly reason: string
}

export interface OccurrenceInput {
  readonly story: Story
  /** What `judge` returned for it. */
  readonly findings: readonly RuledFinding[]
  /** A sender's clock may be wrong: a request from the future would be happening for ever. */
  readonly nowMs: number
}

/** What a settled story adds to the incidents; `undefined`: nothing, it is counted only. */
export function toOccurrence(input: OccurrenceInput): Occurrence | undefined {
  const { story, findings } = input
  const finding = incidentFinding(story, findings)
  if (finding === undefined || story.incomplete) return undefined
  return {
    storyId: story.id,
    fingerprint: fingerprintStory(story, finding),
    atMs: Math.min(Number(story.endTimeNs / 1_000_000n), input.nowMs),
    rule: finding.rule,
    severity: finding.severity,
    confidence: finding.confidence,
    title: finding.title,
    summary: finding.summary,
    ...rootCauseOf(story),
  }
}

/** Absent where nothing failed: a story may be wrong without any attempt that is. */
function rootCauseOf(story: Story): Pick<Occurrence, 'rootCause'> {
  const cause = rootCause(story)
  if (cause === undefined) return {}
  const { deployment, provider, model, reason = 'unknown' } = cause
  const named = [provider, model].filter((name) => name !== undefined).join('/')
  const target = (deployment ?? named).slice(0, NAME_CHARS_MAX)
  return {
    rootCause: {
      ...(target !== '' && { target }),
      ...(provider !== undefined && { provider: provider.slice(0, NAME_CHARS_MAX) }),
      reason,
    },
  }
}

/** Names come from config files and spans; a longer one is cut, so a hostile one stays small. */
const NAME_CHARS_MAX = 200
