import type { FactName } from '../story/fact-name.ts'
import type { Confidence, Evidence, Story } from '../story/story.ts'
import type { RuleOptions } from './rule-options.ts'

/** What there is to say of an incident class, whatever it is found in. */
export interface RuleFacts {
  /**
   * Kebab-case noun phrase that names the incident; public, so renaming it is a breaking change.
   */
  readonly id: string
  readonly severity: Severity
  /** What the row in a list says. */
  readonly title: string
  /** One sentence for the reference. */
  readonly description: string
  /** What it cannot fire without; a dialect that never tells one of these cannot show the class. */
  readonly needs: readonly FactName[]
  readonly remedy: Remedy
  /** Releases of a gateway that are known for it, or known to be free of it. */
  readonly releases?: readonly ReleaseNote[]
}

/**
 * One incident class of single requests: pure, total, no I/O, no clock. It never throws on odd
 * stories and reads no meaning into a model's or a route's name.
 */
export interface Rule extends RuleFacts {
  /** Whether it opens an incident although the client got a whole answer. */
  readonly opensWhenRescued: boolean
  evaluate(story: Story, options: RuleOptions): Finding | undefined
}

export type Severity = 'high' | 'medium' | 'info'

/** What one rule says of one story. */
export interface Finding {
  readonly confidence: Confidence
  /** Where this one request makes it less than the rule's own severity, never more. */
  readonly severity?: Severity
  /** One sentence about this request: who failed, why, what the client saw. */
  readonly summary: string
  readonly evidence: readonly Evidence[]
  /** What tells two incidents of one class apart, normalised: ingredients of the fingerprint. */
  readonly cause: string
}

/** Static text of the rule; a page has more. `{route}` and the like are filled in per incident. */
export interface Remedy {
  /** Two minutes, with the gateway's own lever. */
  readonly stopItNow: RemedyStep
  /** Config or upgrade. */
  readonly fixIt: RemedyStep
  /** One command. */
  readonly verify: RemedyStep
}

export interface RemedyStep {
  readonly text: string
  /** To copy: names are put in quoted as its language wants it. */
  readonly snippet?: Snippet
}

export interface Snippet {
  readonly language: 'yaml' | 'sh' | 'json' | 'python'
  readonly code: string
}

/** What was measured of one range of releases: a remedy may be an upgrade, or a warning of one. */
export interface ReleaseNote {
  readonly gateway: 'litellm' | 'secondwind'
  /** First release concerned; absent: since ever. */
  readonly from?: string
  /** Last release concerned; absent: up to the newest that was run. */
  readonly to?: string
  readonly text: string
}

/** A finding with its rule, as the runner hands it on; the first of a story is primary. */
export interface RuledFinding extends Finding {
  readonly rule: string
  readonly severity: Severity
  readonly title: string
  readonly primary: boolean
}
