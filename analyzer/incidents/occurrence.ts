import type { RuledFinding, Severity } from '../rules/rule.ts'
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
}

export interface OccurrenceInput {
  readonly story: Story
  /** In the registry's order, as the runner hands them on. */
  readonly findings: readonly RuledFinding[]
  /** Of the rule with this id; a rescued request opens an incident through no other rule. */
  readonly opensWhenRescued: (rule: string) => boolean
  /** A sender's clock may be wrong: a request from the future would be happening for ever. */
  readonly nowMs: number
}

/** What a settled story adds to the incidents; `undefined`: nothing, it is counted only. */
export function toOccurrence(input: OccurrenceInput): Occurrence | undefined {
  const { story } = input
  const finding = owningFinding(input)
  if (finding === undefined) return undefined
  return {
    storyId: story.id,
    fingerprint: fingerprintStory(story, finding),
    atMs: Math.min(Number(story.endTimeNs / 1_000_000n), input.nowMs),
    rule: finding.rule,
    severity: finding.severity,
    confidence: finding.confidence,
    title: finding.title,
    summary: finding.summary,
  }
}

/**
 * The first finding that may open an incident. `info` is a figure: shown and counted, never an
 * incident. Of a rescued request only what the rescue itself broke or hid is one. Without the
 * request's own span there is no verdict, so no incident either.
 */
function owningFinding(input: OccurrenceInput): RuledFinding | undefined {
  const { story, findings, opensWhenRescued } = input
  if (story.incomplete) return undefined
  return findings.find(
    (finding) =>
      finding.severity !== 'info' &&
      (story.outcome !== 'rescued' || opensWhenRescued(finding.rule)),
  )
}
