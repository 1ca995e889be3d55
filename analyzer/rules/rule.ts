import type { Confidence, Evidence, Story } from '../story/story.ts'

/**
 * One incident class: pure, total, no I/O, no clock. It never throws on odd stories and reads no
 * meaning into a model's or a route's name.
 */
export interface Rule {
  /**
   * Kebab-case noun phrase that names the incident; public, so renaming it is a breaking change.
   */
  readonly id: string
  readonly severity: Severity
  /** What the row in a list says. */
  readonly title: string
  /** One sentence for the reference. */
  readonly description: string
  /** Whether it opens an incident although the client got a whole answer. */
  readonly opensWhenRescued: boolean
  readonly remedy: Remedy
  evaluate(story: Story): Finding | undefined
}

export type Severity = 'high' | 'medium' | 'info'

/** What one rule says of one story. */
export interface Finding {
  readonly confidence: Confidence
  /** One sentence about this request: who failed, why, what the client saw. */
  readonly summary: string
  readonly evidence: readonly Evidence[]
  /** What tells two incidents of one class apart, normalised: ingredients of the fingerprint. */
  readonly cause: string
}

/** Static text of the rule; a page has more. `{route}` and the like are filled in per incident. */
export interface Remedy {
  /** Two minutes, with the gateway's own lever. */
  readonly stopItNow: string
  /** Config or upgrade. */
  readonly fixIt: string
  /** One command. */
  readonly verify: string
}

/** A finding with its rule, as the runner hands it on; the first of a story is primary. */
export interface RuledFinding extends Finding {
  readonly rule: string
  readonly severity: Severity
  readonly title: string
  readonly primary: boolean
}
