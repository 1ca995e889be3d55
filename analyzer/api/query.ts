import type { Act } from '../incidents/act.ts'
import type { IncidentStateName } from '../incidents/lifecycle.ts'
import type { Severity } from '../rules/rule.ts'
import type { RequestFilter } from '../store/verdict-store.ts'

/** What the page may ask; validated, and answered where the store is. */
export type ApiQuery =
  | { readonly kind: 'overview'; readonly windowMs: number }
  | { readonly kind: 'incidents'; readonly windowMs: number; readonly filter: IncidentFilter }
  | { readonly kind: 'incident'; readonly id: string }
  | { readonly kind: 'episodes'; readonly windowMs: number }
  | ActQuery
  | { readonly kind: 'requests'; readonly filter: RequestFilter }
  | { readonly kind: 'trace'; readonly traceId: string }
  | { readonly kind: 'rules' }
  | { readonly kind: 'health' }
  /** Answered with `JudgedFacts`. */
  | { readonly kind: 'metrics' }

/** The one that changes something. */
export interface ActQuery {
  readonly kind: 'act'
  readonly incidentId: string
  /** When it is done, the analyzer's clock says. */
  readonly act: Omit<Act, 'atMs'>
  /** Chosen by the client for this act alone; what comes again under it is not done again. */
  readonly key?: string
}

/** All that are given must hold. */
export interface IncidentFilter {
  readonly states?: readonly IncidentStateName[]
  readonly severities?: readonly Severity[]
  readonly rule?: string
  readonly source?: string
  /** With `inc-`, and as many digits as are known. */
  readonly idPrefix?: string
}

/** Serialised where it was made: the thread that serves it only passes it on. */
export type ApiAnswer =
  | { readonly kind: 'found'; readonly json: string }
  | { readonly kind: 'not-found'; readonly what: string; readonly hint: string }
  /** An act that was not done. */
  | ActRefusal

export interface ActRefusal {
  readonly kind: 'refused'
  /**
   * 400: its mute would end in the past, or too late; 409: not in this state; 422: its key is
   * another act's; 503: it cannot be kept now; 507: there are too many.
   */
  readonly status: 400 | 409 | 422 | 503 | 507
  readonly what: string
  readonly hint: string
}

export function found(value: object): ApiAnswer {
  return { kind: 'found', json: JSON.stringify(value) }
}
