import type { RequestFilter } from '../store/verdict-store.ts'

/** What the page may ask; validated, and answered where the store is. */
export type ApiQuery =
  | { readonly kind: 'overview'; readonly windowMs: number }
  | { readonly kind: 'incidents'; readonly windowMs: number }
  | { readonly kind: 'incident'; readonly id: string }
  | { readonly kind: 'requests'; readonly filter: RequestFilter }
  | { readonly kind: 'trace'; readonly traceId: string }
  | { readonly kind: 'rules' }
  | { readonly kind: 'health' }
  /** Answered with `JudgedFacts`. */
  | { readonly kind: 'metrics' }

/** Serialised where it was made: the thread that serves it only passes it on. */
export type ApiAnswer =
  | { readonly kind: 'found'; readonly json: string }
  | { readonly kind: 'not-found'; readonly what: string; readonly hint: string }
