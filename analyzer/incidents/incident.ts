import type { Severity } from '../rules/rule.ts'
import type { Confidence } from '../story/story.ts'
import type { Fingerprint } from './fingerprint.ts'

/**
 * Requests that failed in the same way, from the first to the last that was seen. What people made
 * of it is not here: its state follows from this and from their acts (`lifecycle.ts`).
 */
export interface Incident {
  readonly fingerprint: Fingerprint
  readonly rule: string
  readonly severity: Severity
  readonly title: string
  /** Of the newest request, as is `summary`. */
  readonly confidence: Confidence
  readonly summary: string
  readonly count: number
  readonly firstSeenMs: number
  readonly lastSeenMs: number
}

/** What is left of an incident's requests after one was withdrawn; counted by the store. */
export interface Sightings {
  readonly count: number
  readonly firstSeenMs: number
  readonly lastSeenMs: number
}
