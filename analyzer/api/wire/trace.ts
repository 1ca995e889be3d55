import type { WireRequest } from './request.ts'

/** `GET /api/v1/traces/:traceId` */
export interface WireTrace {
  readonly schemaVersion: 1
  readonly traceId: string
  readonly startTimeUnixNano: string
  readonly durationNano: string
  readonly spans: readonly WireSpan[]
  /** There are more spans than can be shown: these are those that came first. */
  readonly cut: boolean
  readonly requests: readonly WireRequest[]
}

export interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code: 'unset' | 'ok' | 'error'; readonly message: string }
  readonly scope: { readonly name: string; readonly version: string }
  readonly service: string
  /** Values as text, ready to be shown; content is already replaced by its shape. */
  readonly attributes: readonly { readonly key: string; readonly value: string }[]
  readonly events: readonly {
    readonly name: string
    readonly timeUnixNano: string
    readonly attributes: readonly { readonly key: string; readonly value: string }[]
  }[]
}
