import type { WireSeverity } from './terms.ts'

/** `GET /api/v1/rules` */
export interface WireRules {
  readonly schemaVersion: 1
  readonly rules: readonly {
    readonly id: string
    readonly title: string
    readonly severity: WireSeverity
    readonly description: string
    readonly docs: string
    /** Found in one request, or in many of a route over time. */
    readonly kind: 'request' | 'window'
    /** Whether it opens an incident although the client got a whole answer. */
    readonly opensWhenRescued: boolean
    /** Facts without which it stays silent; `WireSource` says what a sender cannot show. */
    readonly needs: readonly string[]
  }[]
}
