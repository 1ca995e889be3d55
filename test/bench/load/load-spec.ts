import type { Template } from '../spans/template.ts'

/** What a load generator is told, as one message between processes. */
export interface LoadSpec {
  readonly url: string
  readonly protocol: 'http' | 'grpc'
  readonly gzip: boolean
  /** Bodies of one encoding; every connection sends them in turn, renewed. */
  readonly templates: readonly Template[]
  readonly connections: number
  readonly warmMs: number
  readonly measureMs: number
  /**
   * Open loop: requests fall due at this rate whether or not answers come, and their time counts
   * from then. Absent: each connection sends when it has its answer.
   */
  readonly requestsPerS?: number
}

/** What the senders saw between the warm-up and the end. */
export interface LoadResult {
  readonly seconds: number
  /** Acknowledged: answered 200 and nothing rejected. */
  readonly spans: number
  readonly requests: number
  /** Asked to come again later. */
  readonly refused: number
  readonly ackMs: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Of the generator itself: where it comes near one core, it is what is measured. */
  readonly cpuMs: number
  /** Since its start, the warm-up included: what must be found in the store. */
  readonly spansInAll: number
}

export type LoadMessage =
  | { readonly kind: 'measuring' | 'measured' }
  | { readonly kind: 'result'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly reason: string }
