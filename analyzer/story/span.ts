/**
 * A span as every reader above the store sees it: decoded, limits applied, content stripped. Its
 * attributes are hostile input: any may be missing or of the wrong type, so they are read only
 * through `attributes.ts`.
 */
export interface Span {
  /** Lower-case hex, 32 digits. */
  readonly traceId: string
  /** Lower-case hex, 16 digits. */
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: SpanKind
  readonly startTimeNs: bigint
  readonly endTimeNs: bigint
  readonly status: SpanStatus
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly scope: Scope
  readonly resource: Attributes
}

/** As much of a span as tells when its trace may be judged. */
export type SpanHead = Pick<Span, 'traceId' | 'name' | 'kind' | 'scope'>

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer'

export interface SpanStatus {
  readonly code: 'unset' | 'ok' | 'error'
  readonly message: string
}

export interface SpanEvent {
  readonly name: string
  readonly timeNs: bigint
  readonly attributes: Attributes
}

export interface Scope {
  readonly name: string
  readonly version: string
}

/** A `Map`, never an object: keys such as `__proto__` are inert data (invariant I11). */
export type Attributes = ReadonlyMap<string, AttributeValue>

export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | readonly AttributeValue[]
  | ReadonlyMap<string, AttributeValue>
  | null

/**
 * What `ingest/strip-content.ts` leaves of a content attribute: under the content's own key stands
 * this, as JSON text, in place of the content. Offline and online, dialects see only this.
 */
export interface ContentShape {
  readonly secondwindShape: 1
  /** Roles in order, at most the last 64. */
  readonly roles: readonly string[]
  readonly messages: number
  readonly lastRole: string
  /** The last turn is the assistant's: the model is asked to go on from it. */
  readonly prefill: boolean
  /** Characters of each message in `roles`. */
  readonly lengths: readonly number[]
  /** Tool calls in them, where there are any. */
  readonly toolCalls?: number
  /** Salted per installation; equal for equal first user messages. */
  readonly firstUserHash?: string
}
