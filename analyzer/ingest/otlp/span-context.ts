import type { Attributes, Scope } from '../../story/span.ts'

/** Where a span stands: shared by all spans of a scope. */
export interface SpanContext {
  readonly scope: Scope
  readonly resource: Attributes
}
