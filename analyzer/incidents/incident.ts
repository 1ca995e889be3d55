import type { Severity } from '../rules/rule.ts'
import type { Confidence } from '../story/story.ts'
import type { Fingerprint } from './fingerprint.ts'

/** Requests that failed in the same way, from the first to the last that was seen. */
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
  readonly state: IncidentState
}

/** A change of state by a person says who; `open` and `regressed` are the analyzer's own. */
export type IncidentState =
  | {
      readonly name: 'open'
      /** Absent: open since its first request. */
      readonly reopenedMs?: number
    }
  | { readonly name: 'acknowledged'; readonly sinceMs: number; readonly by: string }
  | Resolved
  | { readonly name: 'regressed'; readonly sinceMs: number; readonly resolved: Resolved }
  | {
      readonly name: 'muted'
      readonly sinceMs: number
      readonly by: string
      /** Absent: until someone reopens it. */
      readonly untilMs?: number
    }

interface Resolved {
  readonly name: 'resolved'
  readonly sinceMs: number
  readonly by: string
}

/** What is left of an incident's requests after one was withdrawn; counted by the store. */
export interface Sightings {
  readonly count: number
  readonly firstSeenMs: number
  readonly lastSeenMs: number
}

/** What a person does to an incident. */
export type IncidentAction =
  | { readonly kind: 'acknowledge'; readonly atMs: number; readonly by: string }
  | { readonly kind: 'resolve'; readonly atMs: number; readonly by: string }
  | { readonly kind: 'reopen'; readonly atMs: number; readonly by: string }
  | {
      readonly kind: 'mute'
      readonly atMs: number
      readonly by: string
      readonly untilMs?: number
    }
