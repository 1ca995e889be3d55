import type { Api, Outcome } from '../../../../../collector/vocabulary.ts'
import type { Span } from '../../../span.ts'
import type { Confidence, DialectName, Evidence } from '../../../story.ts'
import type { Call } from './call.ts'
import type { FallbackTable } from './fallback-table.ts'
import type { RouterText } from './router-text.ts'

/** What was read from the spans of one request, before it becomes a story. */
export interface Reading {
  readonly dialect: DialectName
  readonly mode: string
  /** Stands for the request. */
  readonly requestSpan: Span
  /** Every span that belongs to it. */
  readonly spans: readonly Span[]
  readonly minor: number | undefined
  readonly release: string | undefined
  readonly api: Api | undefined
  /** The route that the client asked for, where a span says so. */
  readonly route: string | undefined
  /** In the order in which they ended. */
  readonly calls: readonly Call[]
  readonly outcome: Outcome
  readonly sureness: Confidence
  readonly incomplete: boolean
  readonly indistinguishable: boolean
  /** The error that the client got is the proxy's own: no upstream has failed. */
  readonly isOwnError: boolean
  /** The messages on a call's own span are those that were sent, not the client's. */
  readonly showsSent: boolean
  readonly hints: FallbackHints
  readonly client: ClientHints
}

/** Everything but the calls' own spans that tells how often, and whom, the router asked. */
interface FallbackHints {
  /** Upstream calls or picks of a deployment, counted by the router itself. */
  readonly asked: number | undefined
  /** Picks and calls are not equally many: one was refused, made twice, or its span lost. */
  readonly countsDiffer?: boolean
  /** Picks with their route and reason; empty where the release does not tell. */
  readonly picks: readonly Pick[]
  /** What the router wrote into errors and stack traces. */
  readonly texts: readonly RouterText[]
  /** The operator's fallbacks, as the router printed them into an error. */
  readonly tables: readonly FallbackTable[]
  /** The router found no deployment to begin with, and nobody was called. */
  readonly refusedAtFirst: boolean
  /** A fallback that was refused before any call would be told: then its absence is telling. */
  readonly refusalsTold: boolean
  /** Every attempt of this request has a span, so one that is missing was not made. */
  readonly everyCallExported: boolean
}

export interface Pick {
  readonly route: string
  readonly reason: 'initial' | 'retry' | 'fallback' | undefined
  /** No deployment was eligible. */
  readonly refused: boolean
  readonly evidence: Evidence
}

export interface ClientHints {
  /** What went out on the wire, where a span knows it. */
  readonly statusCode: number | undefined
  readonly errorType: string | undefined
  readonly message: string | undefined
  /** Of the error, which may stand inside an answer of 200. */
  readonly errorStatusCode: number | undefined
  readonly errorShown: boolean | 'unknown'
  readonly evidence: readonly Evidence[]
}
